#include <array>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "cli/follow.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using testing::check_golden;
using testing::golden_file;
using testing::run;
using testing::Shown;
using testing::terminal;

const std::string head = R"({"sequence":2,"hash":"ab","signature":"s","public_key":"k"})";
const std::string verified = R"({"verified":true,"entries":2,"head":)" + head + R"(,"checkpoint":null})";

std::string entry(int sequence) {
    return R"({"sequence":)" + std::to_string(sequence) +
           R"(,"at":"2026-02-01T09:00:00Z","actor":{"uid":0,"user":"root","unit":null},"event":"app.created",)"
           R"("subject":"dispatcher","via":"control","result":"done","count":1})";
}

Answer page(const std::vector<int>& sequences, const std::string& next = "") {
    std::string rows;
    for (const auto sequence : sequences) rows += (rows.empty() ? "" : ",") + entry(sequence);
    return {"[" + rows + "]", 200, next.empty() ? "" : "Link: <" + next + ">; rel=\"next\"\r\n"};
}

TEST_CASE("audit list: who, in which unit, by what, and how it ended") {
    check_golden("audit_list", {"audit", "list", "--result", "refused", "--event", "token.*", "--limit", "50"});
}

TEST_CASE("audit list: --follow goes on without end, so it takes no end") {
    CHECK(run({"audit", "list", "--follow", "--limit", "3"}, {}).code == exit_code::usage);
    CHECK(run({"audit", "list", "--follow", "--until", "1h"}, {}).code == exit_code::usage);
    CHECK(run({"audit", "list", "--result", "maybe"}, {}).err.contains("done|refused"));
}

Shown follow(const std::vector<Answer>& answers, bool json = false, const std::string& since = "2026-02-01T00:00:00Z") {
    GlobalOptions options;
    options.json = json;
    return run(
        [&] {
            Context context{options, testing::pipe};
            return context.finish(follow_audit(context, {{"event", "app.*"}, {"since", since}}, {1ms, 20ms}));
        },
        answers);
}

TEST_CASE("audit list --follow: each question begins behind the last entry shown") {
    const auto shown = follow({page({1, 2}), page({}), page({3}, "/v1/audit?after=3"), page({4})});
    REQUIRE(shown.asked.size() > 5);
    CHECK(shown.asked[0] == "GET /v1/audit?event=app.%2A&since=2026-02-01T00%3A00%3A00Z");
    CHECK(shown.asked[1] == "GET /v1/audit?event=app.%2A&since=2026-02-01T00%3A00%3A00Z&after=2");
    CHECK(shown.asked[2] == shown.asked[1]);
    CHECK(shown.asked[3] == "GET /v1/audit?after=3");
    CHECK(shown.asked[4].ends_with("&after=4"));
}

TEST_CASE("audit list --follow: without --since, what was there before is not shown") {
    const auto shown = follow({page({7}), page({8})}, true, "");
    CHECK(shown.asked.at(0) == "GET /v1/audit?event=app.%2A&newest=1");
    CHECK(shown.asked.at(1) == "GET /v1/audit?event=app.%2A&after=7");
    CHECK(shown.out == entry(8) + "\n");
    CHECK(follow({page({}), page({})}, true, "").asked.at(1) == "GET /v1/audit?event=app.%2A");
}

TEST_CASE("audit list --follow: it ends when nobody reads any more") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    ::close(ends[0]);
    const auto shown = run(
        [&] {
            const int before = ::dup(STDOUT_FILENO);
            ::dup2(ends[1], STDOUT_FILENO);
            Context context{{}, testing::pipe};
            const int code = follow_audit(context, {{"since", "2026-02-01T00:00:00Z"}}, {10s, 20s});
            ::dup2(before, STDOUT_FILENO);
            ::close(before);
            return code;
        },
        {page({})});
    ::close(ends[1]);
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked.size() == 1);
}

TEST_CASE("audit list --follow: one header, and columns that stay where they are") {
    const auto shown = follow({page({1}), page({2}), page({1000})});
    const auto line = [](const std::string& sequence) {
        return sequence + std::string(7 - sequence.size(), ' ') +
               "2026-02-01T09:00:00Z  root                          app.created           "
               "dispatcher                        control           1      done\n";
    };
    CHECK(shown.out ==
          "#      AT                    WHO           UNIT            EVENT                 "
          "SUBJECT                           VIA               COUNT  RESULT\n" +
              line("1") + line("2") + line("1000"));
}

TEST_CASE("audit list --follow --json: one object a line") {
    const auto shown = follow({page({1, 2}), page({3})}, true);
    CHECK(shown.out == entry(1) + "\n" + entry(2) + "\n" + entry(3) + "\n");
}

TEST_CASE("audit list --follow: a daemon that is away is waited for, and what came meanwhile is shown") {
    const Answer starting{R"({"error":"temporarily_unavailable","error_description":"starting","next":"wait"})", 503};
    const auto shown = follow({page({1}), starting, starting, page({2})});
    CHECK(shown.out.contains("\n2 "));
    CHECK(shown.err.contains("starting; waiting for the daemon to come back\n"));
}

TEST_CASE("audit list --follow: a daemon that stays away ends it with 3") {
    const auto shown = follow({page({1})});
    CHECK(shown.code == exit_code::unreachable);
    CHECK(shown.asked.size() > 2);
}

TEST_CASE("audit list --follow: what was never there, or refuses, is not waited for") {
    CHECK(follow({}).asked.size() == 1);
    const Answer forbidden{R"({"error":"forbidden","error_description":"not for you","next":"ask"})", 403};
    const auto shown = follow({page({1}), forbidden, page({2})});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.asked.size() == 2);
}

TEST_CASE("audit verify: the head, and where the audit was pruned") {
    CHECK(run({"audit", "verify"}, {{verified}}).out == "verified 2 entries; the last is 2 with hash ab\n");
    const std::string pruned = R"({"verified":true,"entries":1,"head":)" + head +
                               R"(,"checkpoint":{"sequence":1,"hash":"cd","at":"2026-02-01T09:00:00Z","by":"root"}})";
    CHECK(run({"audit", "verify"}, {{pruned}})
              .out.ends_with("pruned by root at 2026-02-01T09:00:00Z: the first entry follows 1 with hash cd\n"));
}

TEST_CASE("audit export: lines of JSON over all pages up to the head, which is the last line") {
    const auto shown = run({"audit", "export", "--since", "2026-01-01T00:00:00Z"},
                           {{verified}, page({1}, "/v1/audit/export?after=1"), page({2, 3})});
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/audit/verify",
                                                  "GET /v1/audit/export?since=2026-01-01T00%3A00%3A00Z",
                                                  "GET /v1/audit/export?after=1"});
    CHECK(shown.out == entry(1) + "\n" + entry(2) + "\n{\"head\":" + head + "}\n");
    CHECK(shown.code == exit_code::done);
}

TEST_CASE("audit export: one that breaks off has no head, and fails") {
    const auto shown = run({"audit", "export"}, {{verified}, page({1}, "/v1/audit/export?after=1")});
    CHECK(shown.code == exit_code::unreachable);
    CHECK(shown.out == entry(1) + "\n");
}

TEST_CASE("S50 audit prune: confirmed, with the time that was meant") {
    CHECK(run({"audit", "prune", "--before", "365d"}, {{"{}"}}).asked.empty());
    const auto declined = run({"audit", "prune", "--before", "2026-01-01"}, {{"{}"}}, terminal(80), {"n"});
    CHECK(declined.err.contains("jeton audit export --until 2026-01-01 keeps a copy"));
    CHECK(declined.asked.empty());
    const auto shown = run({"audit", "prune", "--before", "2026-01-01", "--yes"},
                           {{R"({"pruned":7,"message":"7 entries are gone"})"}});
    CHECK(shown.asked.at(0) == R"(POST /v1/audit/prune {"before":"2026-01-01"})");
    CHECK(shown.out == "7 entries are gone\n");
    CHECK(shown.err.contains("changed in the daemon"));
    const auto nothing = run({"audit", "prune", "--before", "2026-01-01", "--yes"},
                             {{R"({"pruned":0,"message":"0 entries are gone"})"}});
    CHECK(nothing.out == "0 entries are gone\n");
    CHECK(nothing.err.empty());
}

}  // namespace
}  // namespace jeton::cli
