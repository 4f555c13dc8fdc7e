#include "cli/verbs.hpp"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include "cli/grammar.hpp"

namespace jeton::cli {
namespace {

std::string help_of(CommandLine& line, const std::string& word) {
    const std::vector<const char*> words{"jeton", word.c_str(), "--help"};
    return line.parse(static_cast<int>(words.size()), words.data()).output;
}

TEST_CASE("command line: where its first word is known, only what that word begins is described, and all of that") {
    CommandLine whole;
    add_all_verbs(whole);
    const auto nouns = verbs_below(whole.grammar());
    REQUIRE(nouns.size() > 25);
    for (const auto* noun : nouns) {
        const auto& name = noun->get_name();
        INFO(name);
        CommandLine line, all;
        const std::vector<const char*> words{"jeton", "--color", "never", "--json", name.c_str()};
        add_verbs_for(line, words);
        add_all_verbs(all);
        const auto described = verbs_below(line.grammar()).size();
        CHECK(described <= (name == "completion" ? nouns.size() : 4));
        CHECK(help_of(line, name) == help_of(all, name));
    }
}

TEST_CASE("command line: all of it is described where it may be about anything") {
    CommandLine whole;
    add_all_verbs(whole);
    for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{{"jeton"},
                                                                                       {"jeton", "--help"},
                                                                                       {"jeton", "help", "token"},
                                                                                       {"jeton", "tokne"},
                                                                                       {"jeton", "complete-words"}}) {
        CommandLine line;
        add_verbs_for(line, words);
        CHECK(verbs_below(line.grammar()).size() == verbs_below(whole.grammar()).size());
    }
}

}  // namespace
}  // namespace jeton::cli
