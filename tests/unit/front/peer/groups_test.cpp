#include "daemon/front/peer/groups.hpp"

#include <algorithm>
#include <string>

#include <unistd.h>

#include <doctest/doctest.h>

namespace jeton::front::test {

TEST_CASE("groups: found by name and by number, with both") {
    const auto by_name = find_group("root");
    REQUIRE(by_name.has_value());
    CHECK(by_name->gid == 0);
    const auto by_number = find_group("0");
    REQUIRE(by_number.has_value());
    CHECK(by_number->name == "root");
}

TEST_CASE("T11: groups that are nobody's for long, or nobody's at all, are refused") {
    for (const char* name : {"nogroup", "65534", "4294967295", "4294967296", "-1", "", "no-such-group", "0x0", "0 "}) {
        INFO(std::string{name});
        const auto group = find_group(name);
        REQUIRE(group.has_error());
        CHECK(group.error().code == Errc::bad_input);
        CHECK_FALSE(group.error().next.empty());
    }
    for (const std::uint32_t number : {61184U, 65519U, 65534U}) CHECK(is_fleeting(number));
    for (const std::uint32_t number : {0U, 1000U, 61183U, 65520U, 65533U, 65535U, 4'000'000'000U})
        CHECK_FALSE(is_fleeting(number));
}

TEST_CASE("groups: a gid without a name has none") {
    GroupNames names;
    CHECK(names.name_of(0) == "root");
    CHECK(names.name_of(0) == "root");
    CHECK_FALSE(names.name_of(4'000'000'000).has_value());
}

TEST_CASE("groups: an account is in its primary group") {
    const auto user = find_user("daemon");
    REQUIRE(user.has_value());
    const auto groups = groups_of_account(*user);
    CHECK(std::ranges::count(groups, user->gid) == 1);
    CHECK(is_member(*user, "daemon"));
    CHECK_FALSE(is_member(*user, "root"));
    CHECK_FALSE(is_member(*user, "no-such-group"));
}

}  // namespace jeton::front::test
