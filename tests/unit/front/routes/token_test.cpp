#include "daemon/front/routes/token.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "daemon/front/routes/client_question.hpp"
#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

struct World {
    World() {
        decisions.enter({"inst", 1});
        vault.script = [](const ScriptedVault::Asked&) {
            return done(R"({"access_token":"A","token_type":"Bearer","expires_in":900,"scope":"s","connection":"a/t@e",
                            "reuse_seconds":600})");
        };
    }

    Response ask(std::string_view target, std::string_view body, std::string_view authorization = {},
                 std::string_view method = "POST", std::string_view type = form_type) {
        std::vector<Field> fields{{"Host", "localhost"}};
        if (!type.empty()) fields.push_back({"Content-Type", type});
        if (!authorization.empty()) fields.push_back({"Authorization", authorization});
        const auto path = target.substr(0, target.find('?'));
        const auto query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
        const Request request{
            .method = method, .target = target, .path = path, .query = query, .fields = fields, .body = body};
        if (auto now = token_now(desk, caller, request, {})) return *now;
        auto where = match_token_path(path);
        REQUIRE(where.has_value());
        return run(token(desk, caller, request, std::move(*where)));
    }

    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    Caller caller{.socket = -1, .peer = some_peer(), .socket_name = "token"};
};

const std::string plain = "grant_type=client_credentials";

}  // namespace

TEST_CASE("token: its paths") {
    for (const char* path : {"/token", "/connect/token"}) CHECK_FALSE(match_token_path(path)->environment.has_value());
    for (const char* path : {"/integration/token", "/integration/connect/token"}) {
        CHECK(match_token_path(path)->environment == "integration");
    }
    for (const char* path : {"/", "/token/", "/a/b/token", "/tokens", "/a/connect/x/token"}) {
        INFO(std::string{path});
        CHECK_FALSE(match_token_path(path).has_value());
    }
}

TEST_CASE("T-5: the answer of RFC 6749 §5.1") {
    World world;
    const auto response = world.ask("/token", plain + "&connection=a/t@e");
    CHECK(status_of(response) == 200);
    CHECK(body_of(response) ==
          R"({"access_token":"A","token_type":"Bearer","expires_in":900,"scope":"s","connection":"a/t@e"})");
    for (const char* line : {"Content-Type: application/json\r\n", "Cache-Control: no-store\r\n",
                             "Pragma: no-cache\r\n", "Jeton-Epoch: inst 1 600\r\n"}) {
        CHECK(response.bytes->find(line) != std::string::npos);
    }
    REQUIRE(world.vault.asked.size() == 1);
    CHECK(world.vault.asked[0].verb == "token.issue");
    CHECK(world.vault.asked[0].body == R"({"host":"localhost","auth":{"method":"peer"},"connection":"a/t@e"})");
}

TEST_CASE("token: a repeated question does not reach the vault; rejected_token and min_ttl always do") {
    World world;
    for (int i = 0; i < 3; ++i) CHECK(status_of(world.ask("/token", plain)) == 200);
    CHECK(world.vault.asked.size() == 1);
    for (const char* more : {"&rejected_token=x", "&min_ttl=5"}) {
        for (int i = 0; i < 2; ++i) (void)world.ask("/token", plain + more);
    }
    CHECK(world.vault.asked.size() == 5);
}

TEST_CASE(
    "T-18: the same assertion is never answered out of memory, and wrong ones are slowed down like wrong secrets") {
    World world;
    const auto body =
        plain + "&client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    for (int i = 0; i < 2; ++i) CHECK(status_of(world.ask("/token", body)) == 200);
    REQUIRE(world.vault.asked.size() == 2);
    CHECK(world.vault.asked[1].body ==
          R"({"host":"localhost","auth":{"method":"assertion","client_assertion":"a.b.c"}})");
    world.vault.script = [](const ScriptedVault::Asked&) {
        return refused(refuse(Errc::invalid_client, "the client assertion is not accepted", "look"));
    };
    CHECK(status_of(world.ask("/token", body)) == 400);
    int tries = 1;
    while (status_of(world.ask("/token", body)) == 400 && tries < 1000) ++tries;
    CHECK(tries < 1000);
    CHECK(status_of(world.ask("/token", body)) == 429);
}

TEST_CASE("token: where each use is noted, a repeated question waits for the vault's word that it was") {
    World world;
    std::string noted = R"({"noted":true})";
    std::optional<Error> fault;
    world.vault.script = [&](const ScriptedVault::Asked& asked) {
        if (asked.verb == "token.repeat") return fault ? refused(*fault) : done(noted);
        return done(R"({"access_token":"A","token_type":"Bearer","expires_in":900,"scope":"s","connection":"a/t@e",
                        "reuse_seconds":600,"noted_each":true,"secret_prefix":"jcs.a","via":"secret jcs.a"})");
    };
    const auto verbs = [&] {
        std::string told;
        for (const auto& asked : world.vault.asked) told += asked.verb + " ";
        return told;
    };
    for (int i = 0; i < 3; ++i) {
        const auto response = world.ask("/token", plain);
        CHECK(status_of(response) == 200);
        CHECK(response.bytes->find("Jeton-Epoch: inst 1 0\r\n") != std::string::npos);
    }
    CHECK(verbs() == "token.issue token.repeat token.repeat ");
    const auto note = protocol::parse_strict(world.vault.asked.back().body).value();
    CHECK(note.at("epoch") == 1);
    REQUIRE(note.at("entries").as_array().size() == 1);
    const auto& use = note.at("entries").at(0);
    CHECK(use.at("connection") == "a/t@e");
    CHECK(use.at("secret_prefix") == "jcs.a");
    CHECK(use.at("via") == "secret jcs.a");
    CHECK(use.at("uid") == some_peer().uid);
    CHECK(use.at("pid") == some_peer().pid);
    CHECK(use.at("count") == 1);

    world.vault.asked.clear();
    SUBCASE("the vault has moved on: it is decided anew") {
        noted = R"({"noted":false})";
        CHECK(status_of(world.ask("/token", plain)) == 200);
        CHECK(verbs() == "token.repeat token.issue ");
    }
    SUBCASE("what cannot be noted is not answered") {
        fault = refuse(Errc::temporarily_unavailable, "the disk is full: nothing was changed", "make room");
        const auto response = world.ask("/token", plain);
        CHECK(status_of(response) == 503);
        CHECK(body_of(response).find("access_token") == std::string::npos);
        CHECK(verbs() == "token.repeat ");
    }
}

TEST_CASE("T-3: only POST, with Allow") {
    World world;
    for (const char* method : {"GET", "HEAD", "PUT"}) {
        const auto response = world.ask("/token", "", {}, method);
        CHECK(status_of(response) == 405);
        CHECK(response.bytes->find("Allow: POST\r\n") != std::string::npos);
    }
}

TEST_CASE("T-3: OPTIONS of the token endpoint answers 204 with Allow") {
    World world;
    const auto response = world.ask("/token", "", {}, "OPTIONS");
    CHECK(status_of(response) == 204);
    CHECK(response.bytes->find("Allow: POST\r\n") != std::string::npos);
    CHECK(body_of(response).empty());
}

TEST_CASE("T-7, T-8, T-17, T-18, T-21: grants that are not given here are unsupported_grant_type") {
    World world;
    for (const char* grant :
         {"refresh_token", "password", "authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange",
          "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer",
          "urn:ietf:params:oauth:grant-type:device_code", "Client_Credentials", "client_credentials "}) {
        INFO(std::string{grant});
        const auto response = world.ask("/token", "grant_type=" + std::string{grant} + "&username=a&password=b");
        CHECK(status_of(response) == 400);
        CHECK(body_of(response).find(R"("error":"unsupported_grant_type")") != std::string::npos);
        CHECK(response.bytes->find("Cache-Control: no-store\r\n") != std::string::npos);
        CHECK(response.bytes->find("Pragma: no-cache\r\n") != std::string::npos);
    }
    CHECK(world.vault.asked.empty());
}

TEST_CASE("T-7: whoever used Authorization gets 401 and the challenge of the scheme that is spoken here") {
    World world;
    for (const char* value : {"Basic", "Basic !!", "Bearer x", "Digest username=\"a\"", "Negotiate YTpi", "x"}) {
        INFO(std::string{value});
        const auto response = world.ask("/token", plain, value);
        CHECK(status_of(response) == 401);
        CHECK(body_of(response).find(R"("error":"invalid_client")") != std::string::npos);
        CHECK(response.bytes->find("WWW-Authenticate: Basic realm=\"jeton\"\r\n") != std::string::npos);
    }
}

TEST_CASE("T-3: a parameter that is empty counts as omitted; names that nobody knows are ignored") {
    World world;
    CHECK(status_of(world.ask("/token",
                              plain + "&scope=&resource=&connection=&min_ttl=&client_secret=&colour=green")) == 200);
    REQUIRE(world.vault.asked.size() == 1);
    CHECK(world.vault.asked[0].body == R"({"host":"localhost","auth":{"method":"peer"}})");
}

TEST_CASE("T-2, T-3, T-7: what is malformed never reaches the vault") {
    World world;
    struct Row {
        std::string target, body, authorization;
        int status;
        const char* error;
    };
    const std::string tok = "/token";
    const std::array rows{
        Row{tok, "", "", 400, "invalid_request"},
        Row{tok, "grant_type=", "", 400, "invalid_request"},
        Row{tok, "grant_type=password", "", 400, "unsupported_grant_type"},
        Row{tok, "grant_type=refresh_token&refresh_token=x", "", 400, "unsupported_grant_type"},
        Row{tok, plain + "&scope=a&scope=b", "", 400, "invalid_request"},
        Row{tok, plain + "&x=1&x=1", "", 400, "invalid_request"},
        Row{tok, plain + "&min_ttl=-1", "", 400, "invalid_request"},
        Row{tok, plain + "&min_ttl=1x", "", 400, "invalid_request"},
        Row{tok, plain + "&a=%", "", 400, "invalid_request"},
        Row{tok + "?client_secret=x", plain, "", 400, "invalid_request"},
        Row{tok + "?client_id=x", plain, "", 400, "invalid_request"},
        Row{tok + "?scope=x", plain, "", 400, "invalid_request"},
        Row{tok, plain + "&client_id=a&client_secret=b", "Basic YTpi", 400, "invalid_request"},
        Row{tok, plain, "Bearer x", 401, "invalid_client"},
        Row{tok, plain + "&client_assertion=x", "", 400, "invalid_client"},
    };
    for (const auto& row : rows) {
        INFO(row.target << " " << row.body << " " << row.authorization);
        const auto response = world.ask(row.target, row.body, row.authorization);
        CHECK(status_of(response) == row.status);
        CHECK(body_of(response).find("\"error\":\"" + std::string{row.error} + "\"") != std::string::npos);
        CHECK((response.bytes->find("WWW-Authenticate: Basic") != std::string::npos) == (row.status == 401));
    }
    CHECK(status_of(world.ask(tok, plain, {}, "POST", "application/json")) == 400);
    CHECK(status_of(world.ask(tok, plain, {}, "POST", "")) == 400);
    CHECK(world.vault.asked.empty());
    CHECK(status_of(world.ask(tok + "?x=1", plain, {}, "POST", "Application/X-www-form-urlencoded ; charset=utf-8")) ==
          200);
}

TEST_CASE("T-14: resource may stand more than once") {
    World world;
    (void)world.ask("/integration/token", plain + "&resource=https://a/&resource=https://b/");
    REQUIRE(world.vault.asked.size() == 1);
    CHECK(world.vault.asked[0].body.find(R"("environment":"integration")") != std::string::npos);
    CHECK(world.vault.asked[0].body.find(R"("resources":["https://a/","https://b/"])") != std::string::npos);
}

TEST_CASE("T-7: refusals of the vault in the words of OAuth") {
    World world;
    struct Row {
        Errc code;
        std::string body, authorization;
        int status;
        const char* error;
    };
    const std::array rows{
        Row{Errc::invalid_client, plain, "", 401, "invalid_client"},
        Row{Errc::invalid_client, plain, "Basic YTpi", 401, "invalid_client"},
        Row{Errc::invalid_client, plain + "&client_id=a&client_secret=b", "", 400, "invalid_client"},
        Row{Errc::unauthorized_client, plain, "", 400, "unauthorized_client"},
        Row{Errc::invalid_scope, plain, "", 400, "invalid_scope"},
        Row{Errc::sealed, plain, "", 503, "temporarily_unavailable"},
        Row{Errc::uninitialised, plain, "", 503, "temporarily_unavailable"},
        Row{Errc::not_found, plain, "", 400, "invalid_request"},
        Row{Errc::server_error, plain, "", 500, "server_error"},
    };
    for (const auto& row : rows) {
        INFO(row.error << " " << row.body);
        world.vault.script = [&](const ScriptedVault::Asked&) {
            return refused(refuse(row.code, "say \"no\" \\ \xc3\xa4\n", "ask"));
        };
        const auto response = world.ask("/token", row.body, row.authorization);
        CHECK(status_of(response) == row.status);
        CHECK(body_of(response) ==
              "{\"error\":\"" + std::string{row.error} + "\",\"error_description\":\"say 'no' / ???; ask\"}\n");
        CHECK((response.bytes->find("Retry-After:") != std::string::npos) == (row.status == 503));
        const bool challenged = row.status == 401 && !row.authorization.empty();
        CHECK((response.bytes->find("WWW-Authenticate: Basic realm=\"jeton\"") != std::string::npos) == challenged);
    }
    CHECK(world.decisions.size() == 0);
}

TEST_CASE("T-2: too many wrong secrets are 429 and reach the vault no more; others and cached answers are served") {
    World world;
    const auto right = plain + "&client_id=a&client_secret=right";
    CHECK(status_of(world.ask("/token", right)) == 200);
    world.vault.script = [](const ScriptedVault::Asked&) {
        return refused(refuse(Errc::invalid_client, "wrong", "ask"));
    };
    for (int i = 0; i < 60; ++i) {
        const auto response = world.ask("/token", plain + "&client_id=a&client_secret=" + std::to_string(i));
        CHECK(status_of(response) == 400);
    }
    const auto asked = world.vault.asked.size();
    const auto throttled = world.ask("/token", plain, "Basic YTpi");  // a:b
    CHECK(status_of(throttled) == 429);
    CHECK(body_of(throttled).find(R"("error":"too_many_requests")") != std::string::npos);
    CHECK(throttled.bytes->find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(world.vault.asked.size() == asked);
    CHECK(status_of(world.ask("/token", right)) == 200);  // from the decisions that hold
    CHECK(status_of(world.ask("/token", plain + "&client_id=other&client_secret=x")) == 400);
    CHECK(status_of(world.ask("/token", plain + "&client_id=a")) == 401);  // no secret, no guess
    world.caller.peer.uid += 1;
    CHECK(status_of(world.ask("/token", plain + "&client_id=a&client_secret=x")) == 400);
}

TEST_CASE("T25: a wrong guess is answered when its time has come, other refusals at once") {
    World world;
    const auto shortest = [&](const std::string& body, Errc code) {
        world.vault.script = [=](const ScriptedVault::Asked&) { return refused(refuse(code, "no", "ask")); };
        auto least = std::chrono::steady_clock::duration::max();
        for (int i = 0; i < 5; ++i) {
            const auto began = std::chrono::steady_clock::now();
            CHECK(status_of(world.ask("/token", plain + body)) >= 400);
            least = std::min(least, std::chrono::steady_clock::now() - began);
        }
        return least;
    };
    const std::string guess = "&client_id=a&client_secret=b";
    CHECK(shortest(guess, Errc::invalid_client) >= time_of_wrong_guess);
    CHECK(shortest("&client_id=a", Errc::invalid_client) < time_of_wrong_guess);
    CHECK(shortest(guess, Errc::invalid_scope) < time_of_wrong_guess);
}

TEST_CASE("token: an answer of the vault that is not understood is an error of the daemon") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) { return done(R"({"access_token":"A"})"); };
    CHECK(status_of(world.ask("/token", plain)) == 500);
}

}  // namespace jeton::front::test
