#include "daemon/front/peer/users.hpp"

#include <string>

#include <doctest/doctest.h>

namespace jeton::front::test {

TEST_CASE("users: found by name and by number, with both") {
    const auto by_name = find_user("root");
    REQUIRE(by_name.has_value());
    CHECK(by_name->uid == 0);
    const auto by_number = find_user("0");
    REQUIRE(by_number.has_value());
    CHECK(by_number->name == "root");
}

TEST_CASE("T11: numbers that are nobody's for long, or nobody's at all, are refused") {
    for (const char* name : {"nobody", "65534", "4294967295", "4294967296", "-1", "", "no-such-user"}) {
        INFO(std::string{name});
        const auto user = find_user(name);
        REQUIRE(user.has_error());
        CHECK(user.error().code == Errc::bad_input);
    }
}

TEST_CASE("users: a uid without a name has none") {
    UserNames names;
    CHECK(names.name_of(0) == "root");
    CHECK_FALSE(names.name_of(4'000'000'000).has_value());
}

}  // namespace jeton::front::test
