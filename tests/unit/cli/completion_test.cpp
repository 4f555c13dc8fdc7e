#include "cli/completion.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/failure.hpp"
#include "cli/grammar.hpp"
#include "cli/verbs.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::run;

std::vector<std::string> words_of(const Completion& completion) {
    std::vector<std::string> words;
    for (const auto& candidate : completion.candidates) words.push_back(candidate.word);
    return words;
}

Completion completed(const std::vector<std::string>& typed) {
    CommandLine line;
    add_all_verbs(line);
    return complete(line.grammar(), typed);
}

bool offers(const std::vector<std::string>& typed, std::string_view word) {
    const auto words = words_of(completed(typed));
    return std::ranges::find(words, word) != words.end();
}

/// Every argument of `app` and of all below it that no table knows.
void unknown_arguments(const CLI::App& app, std::vector<std::string>& unknown) {
    for (const auto* below : verbs_below(app)) unknown_arguments(*below, unknown);
    auto all = options_at(app);
    std::ranges::copy(arguments_at(app), std::back_inserter(all));
    for (const auto* option : all) {
        const bool has_words = !takes_value(*option) || !choices_of(*option).empty();
        if (!has_words && !knows_argument(verb_name(app), name_of(*option)))
            unknown.push_back(verb_name(app) + " " + name_of(*option));
    }
}

TEST_CASE("completion: of each argument of each verb it is known where its words come from") {
    CommandLine line;
    add_all_verbs(line);
    std::vector<std::string> unknown;
    unknown_arguments(line.grammar(), unknown);
    CHECK(fmt::format("{}", fmt::join(unknown, "\n")) == "");
    CHECK_FALSE(knows_argument("app create", "--colour"));
}

TEST_CASE("completion: verbs, then what the verb takes") {
    CHECK(words_of(completed({"app", "ten"})) == std::vector<std::string>{"tenant"});
    CHECK(offers({"app", "tenant", ""}, "add"));
    CHECK(offers({"--json", "--color", "never", "app", ""}, "create"));
    CHECK(completed({"app", "show", ""}).source == Source::apps);
    CHECK(completed({"app", "tenant", "add", "dispatcher", ""}).source == Source::tenants);
    CHECK(completed({"app", "create", ""}).source == Source::free_text);
    CHECK(words_of(completed({"no", "such", "verb", ""})).empty());
    CHECK_FALSE(words_of(completed({})).empty());
}

TEST_CASE("completion: the value of an option, behind it or behind =") {
    CHECK(words_of(completed({"app", "create", "x", "--credentials", "d"})) == std::vector<std::string>{"developer"});
    CHECK(words_of(completed({"--color=a"})) == std::vector<std::string>{"--color=auto", "--color=always"});
    const auto tenant = completed({"connection", "list", "--tenant=12"});
    CHECK(tenant.source == Source::tenants);
    CHECK(tenant.prefix == "--tenant=");
    CHECK(tenant.typed == "12");
    CHECK(completed({"token", "--scope", "--"}).source == Source::scopes);
    CHECK(words_of(completed({"token", "--header=x"})).empty());
    CHECK(words_of(completed({"token", "--no-such=x"})).empty());
}

TEST_CASE("completion: a list goes on until the next option") {
    CHECK(completed({"app", "create", "x", "--scope", "a", "b", ""}).source == Source::scopes);
    CHECK(offers({"app", "create", "x", "--scope", "a", "--"}, "--homepage"));
    CHECK(offers({"init", "--slot", "key"}, "key-file"));
    CHECK_FALSE(offers({"init", "--slot", "key-file", ""}, "passphrase"));
    CHECK(completed({"init", "--slot", "key-file", ""}).source == Source::files);
}

TEST_CASE("completion: where nothing else may stand, what options there are") {
    CHECK(offers({"token", "a/1@e", ""}, "--header"));
    CHECK_FALSE(offers({"token", "--header", "-"}, "--header"));
    CHECK_FALSE(offers({"token", "--header", "-"}, "--env"));
    CHECK(completed({"import", "one", ""}).source == Source::files);
}

TEST_CASE("completion: the global --user is the daemon, that of a verb another user") {
    CHECK(completed({"--user", "app", "show", ""}).user);
    CHECK(completed({"app", "show", "--system", ""}).system);
    CHECK(completed({"binding", "list", "--user", ""}).source == Source::users);
    CHECK_FALSE(completed({"binding", "list", "--user", "worker", ""}).user);
}

TEST_CASE("completion: another program's command line is the shell's") {
    CHECK(completed({"exec", "a/1@e", "--", ""}).source == Source::commands);
    CHECK(completed({"exec", "a/1@e", "--", "cat", "--", ""}).source == Source::files);
}

TEST_CASE("complete-words: the daemon's words stand with a remark, all pages of them") {
    const auto shown = run({"complete-words", "--", "access", "review", "disp"},
                           {{.body = R"([{"connection":"dispatcher/1@e","state":"connected"}])",
                             .fields = "Link: </v1/connections?after=x>; rel=\"next\"\r\n"},
                            {.body = R"([{"connection":"dispatcher/2@e","state":"disabled"},
                                         {"connection":"other/1@e","state":"connected"}])"}});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.out == "dispatcher/1@e\tconnected\ndispatcher/2@e\tdisabled\n");
    CHECK(shown.err == "");
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/connections", "GET /v1/connections?after=x"});
}

TEST_CASE("complete-words: only the app that is typed already is asked for") {
    const auto shown = run({"complete-words", "--", "token", "dispatcher/"}, {{.body = "[]"}});
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/connections?app=dispatcher"});
}

TEST_CASE("threat: T23: complete-words: what a shell would read is no word, a control character in no remark") {
    const std::string stored = R"json([{"tenant":"$(reboot)","environment":"e","name":"x"},
                                       {"tenant":"1","environment":"e","name":"a\nb\u001b[2J"}])json";
    CHECK(run({"complete-words", "--", "tenant", "show", ""}, {{.body = stored}}).out == "1@e\ta\\x0ab\\x1b[2J\n");
}

TEST_CASE("complete-words: a refusal, a daemon that is away, an answer of something else are silent") {
    CHECK(run({"complete-words", "--", "app", "show", ""}, {{.body = R"({"error":"forbidden"})", .status = 403}}).out ==
          "");
    CHECK(run({"complete-words", "--", "app", "show", ""}, {{.body = R"({"no":"array"})"}}).out == "");
    const auto away = run({"complete-words", "--", "app", "show", ""}, {});
    CHECK(away.code == exit_code::done);
    CHECK(away.out + away.err == "");
}

TEST_CASE("complete-words: what a connection has is asked for by the connection that stands before") {
    const auto shown = run({"complete-words", "--", "secret", "deactivate", "a/1@e", "jcs"},
                           {{.body = R"([{"prefix":"jcs.ab12","state":"active"}])"}});
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/connections/a/1%40e/secrets"});
    CHECK(shown.out == "jcs.ab12\tactive\n");
    CHECK(run({"complete-words", "--", "secret", "deactivate", "no-connection", ""}, {}).asked.empty());
}

}  // namespace
}  // namespace jeton::cli
