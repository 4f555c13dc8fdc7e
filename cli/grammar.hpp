/// The command line's grammar as others read it: the help, suggestions, completion. The verbs of `CommandLine` are
/// CLI11's subcommands; whoever looks at them asks here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace jeton::cli {

/// The nouns and verbs below `app`, without those that nobody types.
[[nodiscard]] std::vector<const CLI::App*> verbs_below(const CLI::App& app);
/// The one of that name, hidden ones too; null: there is none.
[[nodiscard]] const CLI::App* verb_below(const CLI::App& app, std::string_view name);
/// "app tenant add": without the program's name.
[[nodiscard]] std::string verb_name(const CLI::App& app);

/// The options of `app`, the global ones and --help among them.
[[nodiscard]] std::vector<const CLI::Option*> options_at(const CLI::App& app);
/// The one called "--app" or "-h"; null: there is none.
[[nodiscard]] const CLI::Option* option_of(const CLI::App& app, std::string_view name);
/// The words that `app` takes without an option, in their order.
[[nodiscard]] std::vector<const CLI::Option*> arguments_at(const CLI::App& app);

/// "--app" of an option, "CONNECTION" of a word without one.
[[nodiscard]] std::string name_of(const CLI::Option& option);
[[nodiscard]] bool takes_value(const CLI::Option& option);
/// How many values may follow it at most.
[[nodiscard]] int values_of(const CLI::Option& option);
[[nodiscard]] bool may_be_repeated(const CLI::Option& option);
/// The words that it takes, where the grammar has them all: in a help such as `post|basic` they stand as they are
/// typed, while capitals stand for something else.
[[nodiscard]] std::vector<std::string> choices_of(const CLI::Option& option);

[[nodiscard]] std::string first_line(std::string_view text);

}  // namespace jeton::cli
