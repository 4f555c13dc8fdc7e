#include "libclient/protocol/errors.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace jeton::protocol;

TEST_CASE("errors: every code has one word, and every word its code") {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(error_words.back().code); ++code) {
        const auto& word = word_of(static_cast<Errc>(code));
        CHECK(word.code == static_cast<Errc>(code));
        REQUIRE(word_named(word.name));
        CHECK(word_named(word.name)->code == word.code);
        CHECK(names.insert(word.name).second);
        CHECK((word.status >= 400 && word.status < 600));
        CHECK((word.exit_code == 1 || word.exit_code == 4));
    }
    CHECK(names.size() == error_words.size());
    CHECK_FALSE(word_named("no_such_word"));
}
