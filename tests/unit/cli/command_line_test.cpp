#include "cli/command_line.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/failure.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

CommandLine::Parsed parse(std::vector<const char*> words, GlobalOptions* globals = nullptr) {
    CommandLine line;
    words.insert(words.begin(), "jeton");
    add_verbs_for(line, words);
    auto parsed = line.parse(static_cast<int>(words.size()), words.data());
    if (globals != nullptr) *globals = line.globals();
    return parsed;
}

constexpr auto connection = "dispatcher/1@integration";

TEST_CASE("command line: every verb is found") {
    const std::vector<std::vector<const char*>> lines{
        {"init"},
        {"init", "--slot", "key-file", "/k"},
        {"status"},
        {"status", "--wait", "unsealed", "--timeout", "5s"},
        {"seal"},
        {"unseal", "--accept-rollback"},
        {"whoami"},
        {"completion", "bash"},
        {"init", "--slot", "passphrase"},
        {"init", "--slot", "systemd-credential", "n"},
        {"key", "slot", "add", "recovery"},
        {"key", "slot", "add", "passphrase", "--label", "l"},
        {"key", "slot", "add", "key-file", "/k"},
        {"key", "slot", "add", "systemd-credential", "n"},
        {"key", "slot", "remove", "l"},
        {"key", "slot", "test"},
        {"key", "slot", "list"},
        {"environment", "create", "e", "--kind", "local"},
        {"environment", "list"},
        {"environment", "show", "e"},
        {"environment", "edit", "e", "--host-alias", "h"},
        {"scope", "list", "--group", "CRM"},
        {"scope", "add", "tn.a.b", "--group", "G", "--display-name", "D"},
        {"scope", "import", "-"},
        {"tenant", "create", "1@e", "--name", "N"},
        {"tenant", "list"},
        {"tenant", "show", "1@e"},
        {"tenant", "edit", "1@e", "--name", "N"},
        {"app", "create", "a", "--organization", "o", "--homepage", "h", "--credentials", "tenant", "--scope", "x",
         "y"},
        {"app", "list"},
        {"app", "show", "a"},
        {"app", "connections", "a"},
        {"app", "edit", "a", "--homepage", "h"},
        {"app", "delete", "a"},
        {"app", "publish", "a", "--add", "x", "y", "--remove", "z"},
        {"app", "versions", "a"},
        {"app", "tenant", "add", "a", "1@e"},
        {"app", "tenant", "remove", "a", "1"},
        {"connection", "list", "--unused-for", "90d"},
        {"connection", "show", connection},
        {"connection", "show", "--client-id", "i"},
        {"access", "list", "--pending"},
        {"access", "review", connection},
        {"access", "allow", connection, "--version", "3"},
        {"access", "decline", connection},
        {"access", "record", connection, "--version", "3", "--source", "portal", "--note", "n"},
        {"access", "disable", connection},
        {"access", "enable", connection},
        {"secret", "generate", connection},
        {"secret", "import", connection, "--client-id", "i", "--now"},
        {"secret", "list"},
        {"secret", "list", connection},
        {"secret", "deactivate", connection, "jcs.abcd"},
        {"secret", "rotate", connection, "--overlap", "24h"},
        {"secret", "rotate", connection, "--now", "--ticket-for", "u"},
        {"secret", "rollback", connection},
        {"secret", "identify"},
        {"ticket", "list"},
        {"ticket", "revoke", "7d2a9c01"},
        {"ticket", "claim", "--out", "file"},
        {"pair", "create", connection, "--unit", "w.service"},
        {"pair", "list"},
        {"pair", "revoke", connection, "--user", "u"},
        {"role", "grant", "developer", "a", "--user", "u"},
        {"role", "revoke", "tenant-admin", "1@e", "--group", "g"},
        {"role", "list", "--role", "auditor"},
        {"role", "matrix"},
        {"binding", "add", connection, "--user", "u", "--default"},
        {"binding", "add", "--introspect", "e", "--group", "g"},
        {"binding", "list"},
        {"binding", "remove", "3f2a9c01"},
        {"explain", connection, "--pid", "1"},
        {"introspect", "integration"},
        {"token"},
        {"token", "--scope", "s", connection},
        {"token", connection, "--header"},
        {"audit", "list", "--user", "u"},
        {"audit", "list", "--follow", "--result", "done"},
        {"audit", "export", "--since", "7d"},
        {"audit", "prune", "--before", "365d"},
        {"audit", "verify"}};
    for (const auto& words : lines) {
        CAPTURE(words.front());
        const auto parsed = parse(words);
        CHECK(parsed.error == "");
        CHECK(parsed.action.has_value());
    }
}

TEST_CASE("command line: global options stand before, between and behind the words of a verb") {
    for (const auto& words : std::vector<std::vector<const char*>>{{"--json", "--yes", "app", "list"},
                                                                   {"app", "--json", "list", "--yes"},
                                                                   {"app", "list", "--yes", "--json"}}) {
        GlobalOptions globals;
        CHECK(parse(words, &globals).action);
        CHECK(globals.json);
        CHECK(globals.yes);
        CHECK_FALSE(globals.quiet);
    }
}

TEST_CASE("command line: behind binding add, --user names the user who is bound") {
    GlobalOptions globals;
    CHECK(parse({"binding", "add", connection, "--user", "worker"}, &globals).action);
    CHECK_FALSE(globals.user);
    CHECK(parse({"--user", "binding", "add", connection, "--user", "worker"}, &globals).action);
    CHECK(globals.user);
}

TEST_CASE("command line: --version shows the version only before the verb") {
    CHECK(parse({"--version"}).output.starts_with("jeton "));
    CHECK(parse({"status", "--version"}).exit_code == exit_code::usage);
}

TEST_CASE("command line: jeton help VERB shows what jeton VERB --help shows") {
    CHECK(parse({"help", "token"}).output == parse({"token", "--help"}).output);
    CHECK(parse({"help", "secret", "rotate"}).output == parse({"secret", "rotate", "--help"}).output);
    CHECK(parse({"help"}).output == parse({"--help"}).output);
    CHECK(parse({"help", "tokne"}).exit_code == exit_code::usage);
}

TEST_CASE("command line: a mistyped verb or option is refused with what was meant") {
    const auto verb = parse({"secret", "genrate", connection});
    CHECK(verb.exit_code == exit_code::usage);
    CHECK(verb.error ==
          "jeton: jeton secret has no verb \"genrate\"; did you mean generate?\n  next: jeton secret --help\n");
    CHECK(parse({"stauts"}).error.contains("did you mean status?"));
    CHECK(parse({"token", "--headr"}).error.contains("did you mean --header?"));
    CHECK(parse({"token", connection, "more"}).error.contains("takes no further word"));
    CHECK_FALSE(parse({"token", connection, "a-secret"}).error.contains("a-secret"));
}

TEST_CASE("command line: a secret given as an option is not repeated in the error") {
    const auto parsed = parse({"secret", "import", connection, "--client-id", "i", "--client-secret=hunter2"});
    CHECK(parsed.exit_code == exit_code::usage);
    CHECK_FALSE(parsed.error.contains("hunter2"));
}

TEST_CASE("command line: what is missing is named") {
    CHECK(parse({}).error.contains("say what to do: jeton init|"));
    CHECK(parse({"secret"}).error.contains("jeton secret generate|rotate|rollback|import|list|identify|deactivate"));
    CHECK(parse({"tenant", "create", "1@e"}).error.contains("--name"));
    CHECK(parse({"--user", "--system", "status"}).exit_code == exit_code::usage);
    CHECK(parse({"token", "--header", "--env"}).exit_code == exit_code::usage);
    CHECK(parse({"status", "--color", "blue"}).error.contains("auto|always|never"));
}

TEST_CASE("command line: numbers and durations are refused in our own words") {
    for (const auto* wrong : {"0", "-1", "x", "1.5", "1k", "99999999999999999999", ""}) {
        CAPTURE(wrong);
        const auto parsed = parse({"audit", "list", "--limit", wrong});
        CHECK(parsed.exit_code == exit_code::usage);
        CHECK(parsed.error == fmt::format("jeton: jeton audit list: --limit: \"{}\" is no whole number from 1 on\n"
                                          "  next: jeton audit list --help\n",
                                          wrong));
    }
    for (const auto* wrong : {"h", "-1h", "1.5h", "1w", "24 h", ""}) {
        CAPTURE(wrong);
        const auto parsed = parse({"secret", "rotate", connection, "--overlap", wrong});
        CHECK(parsed.error == fmt::format("jeton: jeton secret rotate: --overlap: \"{}\" is no duration; write 90m, "
                                          "24h or 7d\n  next: jeton secret rotate --help\n",
                                          wrong));
    }
    CHECK(parse({"secret", "rotate", connection, "--overlap", "48"})
              .error.contains("\"48\" has no unit; write 48s, 48m, 48h or 48d"));
    CHECK(parse({"audit", "list", "--limit", "5"}).action);
    CHECK(parse({"audit", "list", "--limit"}).error.contains("--limit: 1 required N missing"));
}

TEST_CASE("command line: an empty word is nothing that was left out, but where it takes away what is there") {
    using Words = std::vector<const char*>;
    for (const auto& words :
         {Words{"access", "disable", "--app", "", "--environment", "integration"},
          Words{"binding", "add", "--introspect", "integration", "--app", "", "--user", "u"},
          Words{"role", "grant", "developer", ""}, Words{"token", connection, "--scope", ""},
          Words{"secret", "generate", connection, "--ticket-for", ""}, Words{"secret", "list", ""},
          Words{"init", "--slot", "key-file", ""}, Words{"app", "show", ""}, Words{"secret", "identify", ""}}) {
        CAPTURE(words[0]);
        CAPTURE(words[1]);
        const auto parsed = parse(words);
        CHECK(parsed.exit_code == exit_code::usage);
    }
    CHECK(parse({"app", "show", ""}).error ==
          "jeton: jeton app show: APP: nothing is given: leave it out, or look at the variable that it comes from\n"
          "  next: jeton app show --help\n");
    CHECK(parse({"audit", "prune", "--before=", "--yes"}).error.contains("--before= gives nothing"));
    CHECK(parse({"exec", connection, "--", "tool", "--before="}).action);
    CHECK(parse({"environment", "edit", "production", "--ca-file", "", "--host-alias", "", "--resource", ""}).action);
    CHECK(parse({"connection", "edit", connection, "--form-field", ""}).action);
}

TEST_CASE("command line: with --json a usage error is one object") {
    CHECK(parse({"stauts", "--json"}).error ==
          "{\"error\":\"usage\",\"error_description\":\"jeton has no verb \\\"stauts\\\"; did you mean status?\","
          "\"next\":\"jeton --help\"}\n");
}

TEST_CASE("command line: each verb's help has an example, and names no verb that does not exist") {
    for (const auto& words : std::vector<std::vector<const char*>>{{"secret", "generate", "--help"},
                                                                   {"token", "--help"},
                                                                   {"access", "allow", "-h"},
                                                                   {"app", "tenant", "add", "--help"}}) {
        const auto parsed = parse(words);
        CHECK(parsed.exit_code == exit_code::done);
        CHECK(parsed.output.contains("Example:\n  "));
    }
    CHECK_FALSE(parse({"audit", "--help"}).output.contains("restore"));
}

}  // namespace
}  // namespace jeton::cli
