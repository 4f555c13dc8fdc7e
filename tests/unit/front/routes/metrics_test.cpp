#include "daemon/front/routes/metrics.hpp"

#include <doctest/doctest.h>

#include "daemon/front/routes/exposition.hpp"
#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

struct World : ControlDesk {
    Response ask(std::string_view query = {}) {
        const Request request{
            .method = "GET", .target = "/metrics", .path = "/metrics", .query = query, .fields = {}, .body = {}};
        return run(metrics(desk, caller, request));
    }
};

}  // namespace

TEST_CASE("exposition: a family has its help, its type and its series together") {
    const std::vector<Family> families{{"a_total", "counter", "First.", {{{{"x", "1"}}, 5}}},
                                       {"b", "gauge", "Second.", {{{}, -2}}},
                                       {"a_total", "counter", "First.", {{{{"x", "2"}, {"y", "z"}}, 6}}}};
    CHECK(exposition(families) ==
          "# HELP a_total First.\n# TYPE a_total counter\na_total{x=\"1\"} 5\na_total{x=\"2\",y=\"z\"} 6\n"
          "# HELP b Second.\n# TYPE b gauge\nb -2\n");
}

TEST_CASE("exposition: whatever a name says, it stays within its quotes and its line") {
    const std::vector<Family> families{
        {"a", "gauge", "One\nTYPE a counter \\", {{{{"x", "\" } 1\nb 2\n\\\x01\x7f"}}, 3}}},
        {"b c\n", "gauge", "No name.", {{{}, 1}}},
        {"", "gauge", "No name.", {{{}, 1}}},
        {"1a", "gauge", "No name.", {{{}, 1}}},
        {"d", "gauge", "Help.", {{{{"no name", "v"}, {"ok", "w"}}, 1}}}};
    CHECK(exposition(families) ==
          "# HELP a One\\nTYPE a counter \\\\\n# TYPE a gauge\na{x=\"\\\" } 1\\nb 2\\n\\\\??\"} 3\n"
          "# HELP d Help.\n# TYPE d gauge\nd{ok=\"w\"} 1\n");
}

TEST_CASE("metrics: what the vault knows, page by page, beside what the front counts") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked& asked) {
        const bool first = asked.body.find("after") == std::string::npos;
        auto answer =
            done(first ? R"([{"name":"m","type":"gauge","help":"H.","samples":[{"labels":{"t":"1"},"value":7}]}])"
                       : R"([{"name":"m","type":"gauge","help":"H.","samples":[{"labels":{"t":"2"},"value":8}]}])");
        if (first) answer.next = "cursor";
        return answer;
    };
    ++world.desk.counters->tokens_repeated;
    world.desk.counters->refuse_token(refuse(Errc::invalid_scope, "w", "n"));
    ++world.desk.counters->control.answers[200];
    world.clock.advance(std::chrono::seconds{90});
    const auto response = world.ask("tenants=1");
    CHECK(status_of(response) == 200);
    CHECK(response.bytes->contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    const auto text = body_of(response);
    CHECK(text.contains("\n# TYPE m gauge\nm{t=\"1\"} 7\nm{t=\"2\"} 8\n"));
    CHECK(text.contains("\njeton_uptime_seconds 90\n"));
    CHECK(text.contains("\njeton_tokens_issued_total{decision=\"cached\"} 1\n"));
    CHECK(text.contains("\njeton_tokens_refused_total{error=\"invalid_scope\"} 1\n"));
    CHECK(text.contains("\njeton_http_requests_total{socket=\"control\",status=\"200\"} 1\n"));
    REQUIRE(world.vault.asked.size() == 2);
    CHECK(world.vault.asked[0].body == R"({"tenants":true})");
    CHECK(world.vault.asked[1].body == R"({"tenants":true,"after":"cursor"})");
}

TEST_CASE("metrics: the vault says who may read; nothing but tenants=1 is a parameter") {
    World world;
    world.vault.script = [](const ScriptedVault::Asked&) { return refused(refuse(Errc::forbidden, "no", "ask")); };
    CHECK(status_of(world.ask()) == 403);
    for (const char* query : {"tenants=yes", "tenant=1", "after=x", "tenants", "%zz"})
        CHECK(status_of(world.ask(query)) == 400);
    CHECK(world.vault.asked.size() == 1);
}

}  // namespace jeton::front::test
