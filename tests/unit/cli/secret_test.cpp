#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::check_golden;
using testing::golden_file;
using testing::run;
using testing::terminal;

const std::string rotated = R"({"connection":"a/1@e","client_id":"jid.id","client_secret":"jcs.the-secret",)"
                            R"("prefix":"jcs.the-","created_at":"2026-02-01T09:00:00Z","old":{"prefix":"jcs.4k2p",)"
                            R"("deactivates_at":"2026-02-02T09:00:00Z"},"message":"both work until then"})";
const std::string ticket = R"({"connection":"a/1@e","client_id":"jid.id","ticket":"jtk.the-ticket",)"
                           R"("id":"7d2a9c01d4e5","for":"worker","expires_at":"2026-02-02T09:00:00Z",)"
                           R"("message":"worker collects it: jeton ticket claim"})";

TEST_CASE("S17 secret list: by prefix, never by value") {
    check_golden("secret_list", {"secret", "list", "--older-than", "90d"});
}

TEST_CASE("S17 secret rotate: on a terminal the old prefix and its deadline stand above the new secret") {
    const auto shown = run({"secret", "rotate", "a/1@e", "--overlap", "48h"}, {{rotated, 201}}, terminal(80));
    CHECK(shown.asked.at(0) == R"(POST /v1/connections/a/1%40e/secrets/rotate {"overlap":172800})");
    CHECK(shown.out ==
          "Connection      a/1@e\nClient ID       jid.id\nOld secret      jcs.4k2p... until 2026-02-02T09:00:00Z\n"
          "Client secret   jcs.the-secret\n");
    CHECK(shown.err.contains("visible only once"));
    CHECK(shown.err.contains("both work until then"));
}

TEST_CASE("S17 secret rotate: in a pipe the secret alone, the rest on stderr") {
    const auto shown = run({"secret", "rotate", "a/1@e"}, {{rotated, 201}});
    CHECK(shown.asked.at(0) == "POST /v1/connections/a/1%40e/secrets/rotate {}");
    CHECK(shown.out == "jcs.the-secret\n");
    CHECK(shown.err.contains("Old secret      jcs.4k2p... until 2026-02-02T09:00:00Z\n"));
    CHECK(run({"secret", "rotate", "a/1@e", "--json"}, {{rotated, 201}}).out == rotated + "\n");
}

TEST_CASE("S50 secret rotate --now: it asks to confirm and continue; without a terminal it needs --yes") {
    const auto piped = run({"secret", "rotate", "a/1@e", "--now"}, {{rotated, 201}});
    CHECK(piped.code == exit_code::refused);
    CHECK(piped.err.contains("--yes"));
    CHECK(piped.asked.empty());
    const auto declined = run({"secret", "rotate", "a/1@e", "--now"}, {{rotated, 201}}, terminal(80), {"n"});
    CHECK(declined.err.contains("Confirm and Continue?"));
    CHECK(declined.asked.empty());
    const auto confirmed = run({"secret", "rotate", "a/1@e", "--now"}, {{rotated, 201}}, terminal(80), {"y"});
    CHECK(confirmed.asked.at(0).ends_with(R"({"now":true})"));
    CHECK(run({"secret", "rotate", "a/1@e", "--now", "--overlap", "1h"}, {}).code == exit_code::usage);
}

TEST_CASE("S31 secret generate --ticket-for: a ticket instead of the secret") {
    const auto shown = run({"secret", "generate", "a/1@e", "--ticket-for", "worker", "--expires", "7d"},
                           {{ticket, 201}}, terminal(80));
    CHECK(shown.asked.at(0) == R"(POST /v1/connections/a/1%40e/secrets {"ticket_for":"worker","expires_in":604800})");
    CHECK(shown.out ==
          "Connection      a/1@e\nClient ID       jid.id\nFor             worker\n"
          "Expires         2026-02-02T09:00:00Z\nTicket ID       7d2a9c01\nTicket          jtk.the-ticket\n");
    CHECK(shown.err.contains("jeton ticket claim"));
    CHECK(run({"secret", "rotate", "a/1@e", "--ticket-for", "worker"}, {{ticket, 201}}).out == "jtk.the-ticket\n");
    CHECK(run({"secret", "generate", "a/1@e", "--expires", "7d"}, {}).code == exit_code::usage);
}

TEST_CASE("S50 secret rollback: confirmed, with the daemon's message") {
    CHECK(run({"secret", "rollback", "a/1@e"}, {{"{}"}}).asked.empty());
    const auto shown = run({"secret", "rollback", "a/1@e", "--yes"},
                           {{R"({"restored":"jcs.4k2p","deactivated":"jcs.the-","message":"jcs.4k2p is back"})"}});
    CHECK(shown.asked.at(0) == "POST /v1/connections/a/1%40e/secrets/rollback {}");
    CHECK(shown.out == "jcs.4k2p is back\n");
}

TEST_CASE("S50 secret deactivate: the question says who used it lately") {
    const auto list = golden_file("secret_list.json");
    const std::vector<std::string> words{"secret", "deactivate", "dispatcher/1234567@integration", "jcs.4k2p"};
    const auto declined = run(words, {{list}, {"{}"}}, terminal(80), {"no"});
    CHECK(declined.err.contains("This client secret is in use: used 3 minutes ago by worker.\n"));
    CHECK(declined.asked == std::vector<std::string>{"GET /v1/connections/dispatcher/1234567%40integration/secrets"});
    const auto unused = run({words[0], words[1], words[2], "jcs.9z8y"}, {{list}, {"{}"}}, terminal(80), {"no"});
    CHECK_FALSE(unused.err.contains("in use"));
    const auto confirmed = run(words, {{list}, {R"({"message":"deactivated"})"}}, terminal(80), {"yes"});
    CHECK(confirmed.asked.at(1) ==
          "POST /v1/connections/dispatcher/1234567%40integration/secrets/jcs.4k2p/deactivate {}");
    CHECK(confirmed.out == "deactivated\n");
}

TEST_CASE("secret deactivate: what was typed reaches neither terminal nor document as it is") {
    const std::string steers = "a/b@c\x1b]0;x\x07";
    const auto piped = run({"secret", "deactivate", steers, "jcs.x"}, {});
    CHECK(piped.code == exit_code::refused);
    CHECK(piped.err.contains(R"(a/b@c\x1b]0;x\x07)"));
    CHECK(piped.err.find_first_of("\x1b\x07") == std::string::npos);
    const auto asked = run({"secret", "deactivate", steers, "jcs.x", "--color=never"}, {{"[]"}}, terminal(80), {"n"});
    CHECK(asked.err.contains(R"(a/b@c\x1b]0;x\x07, it will no longer be valid)"));
    CHECK_FALSE(asked.err.contains("\x1b]0;"));
    const auto document = run({"secret", "deactivate", "a/b@c\xff", "jcs.x", "--json"}, {});
    CHECK(document.err.contains(R"(a/b@c\\xff)"));
    CHECK_FALSE(document.err.contains('\xff'));
}

TEST_CASE("secret identify: says what the value is, and never shows it") {
    const auto answer = golden_file("identify.json");
    const auto shown = run({"secret", "identify"}, {{answer}}, testing::pipe, {"jcs.found-value"});
    CHECK(shown.asked.at(0) == R"(POST /v1/secrets/identify {"value":"jcs.found-value"})");
    CHECK(shown.out ==
          "kind        client-secret\nchecksum    good\nconnection  dispatcher/1234567@integration\n"
          "secret      jcs.4k2p...\nstate       active\ncreated     2026-01-05T09:30:00Z\n"
          "last used   2026-02-01T00:00:00Z\nby          worker\n"
          "This is an active client secret of dispatcher/1234567@integration: rotate it, then deactivate jcs.4k2p.\n");
    CHECK(shown.err.empty());
    const auto seen = run({"secret", "identify"}, {{answer}}, terminal(80), {"jcs.found-value"});
    CHECK_FALSE((seen.out + seen.err).contains("found-value"));
    CHECK(run({"secret", "identify"}, {{answer}}).asked.empty());
}

}  // namespace
}  // namespace jeton::cli
