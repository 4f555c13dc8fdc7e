/// Consent on the command line: the walk through a decision, and what is asked before access is paused.
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::check_golden_text;
using testing::run;
using testing::terminal;

const std::string connection = "dispatcher/1234567@integration";

std::string scope(std::string_view name, std::string_view group, std::string_view display_name) {
    return fmt::format(R"({{"name":"{}","group":"{}","display_name":"{}","access":"{}"}})", name, group, display_name,
                       name.back());
}

/// What the daemon says before anybody has allowed anything.
Answer first_review(int offered, const std::string& scopes) {
    return {fmt::format(R"({{"connection":"{}","state":"not-connected","app":{{"app":"dispatcher",
        "organization":"Example Software","homepage":"https://example.com"}},"accepted_version":null,
        "offered_version":{},"scopes":[{}],"added":[],"removed":[],"consent":null,"pauses":[],
        "statement":"You are granting access.","warnings":[]}})",
                        connection, offered, scopes)};
}

const std::string jobs = scope("tn.jpm.jobs:r", "Job Planning", "Jobs");
const std::string customers = scope("tn.crm.customers:w", "CRM", "Customers");
const std::string leads = scope("tn.crm.leads:r", "CRM", "Leads");
const Answer moved_on{R"({"error":"wrong_state","error_description":"you reviewed version 1, the app offers version 2",
    "next":"jeton access review dispatcher/1234567@integration"})",
                      409};
const Answer connected{R"({"connection":"dispatcher/1234567@integration","state":"connected","client_id":"jid.0a1b",
    "version":2,"consent":{"source":"admin","by":"alice","on_behalf_of":null,"reason":null,"at":"2026-01-02T03:04:05Z"},
    "message":"dispatcher/1234567@integration is connected with version 2."})"};

TEST_CASE("S29 S40 access allow: on a terminal the review, the question, the answer, and the daemon's message") {
    const auto shown =
        run({"access", "allow", connection}, {first_review(2, jobs), connected}, terminal(80), {"Allow"});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/connections/dispatcher/1234567%40integration/review",
                                                  "POST /v1/connections/dispatcher/1234567%40integration/allow "
                                                  R"({"version":2})"});
    CHECK(shown.out.find("Jobs") < shown.out.find("is connected with version 2."));
    CHECK(shown.err.contains("Allow or Decline version 2?"));
}

TEST_CASE("S41 access allow: where the app moves on meanwhile, the difference is shown and the question asked again") {
    const auto shown =
        run({"access", "allow", connection},
            {first_review(1, jobs + "," + leads), moved_on, first_review(2, jobs + "," + customers), connected},
            terminal(80), {"allow", "allow"});
    CHECK(shown.code == exit_code::done);
    REQUIRE(shown.asked.size() == 4);
    CHECK(shown.asked[1].ends_with(R"({"version":1})"));
    CHECK(shown.asked[3].ends_with(R"({"version":2})"));
    check_golden_text("access_walk", shown.out + "--- stderr ---\n" + shown.err);
}

TEST_CASE("S29 access allow: a refusal for another reason ends the walk") {
    const Answer disabled{
        R"({"error":"wrong_state","error_description":"it is disabled","next":"jeton access enable"})", 409};
    const auto shown = run({"access", "allow", connection}, {first_review(2, jobs), disabled, first_review(2, jobs)},
                           terminal(80), {"allow"});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.err.contains("it is disabled"));
}

TEST_CASE("S29 S43 access allow: Decline is passed on, and any other answer changes nothing") {
    const Answer declined{R"({"connection":"c","state":"not-connected","message":"Declined: nothing was created."})"};
    const auto said_no = run({"access", "allow", connection, "--on-behalf-of", "Pat", "--reason", "a call"},
                             {first_review(2, jobs), declined}, terminal(80), {"decline"});
    CHECK(said_no.code == exit_code::done);
    CHECK(said_no.asked.back().ends_with(R"(/decline {"on_behalf_of":"Pat","reason":"a call"})"));
    CHECK(said_no.out.ends_with("Declined: nothing was created.\n"));
    for (const auto* typed : {"", "yes", "y", "allowed"}) {
        const auto neither = run({"access", "allow", connection}, {first_review(2, jobs)}, terminal(80), {typed});
        CHECK(neither.code == exit_code::refused);
        CHECK(neither.asked.size() == 1);
        CHECK(neither.err.contains("nothing was changed"));
    }
}

TEST_CASE("S29 access allow: without a terminal the version must have been seen") {
    const auto shown = run({"access", "allow", connection}, {});
    CHECK(shown.code == exit_code::usage);
    CHECK(shown.asked.empty());
    CHECK(shown.err.contains("jeton access review " + connection));
    const auto with_version = run({"access", "allow", connection, "--version", "2"}, {connected});
    CHECK(with_version.code == exit_code::done);
    CHECK(with_version.out.starts_with(connection + " is connected with version 2.\n"));
}

TEST_CASE("S17 S30 access allow: where the tenant configures, stdout is the first secret alone in a pipe") {
    const Answer with_secret{R"({"connection":"c","state":"connected","client_id":"jid.0a1b","version":2,"consent":null,
        "client_secret":"jcs.value","message":"c is connected with version 2."})"};
    const auto piped = run({"access", "allow", connection, "--version", "2"}, {with_secret});
    CHECK(piped.out == "jcs.value\n");
    CHECK(piped.err.contains("jid.0a1b"));
    CHECK(piped.err.contains("visible only once"));
    const auto shown = run({"access", "allow", connection, "--version", "2"}, {with_secret}, terminal(80));
    CHECK(shown.out.contains("Client secret   jcs.value\n"));
}

TEST_CASE("S29 S30 access allow: the review stands beside the question; a file gets the first secret alone") {
    const Answer with_secret{R"({"connection":"c","state":"connected","client_id":"jid.0a1b","version":2,"consent":null,
        "client_secret":"jcs.value","message":"c is connected with version 2."})"};
    auto to_a_file = terminal(80);
    to_a_file.output = to_a_file.color = false;
    to_a_file.width = 0;
    const auto shown =
        run({"access", "allow", connection}, {first_review(1, jobs), moved_on, first_review(2, customers), with_secret},
            to_a_file, {"allow", "allow"});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.out == "jcs.value\n");
    CHECK(shown.err.find("tn.jpm.jobs:r") < shown.err.find("Allow or Decline version 1?"));
    CHECK(shown.err.find("version 1 became version 2") < shown.err.find("Allow or Decline version 2?"));
    CHECK(shown.err.contains("\x1b[1mCRM\x1b[0m"));
    CHECK(shown.err.contains("jid.0a1b"));
}

TEST_CASE("access record: version, source and note reach the daemon; without them it is not asked") {
    const auto shown =
        run({"access", "record", connection, "--version", "2", "--source", "portal", "--note", "seen"}, {connected});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked.front().ends_with(R"(/record {"version":2,"source":"portal","note":"seen"})"));
    CHECK(run({"access", "record", connection, "--source", "portal", "--note", "seen"}, {}).code == exit_code::usage);
    CHECK(run({"access", "record", connection, "--version", "2", "--note", "seen"}, {}).code == exit_code::usage);
    CHECK(run({"access", "record", connection, "--version", "2", "--source", "portal"}, {}).code == exit_code::usage);
}

const Answer paused{R"({"connection":"dispatcher/1234567@integration","state":"disabled",
    "message":"No token is issued from now on. Tokens already handed out end by 2026-01-02T03:19:05Z."})"};

TEST_CASE("S50 access disable: Confirm and Continue, or --yes; without either nothing is asked of the daemon") {
    const auto in_a_pipe = run({"access", "disable", connection}, {});
    CHECK(in_a_pipe.code == exit_code::refused);
    CHECK(in_a_pipe.asked.empty());
    CHECK(in_a_pipe.err.contains("--yes"));
    const auto said_no = run({"access", "disable", connection}, {}, terminal(80), {"n"});
    CHECK(said_no.code == exit_code::refused);
    CHECK(said_no.asked.empty());
    CHECK(said_no.err.contains("Confirm and Continue?"));
    const auto said_yes = run({"access", "disable", connection, "--reason", "leaving"}, {paused}, terminal(80), {"y"});
    CHECK(said_yes.code == exit_code::done);
    CHECK(said_yes.asked.front().ends_with(R"(/disable {"reason":"leaving"})"));
    CHECK(said_yes.out.contains("Tokens already handed out end by"));
    CHECK(run({"access", "disable", connection, "--yes"}, {paused}).code == exit_code::done);
}

const Answer would_disable{R"([{"connection":"dispatcher/1234567@integration","state":"connected",
    "result":"would be done","why":null}])"};
const Answer did_disable{R"([{"connection":"dispatcher/1234567@integration","state":"disabled","result":"done",
    "why":null}])"};

TEST_CASE("S49 S50 access disable: a selection is listed before the question, and only then disabled") {
    const std::vector<std::string> words{"access",   "disable", "--app",         "dispatcher",
                                         "--tenant", "1234567", "--environment", "integration"};
    const std::string selection = R"({"app":"dispatcher","tenant":"1234567","environment":"integration")";
    const auto shown = run(words, {would_disable, did_disable}, terminal(80), {"y"});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked == std::vector<std::string>{"POST /v1/access/disable " + selection + R"(,"dry_run":true})",
                                                  "POST /v1/access/disable " + selection + "}"});
    CHECK(shown.err.find("would be done") < shown.err.find("Confirm and Continue?"));
    CHECK(shown.out.contains("done"));
    const auto said_no = run(words, {would_disable}, terminal(80), {"n"});
    CHECK(said_no.code == exit_code::refused);
    CHECK(said_no.asked.size() == 1);
    CHECK_FALSE(said_no.err.contains("changed in the daemon"));
    CHECK(run(words, {}).asked.empty());
    auto with_yes = words;
    with_yes.emplace_back("--yes");
    CHECK(run(with_yes, {did_disable}).asked.size() == 1);
}

TEST_CASE("S49 access disable: what was refused in a selection shows in the exit code; a dry run only tells") {
    const Answer half{R"([{"connection":"a/1@e","state":"disabled","result":"done","why":null},
        {"connection":"a/2@e","state":"connected","result":"refused","why":"not yours"}])"};
    CHECK(run({"access", "disable", "--app", "a", "--yes"}, {half}).code == exit_code::refused);
    CHECK(run({"access", "disable", "--app", "a", "--dry-run"}, {half}).code == exit_code::done);
    const auto in_part = run({"access", "enable", "--app", "a"}, {half});
    CHECK(in_part.code == exit_code::refused);
    CHECK(in_part.err.contains("changed in the daemon"));
    const Answer none{R"([{"connection":"a/2@e","state":"connected","result":"refused","why":"not yours"}])"};
    CHECK_FALSE(run({"access", "enable", "--app", "a"}, {none}).err.contains("changed in the daemon"));
}

TEST_CASE("access disable: one connection or a selection, not both, not neither") {
    CHECK(run({"access", "disable", "--yes"}, {}).code == exit_code::usage);
    CHECK(run({"access", "disable", connection, "--app", "a", "--yes"}, {}).code == exit_code::usage);
    CHECK(run({"access", "disable", connection, "--dry-run"}, {}).code == exit_code::usage);
    CHECK(run({"access", "disable", "dispatcher", "--yes"}, {}).code == exit_code::usage);
}

TEST_CASE("S48 access enable: it restores and asks nothing") {
    const Answer restored{R"({"connection":"c","state":"connected","message":"Access is restored."})"};
    const auto shown = run({"access", "enable", connection}, {restored});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.out == "Access is restored.\n");
    CHECK(run({"access", "enable", "--tenant", "1@e"}, {did_disable}).asked.front() ==
          R"(POST /v1/access/enable {"tenant":"1@e"})");
}

}  // namespace
}  // namespace jeton::cli
