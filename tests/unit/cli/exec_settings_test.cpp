#include "cli/exec_settings.hpp"

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

TEST_CASE("exec: a reference names a connection and a member of it") {
    const auto read = read_reference("jeton://dispatcher/1234567@production/app_key");
    REQUIRE(read);
    CHECK(read->connection == "dispatcher/1234567@production");
    CHECK(read->member == Member::app_key);
    for (const auto* wrong :
         {"jeton://", "jeton://a", "jeton://a/b@c", "jeton:///member", "jeton://a/b@c/", "jeton://a/b@c/x/tenant"}) {
        CAPTURE(wrong);
        const auto refused = read_reference(wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().exit_code == exit_code::usage);
    }
}

TEST_CASE("exec: an unknown member is told with the nearest") {
    const auto refused = read_reference("jeton://a/1@e/client_idd");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == "a connection has no member \"client_idd\"; did you mean client_id?");
    CHECK(refused.error().next.starts_with("one of access_token, token_file"));
}

TEST_CASE("exec: --env is about the command's own connection, or another that it names") {
    const auto own = read_env_option("ST_TENANT=tenant", "a/1@e");
    REQUIRE(own);
    CHECK(own->name == "ST_TENANT");
    CHECK(std::get<Reference>(own->value).connection == "a/1@e");
    const auto other = read_env_option("X=jeton://b/2@e/token_file", "a/1@e");
    REQUIRE(other);
    CHECK(std::get<Reference>(other->value).connection == "b/2@e");
    for (const auto* wrong : {"", "tenant", "=tenant", "1X=tenant", "X=", "X=jeton://b", "X-Y=tenant"}) {
        CAPTURE(wrong);
        CHECK_FALSE(read_env_option(wrong, "a/1@e"));
    }
    // A secret that somebody put there is not repeated.
    CHECK_FALSE(read_env_option("jcs.secret", "a/1@e").error().what.contains("secret"));
}

TEST_CASE("exec: a file holds references and texts") {
    const auto read = read_env_file("A=jeton://a/1@e/tenant\nB=Bearer jeton://a/1@e/tenant\n", "f.env");
    REQUIRE(read);
    CHECK(std::holds_alternative<Reference>((*read)[0].value));
    CHECK(std::get<client::WipedText>((*read)[1].value).view() == "Bearer jeton://a/1@e/tenant");
    const auto refused = read_env_file("A=1\nB=jeton://a/1@e/nothing\n", "f.env");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.starts_with("f.env, line 2: "));
}

TEST_CASE("exec: what the daemon must be asked for, and what needs a server") {
    CHECK(needs_token(Member::token_file));
    CHECK(needs_token(Member::app_key));
    CHECK_FALSE(needs_token(Member::tenant));
    CHECK(needs_server(Member::client_secret));
    CHECK_FALSE(needs_server(Member::access_token));
}

}  // namespace
}  // namespace jeton::cli
