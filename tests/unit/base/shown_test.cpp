#include "daemon/base/shown.hpp"

#include <string>

#include <doctest/doctest.h>

namespace jeton {

TEST_CASE("shown: names are repeated as they came, escaped and cut") {
    CHECK(shown("dispatcher/1234567@integration", 200) == "dispatcher/1234567@integration");
    CHECK(shown("Dispatcher 2\n", 80) == "Dispatcher 2\\u{a}");
    CHECK(shown("abcdef", 3) == "abc");
    CHECK(shown("", 10).empty());
    CHECK(shown("a.b.c tn.acc.invoices:r v1.2", 80) == "a.b.c tn.acc.invoices:r v1.2");
    CHECK(shown("a-name-of-letters-alone-may-well-be-longer-than-forty", 80).ends_with("forty"));
}

TEST_CASE("shown: what looks like a secret or a token is cut behind its prefix (T26)") {
    const std::string letters(50, 'k');
    CHECK(shown("jcs." + letters, 200) == "jcs.kkkk...");
    CHECK(shown("dispatcher/jcs." + letters + "@x", 200) == "dispatcher/jcs.kkkk...@x");
    CHECK(shown("cs1." + letters + "\n", 200) == "cs1.kkkk...\\u{a}");
    CHECK(shown("jcs." + letters + "jcs." + letters, 200) == "jcs.kkkk...");
    CHECK(shown("eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwOi8v.c2ln", 200) == "eyJhbGci...");
    CHECK(shown("0123456789abcdef0123456789abcdef01234567", 200) == "01234567...");
}

}  // namespace jeton
