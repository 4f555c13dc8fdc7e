#include "cli/command_line.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

CommandLine::Parsed parse(std::vector<const char*> words, GlobalOptions* globals = nullptr) {
    CommandLine line;
    for (const auto add : {add_store_verbs, add_key_verbs, add_environment_verbs, add_tenant_verbs, add_app_verbs,
                           add_access_verbs, add_secret_verbs, add_binding_verbs, add_token_verb, add_audit_verbs}) {
        add(line);
    }
    words.insert(words.begin(), "jeton");
    auto parsed = line.parse(static_cast<int>(words.size()), words.data());
    if (globals != nullptr) *globals = line.globals();
    return parsed;
}

constexpr auto connection = "dispatcher/1@integration";

TEST_CASE("command line: every verb is found") {
    const std::vector<std::vector<const char*>> lines{{"init"},
                                                      {"init", "--slot", "key-file", "/k"},
                                                      {"status"},
                                                      {"status", "--wait", "unsealed", "--timeout", "5s"},
                                                      {"seal"},
                                                      {"unseal", "--accept-rollback"},
                                                      {"whoami"},
                                                      {"key", "slot", "add", "recovery"},
                                                      {"key", "slot", "list"},
                                                      {"environment", "create", "e", "--kind", "local"},
                                                      {"environment", "list"},
                                                      {"environment", "show", "e"},
                                                      {"tenant", "create", "1@e", "--name", "N"},
                                                      {"tenant", "list"},
                                                      {"tenant", "show", "1@e"},
                                                      {"app", "create", "a", "--organization", "o", "--homepage", "h",
                                                       "--credentials", "tenant", "--scope", "x", "y"},
                                                      {"app", "list"},
                                                      {"app", "show", "a"},
                                                      {"app", "connections", "a"},
                                                      {"app", "tenant", "add", "a", "1@e"},
                                                      {"access", "review", connection},
                                                      {"access", "allow", connection, "--version", "3"},
                                                      {"access", "decline", connection},
                                                      {"access", "disable", connection},
                                                      {"access", "enable", connection},
                                                      {"secret", "generate", connection},
                                                      {"secret", "import", connection, "--client-id", "i", "--now"},
                                                      {"secret", "list"},
                                                      {"secret", "list", connection},
                                                      {"secret", "deactivate", connection, "jcs.abcd"},
                                                      {"binding", "add", connection, "--user", "u", "--default"},
                                                      {"binding", "list"},
                                                      {"token"},
                                                      {"token", "--scope", "s", connection},
                                                      {"token", connection, "--header"},
                                                      {"audit", "list", "--user", "u"},
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
    CHECK(parse({"secret"}).error.contains("jeton secret generate|import|list|deactivate"));
    CHECK(parse({"tenant", "create", "1@e"}).error.contains("--name"));
    CHECK(parse({"--user", "--system", "status"}).exit_code == exit_code::usage);
    CHECK(parse({"token", "--header", "--env"}).exit_code == exit_code::usage);
    CHECK(parse({"status", "--color", "blue"}).error.contains("auto|always|never"));
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
    CHECK_FALSE(parse({"secret", "--help"}).output.contains("rotate"));
}

}  // namespace
}  // namespace jeton::cli
