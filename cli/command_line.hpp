/// The grammar of the command line: verbs, what each takes, help, and usage errors that name what was meant.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace jeton::cli {

class Context;
/// Carries out one verb; returns the exit code.
using Action = std::function<int(Context&)>;

/// Options that every verb takes, before or behind its name.
struct GlobalOptions {
    bool json = false;
    bool yes = false;
    bool quiet = false;
    bool user = false;
    bool system = false;
    std::string color = "auto";
};

/// The durations that an option takes, in seconds.
struct Durations {
    std::int64_t least = 0;
    std::int64_t most = 3660LL * 86'400;
};

/// One verb while it is being described. What it fills must live as long as the action does.
class Verb {
public:
    /// Where the words of a verb's command go.
    using Commands = std::map<const CLI::App*, std::vector<std::string>*>;

    Verb(CLI::App& app, std::optional<Action>& chosen, Commands& commands)
        : app_(&app), chosen_(&chosen), commands_(&commands) {}

    // No value may be empty, but for those of `edited` and `edited_list`.

    Verb& needs(const std::string& name, std::string& into, const std::string& help);
    /// A word that must be one of `of`.
    Verb& needs_one(const std::string& name, std::string& into, std::vector<std::string> of, const std::string& help);
    /// One or more words.
    Verb& needs_some(const std::string& name, std::vector<std::string>& into, const std::string& help);
    Verb& may_have(const std::string& name, std::string& into, const std::string& help);
    Verb& option(const std::string& flag, std::string& into, const std::string& value, const std::string& help);
    Verb& needs_option(const std::string& flag, std::string& into, const std::string& value, const std::string& help);
    /// A whole number from 1 on.
    Verb& number(const std::string& flag, std::optional<std::int64_t>& into, const std::string& help);
    /// A duration as people write it, 90m, 24h or 7d; `into` gets its seconds. One that the daemon would refuse anyhow
    /// is refused in the words that it was typed in.
    Verb& duration(const std::string& flag, std::optional<std::int64_t>& into, const std::string& help,
                   Durations allowed = {});
    /// One value behind each flag, any number of flags.
    Verb& repeated(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                   const std::string& help);
    /// Any number of values behind each flag.
    Verb& list(const std::string& flag, std::vector<std::string>& into, const std::string& value,
               const std::string& help);
    /// What a verb changes, one or none: '' takes away what is there.
    Verb& edited(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                 const std::string& help);
    /// The same with one value behind each flag, any number of flags: '' takes away all of the list.
    Verb& edited_list(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                      const std::string& help);
    /// `fewest` to `most` values behind one flag.
    Verb& values(const std::string& flag, std::vector<std::string>& into, int fewest, int most,
                 const std::string& value, const std::string& help);
    Verb& choice(const std::string& flag, std::string& into, std::vector<std::string> of, const std::string& help);
    Verb& flag(const std::string& flag, bool& into, const std::string& help);
    /// `first` and `second` cannot stand together.
    Verb& either(const std::string& first, const std::string& second);
    /// Behind `--` stands another program's command line, which is taken word by word as it is.
    Verb& command(std::vector<std::string>& into);
    /// Stands in no help and in no suggestion: other programs ask for it.
    Verb& hidden();
    void runs(Action action);

private:
    CLI::App* app_;
    std::optional<Action>* chosen_;
    Commands* commands_;
};

class CommandLine {
public:
    CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine();

    /// Says what the verbs below `path` ("secret", "app tenant") are about; before the first of them.
    void noun(std::string_view path, const std::string& about);
    /// A new verb, "secret generate"; `example` is shown in its help.
    [[nodiscard]] Verb verb(std::string_view path, const std::string& about, const std::string& example);

    /// Either an action, or what to print and the exit code of a command line that needs none or is wrong.
    struct Parsed {
        std::optional<Action> action;
        int exit_code = 0;
        std::string output;  ///< for stdout: help, version
        std::string error;   ///< for stderr: what is wrong and what to type instead
    };
    [[nodiscard]] Parsed parse(int argc, const char* const* argv);

    [[nodiscard]] const GlobalOptions& globals() const { return globals_; }
    /// The whole grammar, to be read with `cli/grammar.hpp`.
    [[nodiscard]] const CLI::App& grammar() const { return *root_; }

private:
    CLI::App& app_at(std::string_view path);
    void add_globals(CLI::App& app);

    std::unique_ptr<CLI::App> root_;
    GlobalOptions globals_;
    std::optional<Action> chosen_;
    Verb::Commands commands_;
};

/// `what` and `next` as every error of `jeton` looks: two lines, or with `json` one object; printable, whatever they
/// repeat.
[[nodiscard]] std::string error_text(std::string_view code, std::string_view what, std::string_view next, bool json);

}  // namespace jeton::cli
