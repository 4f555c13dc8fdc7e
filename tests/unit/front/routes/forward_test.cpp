#include "daemon/front/routes/forward.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

struct World : ControlDesk {
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

TEST_CASE("forward: numbers and flags of a query are told as what they are") {
    World world;
    (void)world.ask("GET", "/v1/connections?missing_secret=true&new_version=false&unused_for=86400&limit=5&app=7");
    (void)world.ask("GET", "/v1/access?pending=true");
    (void)world.ask("GET", "/v1/secrets?older_than=60&after=7");
    REQUIRE(world.vault.asked.size() >= 3);
    std::vector<std::string> bodies;
    for (const auto& asked : world.vault.asked) bodies.push_back(asked.body);
    CHECK(bodies == std::vector<std::string>{
                        R"({"missing_secret":true,"new_version":false,"unused_for":86400,"limit":5,"app":"7"})",
                        R"({"pending":true})", R"({"older_than":60,"after":"7"})"});
    for (const char* query : {"pending=1", "pending=yes", "pending=True", "limit=1x", "unused_for=1d", "older_than=-",
                              "limit=99999999999999999999"}) {
        CAPTURE(std::string{query});
        CHECK(status_of(world.ask("GET", "/v1/access?" + std::string{query})) == 400);
    }
    CHECK(world.vault.asked.size() == 3);
}

TEST_CASE("forward: a listing that goes on says where (RFC 8288)") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) {
        auto answer = done("[]");
        answer.next = "app a/7@x >\"\xc3\xa4~";
        return answer;
    };
    const auto link_of = [&](std::string_view target) {
        const auto response = world.ask("GET", target);
        const auto begin = response.bytes->find("Link: ");
        REQUIRE(begin != std::string::npos);
        return response.bytes->substr(begin, response.bytes->find("\r\n", begin) - begin);
    };
    const std::string after = "after=app%20a%2F7%40x%20%3E%22%C3%A4~>; rel=\"next\"";
    CHECK(link_of("/v1/apps") == "Link: </v1/apps?" + after);
    CHECK(link_of("/v1/audit?event=a%20b&after=old&limit=5") == "Link: </v1/audit?event=a%20b&limit=5&" + after);
    CHECK(link_of("/v1/audit?%61fter=old&&user=%3E%22%3C") == "Link: </v1/audit?user=%3E%22%3C&" + after);
    CHECK(link_of("/v1/apps/a%3E/connections") == "Link: </v1/apps/a%3E/connections?" + after);
    (void)world.ask("GET", "/v1/apps?" + after.substr(0, after.find('>')));
    CHECK(world.vault.asked.back().body == R"({"after":"app a/7@x >\"ä~"})");
    world.vault.script = [](const ScriptedVault::Asked&) { return done("[]"); };
    CHECK(world.ask("GET", "/v1/apps").bytes->find("Link:") == std::string::npos);
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
    CHECK(response.bytes->find("Allow: GET, HEAD, POST\r\n") != std::string::npos);
}

TEST_CASE("T17: OPTIONS tells the methods of a path, without a body, and reaches no verb") {
    World world;
    const auto response = world.ask("OPTIONS", "/v1/apps");
    CHECK(status_of(response) == 204);
    CHECK(body_of(response).empty());
    CHECK(response.bytes->find("Allow: GET, HEAD, POST\r\n") != std::string::npos);
    CHECK(response.bytes->find("Content-Length") == std::string::npos);
    CHECK(status_of(world.ask("OPTIONS", "/v1/nothing")) == 404);
    CHECK(world.vault.asked.empty());
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
    CHECK(world.vault.asked[0].peer.find("\"unit_unknown\"") != std::string::npos);
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
    world.decisions.keep(Fingerprint{.question = {1}}, some_peer(), {}, std::move(grant), era);
    (void)world.decisions.find(Fingerprint{.question = {1}}, some_peer());
    (void)world.ask("GET", "/v1/audit");
    REQUIRE(world.vault.asked.size() == 2);
    CHECK(world.vault.asked[0].verb == "usage.report");
    CHECK(world.vault.asked[0].body.find(R"("connection":"a/t@e","count":1,"last_at":1800000000)") !=
          std::string::npos);
    CHECK(world.vault.asked[1].verb == "audit.list");
}

TEST_CASE("usage: listings that show the last use are told of it first") {
    for (const char* target : {"/v1/connections", "/v1/connections/a/t%40e", "/v1/apps/a/connections", "/v1/pairs",
                               "/v1/secrets", "/v1/connections/a/t%40e/secrets", "/v1/audit", "/v1/audit/export"}) {
        CAPTURE(std::string{target});
        const auto match = find_route(control_routes(), "GET", target);
        REQUIRE(match.route != nullptr);
        CHECK(match.route->usage_first);
    }
}

TEST_CASE("routes: where they lead, and with what they answer") {
    struct Row {
        const char* method;
        const char* path;
        const char* verb;
        int status;
        const char* body;  ///< what the path alone says
    };
    for (const auto& row : std::vector<Row>{
             {"GET", "/v1/roles", "role.list", 200, "{}"},
             {"POST", "/v1/roles", "role.grant", 201, "{}"},
             {"POST", "/v1/roles/revoke", "role.revoke", 200, "{}"},
             {"GET", "/v1/roles/matrix", "role.matrix", 200, "{}"},
             {"PATCH", "/v1/apps/a", "app.edit", 200, R"({"app":"a"})"},
             {"DELETE", "/v1/apps/a", "app.delete", 200, R"({"app":"a"})"},
             {"GET", "/v1/apps/a/versions", "app.versions", 200, R"({"app":"a"})"},
             {"POST", "/v1/apps/a/versions", "app.publish", 201, R"({"app":"a"})"},
             {"DELETE", "/v1/apps/a/tenants/7%40e", "app.tenant.remove", 200, R"({"app":"a","tenant":"7@e"})"},
             {"GET", "/v1/scopes", "scope.list", 200, "{}"},
             {"POST", "/v1/scopes", "scope.add", 201, "{}"},
             {"POST", "/v1/scopes/import", "scope.import", 200, "{}"},
             {"PATCH", "/v1/tenants/7%40e", "tenant.edit", 200, R"({"tenant":"7@e"})"},
             {"PATCH", "/v1/environments/e", "environment.edit", 200, R"({"environment":"e"})"},
             {"POST", "/v1/environments/e/key/rotate", "key.rotate", 200, R"({"environment":"e"})"},
             {"POST", "/v1/root-key/rotate", "key.rotate_root", 200, "{}"},
             {"DELETE", "/v1/environments/e", "environment.delete", 200, R"({"environment":"e"})"},
             {"GET", "/v1/connections", "connection.list", 200, "{}"},
             {"GET", "/v1/connections/a/7%40e", "connection.show", 200, R"({"app":"a","tenant":"7@e"})"},
             {"GET", "/v1/access", "access.list", 200, "{}"},
             {"POST", "/v1/access/disable", "access.disable_selected", 200, "{}"},
             {"POST", "/v1/access/enable", "access.enable_selected", 200, "{}"},
             {"POST", "/v1/connections/a/7%40e/record", "access.record", 200, R"({"app":"a","tenant":"7@e"})"},
             {"POST", "/v1/connections/a/7%40e/secrets", "secret.generate", 201, R"({"app":"a","tenant":"7@e"})"},
             {"POST", "/v1/connections/a/7%40e/secrets/rotate", "secret.rotate", 201, R"({"app":"a","tenant":"7@e"})"},
             {"POST", "/v1/connections/a/7%40e/secrets/rollback", "secret.rollback", 200,
              R"({"app":"a","tenant":"7@e"})"},
             {"POST", "/v1/secrets/identify", "secret.identify", 200, "{}"},
             {"GET", "/v1/tickets", "ticket.list", 200, "{}"},
             {"DELETE", "/v1/tickets/x1", "ticket.revoke", 200, R"({"ticket":"x1"})"},
             {"POST", "/v1/tickets/claim", "ticket.claim", 200, "{}"},
             {"GET", "/v1/pairs", "pair.list", 200, "{}"},
             {"POST", "/v1/connections/a/7%40e/pairs", "pair.create", 201, R"({"app":"a","tenant":"7@e"})"},
             {"DELETE", "/v1/pairs/jid.x", "pair.revoke", 200, R"({"client_id":"jid.x"})"},
             {"POST", "/v1/bindings", "binding.add", 201, "{}"},
             {"DELETE", "/v1/bindings/3f2a9c01", "binding.remove", 200, R"({"binding":"3f2a9c01"})"},
             {"POST", "/v1/connections/a/7%40e/explain", "binding.explain", 200, R"({"app":"a","tenant":"7@e"})"},
             {"GET", "/v1/audit/export", "audit.export", 200, "{}"},
             {"GET", "/v1/audit/verify", "audit.verify", 200, "{}"},
             {"POST", "/v1/audit/prune", "audit.prune", 200, "{}"},
         }) {
        CAPTURE(std::string{row.path});
        World world;
        CHECK(status_of(world.ask(row.method, row.path)) == row.status);
        REQUIRE_FALSE(world.vault.asked.empty());
        CHECK(world.vault.asked.back().verb == row.verb);
        CHECK(world.vault.asked.back().body == row.body);
    }
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

TEST_CASE("forward: what stretches a passphrase is given minutes; anything else is not") {
    World world;
    const auto patience_of = [&](std::string_view method, std::string_view target) {
        (void)world.ask(method, target);
        return world.vault.asked.back().patience;
    };
    for (const char* target :
         {"/v1/init", "/v1/unseal", "/v1/key-slots", "/v1/key-slots/test", "/v1/key-slots/a/remove",
          "/v1/environments/e/key/rotate", "/v1/root-key/rotate", "/v1/backups", "/v1/restores"}) {
        CAPTURE(target);
        CHECK(patience_of("POST", target) == std::chrono::minutes{5});
    }
    CHECK(patience_of("GET", "/v1/key-slots") == std::chrono::seconds{30});
    CHECK(patience_of("POST", "/v1/apps") == std::chrono::seconds{30});
}

TEST_CASE("forward: a change without an answer may have been made, and what to look at is said") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) {
        auto error = refuse(Errc::temporarily_unavailable, "the vault does not answer", "try again in a moment");
        error.retry_after = 1;
        auto answer = refused(std::move(error));
        answer.unsure = true;
        return answer;
    };
    const auto made = body_of(world.ask("POST", "/v1/init"));
    CHECK(made.contains("may have been done"));
    CHECK(made.contains("jeton key slot add recovery"));
    CHECK_FALSE(made.contains("try again"));
    const auto changed = body_of(world.ask("POST", "/v1/apps"));
    CHECK(changed.contains("may have been done"));
    CHECK(changed.contains("before you do it again"));
    const auto read = body_of(world.ask("GET", "/v1/apps"));
    CHECK_FALSE(read.contains("may have been done"));
    CHECK(read.contains("try again in a moment"));
}

}  // namespace jeton::front::test
