#include "daemon/front/routes/forward.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

struct World {
    World() {
        vault.script = [](const ScriptedVault::Asked&) { return done(R"({"b":1,"a":[2]})"); };
    }
    Response ask(std::string_view method, std::string_view target, std::string_view body = {}) {
        const auto path = target.substr(0, target.find('?'));
        const auto query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
        const Request request{
            .method = method, .target = target, .path = path, .query = query, .fields = {}, .body = body};
        return run(forward(desk, caller, request, control_routes()));
    }
    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions};
    Caller caller{.socket = -1, .peer = some_peer(), .socket_name = "control"};
};

}  // namespace

TEST_CASE("forward: path, query and body become one body, the answer goes out as it is") {
    World world;
    const auto response =
        world.ask("POST", "/v1/connections/dispatcher/1234567%40integration/allow", R"({"version":2})");
    CHECK(status_of(response) == 200);
    CHECK(body_of(response) == "{\"b\":1,\"a\":[2]}\n");
    REQUIRE(world.vault.asked.size() == 1);
    CHECK(world.vault.asked[0].verb == "access.allow");
    CHECK(world.vault.asked[0].socket == "control");
    CHECK(world.vault.asked[0].body == R"({"app":"dispatcher","tenant":"1234567@integration","version":2})");
    (void)world.ask("GET", "/v1/audit?limit=5&event=secret.*&user=");
    CHECK(world.vault.asked[1].body == R"({"limit":5,"event":"secret.*"})");
    CHECK(status_of(world.ask("POST", "/v1/apps", R"({"app":"x"})")) == 201);
}

TEST_CASE("T20: bodies that are not acceptable never reach the vault") {
    World world;
    for (const char* body : {"{", "[]", "1", R"({"app":1,"app":2})", R"({"a":1.5})", R"({"a":1} x)", "{\"a\":\"\xff\"}",
                             R"({"a":[[[[[[[1]]]]]]]})"}) {
        INFO(std::string{body});
        CHECK(status_of(world.ask("POST", "/v1/apps", body)) == 400);
    }
    CHECK(status_of(world.ask("POST", "/v1/apps/a/tenants", R"({"app":"b"})")) == 400);
    CHECK(status_of(world.ask("GET", "/v1/audit?limit=x")) == 400);
    CHECK(status_of(world.ask("GET", "/v1/audit?limit=1&limit=2")) == 400);
    CHECK(world.vault.asked.empty());
    CHECK(status_of(world.ask("POST", "/v1/apps", R"({"a":[[[[[[1]]]]]]})")) == 201);
}

TEST_CASE("forward: no such path is 404, another method 405 with Allow") {
    World world;
    CHECK(status_of(world.ask("GET", "/v1/nothing")) == 404);
    CHECK(status_of(world.ask("GET", "/v1/apps/%zz")) == 404);
    const auto response = world.ask("DELETE", "/v1/apps");
    CHECK(status_of(response) == 405);
    CHECK(response.bytes->find("Allow: GET, POST\r\n") != std::string::npos);
}

TEST_CASE("forward: a refusal says what and what next, with the status of its word") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) {
        auto error = refuse(Errc::sealed, "the store is sealed", "jeton unseal");
        error.retry_after = 3;
        return refused(error);
    };
    const auto response = world.ask("GET", "/v1/apps");
    CHECK(status_of(response) == 503);
    CHECK(body_of(response) ==
          "{\"error\":\"sealed\",\"error_description\":\"the store is sealed\",\"next\":\"jeton unseal\"}\n");
    CHECK(response.bytes->find("Retry-After: 3\r\n") != std::string::npos);
}

TEST_CASE("bindings: the user's name and number are filled in here") {
    World world;
    CHECK(status_of(world.ask("POST", "/v1/bindings", R"({"connection":"a/t@e","user":"0"})")) == 201);
    REQUIRE(world.vault.asked.size() == 1);
    CHECK(world.vault.asked[0].body == R"({"connection":"a/t@e","user":"root","user_id":0})");
    CHECK(status_of(world.ask("POST", "/v1/bindings", R"({"connection":"a/t@e","user":"no-such-user"})")) == 400);
    CHECK(status_of(world.ask("POST", "/v1/bindings", R"({"connection":"a/t@e","user":"root","user_id":7})")) == 400);
    CHECK(world.vault.asked.size() == 1);
}

TEST_CASE("usage: what was served from the cache is told before the audit is listed") {
    World world;
    const Era era{"inst", 1};
    world.decisions.enter(era);
    Grant grant;
    grant.connection = "a/t@e";
    grant.expires_in = grant.reuse = std::chrono::seconds{60};
    world.decisions.keep(Fingerprint{1}, some_peer(), std::nullopt, std::move(grant), era);
    (void)world.decisions.find(Fingerprint{1}, some_peer());
    (void)world.ask("GET", "/v1/audit");
    REQUIRE(world.vault.asked.size() == 2);
    CHECK(world.vault.asked[0].verb == "usage.report");
    CHECK(world.vault.asked[0].body.find(R"("connection":"a/t@e","count":1,"last_at":1800000000)") !=
          std::string::npos);
    CHECK(world.vault.asked[1].verb == "audit.list");
}

TEST_CASE("routes: no two have the same method and path") {
    for (const auto& tables : {control_routes(), token_socket_routes()}) {
        std::vector<std::string> seen;
        for (const auto& table : tables) {
            for (const auto& route : table)
                seen.push_back(std::string{route.method} + " " + std::string{route.pattern});
        }
        std::ranges::sort(seen);
        CHECK(std::ranges::adjacent_find(seen) == seen.end());
    }
}

}  // namespace jeton::front::test
