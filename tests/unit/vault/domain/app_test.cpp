#include "daemon/vault/domain/app.hpp"

#include <set>

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("S11: the two modes say the portal's sentences") {
    CHECK(sentence_of(CredentialsMode::developer) ==
          "I, the app developer, will configure the credentials on behalf of each tenant");
    CHECK(sentence_of(CredentialsMode::tenant) == "Tenants will configure the credentials themselves");
}

TEST_CASE("S9: a generated GUID is a random UUID and never the same") {
    std::set<std::string> seen;
    std::set<char> variants;
    for (int i = 0; i < 200; ++i) {
        const auto guid = generate_guid();
        CHECK(parse_guid(guid).value() == guid);
        CHECK(guid[14] == '4');
        variants.insert(guid[19]);
        CHECK(seen.insert(guid).second);
    }
    CHECK(variants == std::set<char>{'8', '9', 'a', 'b'});
}

TEST_CASE("S9: a given GUID must be a UUID, in whatever case") {
    CHECK(parse_guid(" 6F9619FF-8B86-D011-B42D-00CF4FC964FF\n").value() == "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
    for (const auto* text : {"", "6f9619ff", "6f9619ff-8b86-d011-b42d-00cf4fc964f",
                             "6f9619ff-8b86-d011-b42d-00cf4fc964fff", "6f9619ff8b86-d011-b42d-00cf4fc964ff-",
                             "g f9619ff-8b86-d011-b42d-00cf4fc964f", "{6f9619ff-8b86-d011-b42d-00cf4fc964f}"}) {
        INFO(text);
        const auto refused = parse_guid(text);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what == "External Data Application GUID is not valid");
    }
}
