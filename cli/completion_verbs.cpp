/// What shells ask for while somebody types: completion, complete-words.
#include <memory>

#include "cli/completion.hpp"
#include "cli/completion_scripts.hpp"
#include "cli/context.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

/// What the host has is looked up by the shell itself. No word of ours begins with a colon.
std::string_view request_of(Source source) {
    switch (source) {
        case Source::commands: return ":commands\n";
        case Source::files: return ":files\n";
        case Source::groups: return ":groups\n";
        case Source::users: return ":users\n";
        default: return {};
    }
}

int print_words(Context& context, const CLI::App& grammar, const std::vector<std::string>& typed) {
    const auto completion = complete(grammar, typed);
    std::string lines;
    for (const auto& candidate : candidates_of(context, completion))
        lines += candidate.word + "\t" + printable(candidate.about) + "\n";
    lines += request_of(completion.source);
    context.write(lines);
    return exit_code::done;
}

}  // namespace

void add_completion_verbs(CommandLine& line) {
    const auto shell = std::make_shared<std::string>();
    line.verb("completion", "Print what makes a shell complete verbs, options and names; packages install it",
              "source <(jeton completion bash)")
        .needs_one("SHELL", *shell, {"bash", "zsh", "fish"}, "Which one")
        .runs([shell](Context& context) {
            context.write(completion_script(*shell));
            return exit_code::done;
        });
    const auto typed = std::make_shared<std::vector<std::string>>();
    line.verb("complete-words",
              "Print what may stand next, one a line: a word, a tab, a remark. :files and the like: the shell's own.\n"
              "The words typed so far stand behind --, the last one as far as it is typed.",
              "jeton complete-words -- app show dis")
        .hidden()
        .command(*typed)
        .runs([typed, &line](Context& context) { return print_words(context, line.grammar(), *typed); });
}

}  // namespace jeton::cli
