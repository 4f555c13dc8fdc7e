#include "daemon/front/routes/introspection.hpp"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

struct World {
    World() {
        vault.script = [](const ScriptedVault::Asked&) { return done(R"({"active":true,"scope":"s"})"); };
    }
    Response ask(std::string_view body, std::string_view authorization = {}, std::string_view query = {},
                 std::string_view method = "POST", std::string_view type = "application/x-www-form-urlencoded") {
        std::vector<Field> fields{{"Host", "localhost"}, {"Content-Type", type}};
        if (!authorization.empty()) fields.push_back({"Authorization", authorization});
        const Request request{.method = method,
                              .target = "/integration/introspect",
                              .path = "/integration/introspect",
                              .query = query,
                              .fields = fields,
                              .body = body};
        auto environment = match_introspection_path(request.path);
        REQUIRE(environment.has_value());
        return run(introspect(desk, caller, request, std::move(*environment)));
    }

    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    Caller caller{.socket = -1, .peer = some_peer(), .socket_name = "token"};
};

}  // namespace

TEST_CASE("introspection: its path") {
    CHECK(match_introspection_path("/integration/introspect") == "integration");
    for (const char* path :
         {"/introspect", "/a/b/introspect", "/integration/introspect/", "/integration/introspection"})
        CHECK_FALSE(match_introspection_path(path).has_value());
}

TEST_CASE("introspection: the token goes to the vault, its answer comes back as it is (RFC 7662 2.2)") {
    World world;
    const auto response = world.ask("token=abc%2B&token_type_hint=refresh_token&client_id=rs&x=1");
    CHECK(status_of(response) == 200);
    CHECK(body_of(response) == "{\"active\":true,\"scope\":\"s\"}\n");
    CHECK(response.bytes->find("Cache-Control: no-store\r\n") != std::string::npos);
    REQUIRE(world.vault.asked.size() == 1);
    CHECK(world.vault.asked[0].verb == "token.introspect");
    CHECK(world.vault.asked[0].socket == "token");
    CHECK(world.vault.asked[0].body == R"({"environment":"integration","token":"abc+"})");
}

TEST_CASE("introspection: without a binding 401 invalid_client (RFC 7662 2.3)") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) {
        return refused(refuse(Errc::invalid_client, "no binding", "ask"));
    };
    const auto response = world.ask("token=a");
    CHECK(status_of(response) == 401);
    CHECK(body_of(response) == "{\"error\":\"invalid_client\",\"error_description\":\"no binding; ask\"}\n");
}

TEST_CASE("introspection: a sealed store is 503 with Retry-After") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) { return refused(refuse(Errc::sealed, "sealed", "ask")); };
    const auto response = world.ask("token=a");
    CHECK(status_of(response) == 503);
    CHECK(response.bytes->find("Retry-After: ") != std::string::npos);
}

TEST_CASE("introspection: credentials are refused, with the challenge of their kind, and never reach the vault") {
    World world;
    struct Row {
        const char* body;
        const char* authorization;
        const char* challenge;
    };
    for (const auto& row : std::array{
             Row{"token=a", "Basic YTpi", "WWW-Authenticate: Basic realm=\"jeton\"\r\n"},
             Row{"token=a", "bearer x", "WWW-Authenticate: Bearer realm=\"jeton\"\r\n"},
             Row{"token=a&client_id=a&client_secret=b", "", ""},
             Row{"token=a&client_assertion=b", "", ""},
         }) {
        CAPTURE(std::string{row.body});
        const auto response = world.ask(row.body, row.authorization);
        CHECK(status_of(response) == 401);
        CHECK(body_of(response).find("\"error\":\"invalid_client\"") != std::string::npos);
        CHECK(response.bytes->find(row.challenge) != std::string::npos);
        CHECK((response.bytes->find("WWW-Authenticate") != std::string::npos) == (row.challenge[0] != '\0'));
    }
    CHECK(world.vault.asked.empty());
}

TEST_CASE("introspection: what is malformed never reaches the vault") {
    World world;
    for (const char* body : {"", "token=", "token=a&token=b", "token=%", "a=%ff&token=a"}) {
        CAPTURE(std::string{body});
        const auto response = world.ask(body);
        CHECK(status_of(response) == 400);
        CHECK(body_of(response).find("\"error\":\"invalid_request\"") != std::string::npos);
    }
    CHECK(status_of(world.ask("token=a", {}, "token=a")) == 400);
    CHECK(status_of(world.ask("token=a", {}, {}, "POST", "application/json")) == 400);
    const auto response = world.ask("", {}, {}, "GET");
    CHECK(status_of(response) == 405);
    CHECK(response.bytes->find("Allow: POST\r\n") != std::string::npos);
    CHECK(world.vault.asked.empty());
}

}  // namespace jeton::front::test
