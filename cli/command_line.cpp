#include "cli/command_line.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "cli/failure.hpp"
#include "cli/grammar.hpp"
#include "cli/suggestion.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::cli {
namespace {

/// The verb or noun that the words reached before something was wrong.
const CLI::App& deepest(const CLI::App& app) {
    const auto reached = app.get_subcommands();
    return reached.empty() ? app : deepest(*reached.back());
}

std::string full_name(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> verbs_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* below : verbs_below(app)) names.push_back(below->get_name());
    return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

std::string without_value(const std::string& word) { return word.substr(0, word.find('=')); }

/// A key ID is a thumbprint in base64url (RFC 7638): one in 64 begins like an option, which none of ours is as long as.
bool is_key_id_like_an_option(std::string_view word) {
    constexpr std::size_t thumbprint_size = 43;
    constexpr auto is_base64url = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return word.size() == thumbprint_size && word.starts_with('-') && std::ranges::all_of(word, is_base64url);
}

/// The same words, where such a key ID stands behind `--`: verbs take it as their last word.
std::vector<const char*> with_key_ids_last(int argc, const char* const* argv) {
    std::vector<const char*> words{argv, argv + argc};
    const auto ids = std::ranges::stable_partition(words, std::not_fn(is_key_id_like_an_option));
    if (!ids.empty()) words.insert(ids.begin(), "--");
    return words;
}

/// Words that nobody understood: what was probably meant.
std::string unknown_word(const CLI::App& at, const std::string& word, std::string& next) {
    const bool flag = word.starts_with('-');
    const auto shown = printable(flag ? without_value(word) : word);
    const auto meant = nearest(flag ? without_value(word) : word, flag ? flags_of(at) : verbs_of(at));
    next = full_name(at) + " --help";
    const auto did_you_mean = meant ? fmt::format("; did you mean {}?", *meant) : std::string{};
    if (flag) return fmt::format("{} has no option {}{}", full_name(at), shown, did_you_mean);
    // The word itself is not repeated: it may be a secret that belongs on standard input.
    if (verbs_of(at).empty()) return fmt::format("{} takes no further word", full_name(at));
    return fmt::format("{} has no verb \"{}\"{}", full_name(at), shown, did_you_mean);
}

std::string no_verb(const CLI::App& at, std::string& next) {
    next = full_name(at) + " --help";
    return fmt::format("say what to do: {} {}", full_name(at), fmt::join(verbs_of(at), "|"));
}

/// `binding add --user U` is about another user; there the global option only works before the verb.
void make_room_for(CLI::App& app, const std::string& flag) {
    if (auto* global = app.get_option_no_throw(flag); global != nullptr) app.remove_option(global);
}

constexpr std::string_view fill_or_leave_out = "leave it out, or look at the variable that it comes from";

/// An empty word is a variable of a shell that nobody set: to take it for one that was left out would widen what is
/// asked.
std::string check_filled(const std::string& given) {
    return given.empty() ? fmt::format("nothing is given: {}", fill_or_leave_out) : std::string{};
}

CLI::Option* filled(CLI::Option* option) { return option->check(check_filled); }

CLI::Option* add_choice(CLI::App& app, const std::string& flag, std::string& into, std::vector<std::string> of,
                        const std::string& help) {
    const auto shown = fmt::format("{}", fmt::join(of, "|"));
    const auto check = [of = std::move(of), shown](const std::string& given) {
        const bool known = std::ranges::find(of, given) != of.end();
        return known ? std::string{} : fmt::format("\"{}\" is none of {}", printable(given), shown);
    };
    return app.add_option(flag, into, help)->type_name(shown)->check(check);
}

bool contains_word(int argc, const char* const* argv, std::string_view word) {
    return std::any_of(argv + 1, argv + argc, [word](const char* given) { return word == given; });
}

}  // namespace

std::string error_text(std::string_view code, std::string_view what, std::string_view next, bool as_json) {
    const auto shown = printable(what);
    const auto advice = printable(next);
    if (as_json) {
        const boost::json::string_view name{code.data(), code.size()};
        const boost::json::value object{{"error", name}, {"error_description", shown}, {"next", advice}};
        return boost::json::serialize(object) + "\n";
    }
    auto text = fmt::format("jeton: {}\n", shown);
    if (!next.empty()) text += fmt::format("  next: {}\n", advice);
    return text;
}

Verb& Verb::needs(const std::string& name, std::string& into, const std::string& help) {
    filled(app_->add_option(name, into, help))->required()->type_name("");
    return *this;
}

Verb& Verb::needs_some(const std::string& name, std::vector<std::string>& into, const std::string& help) {
    filled(app_->add_option(name, into, help))->required()->type_name("");
    return *this;
}

Verb& Verb::may_have(const std::string& name, std::string& into, const std::string& help) {
    filled(app_->add_option(name, into, help))->type_name("");
    return *this;
}

Verb& Verb::option(const std::string& flag, std::string& into, const std::string& value, const std::string& help) {
    make_room_for(*app_, flag);
    filled(app_->add_option(flag, into, help))->type_name(value);
    return *this;
}

Verb& Verb::needs_option(const std::string& flag, std::string& into, const std::string& value,
                         const std::string& help) {
    make_room_for(*app_, flag);
    filled(app_->add_option(flag, into, help))->required()->type_name(value);
    return *this;
}

Verb& Verb::needs_one(const std::string& name, std::string& into, std::vector<std::string> of,
                      const std::string& help) {
    add_choice(*app_, name, into, std::move(of), help)->required();
    return *this;
}

Verb& Verb::number(const std::string& flag, std::optional<std::int64_t>& into, const std::string& help) {
    const auto check = [](const std::string& given) {
        const auto number = number_in(given);
        return number && *number > 0 ? std::string{}
                                     : fmt::format("\"{}\" is no whole number from 1 on", printable(given));
    };
    app_->add_option(flag, into, help)->type_name("N")->check(check);
    return *this;
}

Verb& Verb::duration(const std::string& flag, std::optional<std::int64_t>& into, const std::string& help,
                     Durations allowed) {
    const auto to_seconds = [allowed](std::string& given) {
        const auto seconds = seconds_in(given);
        if (const auto number = number_in(given); !seconds && number && *number >= 0)
            return fmt::format("\"{}\" has no unit; write {}s, {}m, {}h or {}d", given, given, given, given, given);
        if (!seconds) return fmt::format("\"{}\" is no duration; write 90m, 24h or 7d", printable(given));
        if (*seconds < allowed.least) return fmt::format("\"{}\" is too short: {} s at least", given, allowed.least);
        if (*seconds > allowed.most) {
            return fmt::format("\"{}\" is too long: {}d at most", given, allowed.most / 86'400);
        }
        given = std::to_string(*seconds);
        return std::string{};
    };
    app_->add_option(flag, into, help)->type_name("D")->transform(CLI::Validator{to_seconds, {}});
    return *this;
}

Verb& Verb::list(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                 const std::string& help) {
    filled(app_->add_option(flag, into, help))->type_name(value);
    return *this;
}

Verb& Verb::repeated(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                     const std::string& help) {
    filled(app_->add_option(flag, into, help))->type_name(value)->allow_extra_args(false);
    return *this;
}

Verb& Verb::edited(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                   const std::string& help) {
    app_->add_option(flag, into, help)->type_name(value)->expected(1);
    return *this;
}

Verb& Verb::edited_list(const std::string& flag, std::vector<std::string>& into, const std::string& value,
                        const std::string& help) {
    app_->add_option(flag, into, help)->type_name(value)->allow_extra_args(false);
    return *this;
}

Verb& Verb::values(const std::string& flag, std::vector<std::string>& into, int fewest, int most,
                   const std::string& value, const std::string& help) {
    filled(app_->add_option(flag, into, help))->type_name(value)->expected(fewest, most);
    return *this;
}

Verb& Verb::choice(const std::string& flag, std::string& into, std::vector<std::string> of, const std::string& help) {
    add_choice(*app_, flag, into, std::move(of), help);
    return *this;
}

Verb& Verb::flag(const std::string& flag, bool& into, const std::string& help) {
    app_->add_flag(flag, into, help);
    return *this;
}

Verb& Verb::either(const std::string& first, const std::string& second) {
    app_->get_option(first)->excludes(app_->get_option(second));
    return *this;
}

Verb& Verb::command(std::vector<std::string>& into) {
    commands_->emplace(app_, &into);
    return *this;
}

Verb& Verb::hidden() {
    app_->group("");
    return *this;
}

void Verb::runs(Action action) {
    app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

CommandLine::CommandLine()
    : root_(std::make_unique<CLI::App>(
          "Local OAuth tokens: programs get them without a secret, people decide who gets which.", "jeton")) {
    root_->require_subcommand(1);
    root_->set_help_flag("-h,--help", "Show this help; behind a verb: that verb's");
    root_->set_version_flag("--version", fmt::format("jeton {}", protocol::version), "Show the version");
    add_globals(*root_);
    root_->footer(
        "A verb marked ! asks \"Confirm and Continue\"; without a terminal it needs --yes.\n"
        "Exit codes: 0 done, 1 refused, 2 usage, 3 unreachable, 4 sealed or uninitialised, 5 changes pending.\n"
        "Secrets are read from stdin, never from the command line.\n\n"
        "Example:\n  jeton token dispatcher/1234567@integration");
}

CommandLine::~CommandLine() = default;

void CommandLine::add_globals(CLI::App& app) {
    const auto* group = app.get_parent() == nullptr ? "Options" : "Global options";
    app.add_flag("--user", globals_.user, "Talk to your own jetond")->group(group);
    app.add_flag("--system", globals_.system, "Talk to the system's jetond")->group(group);
    app.add_flag("--json", globals_.json, "Print the daemon's JSON document, nothing else")->group(group);
    app.add_flag("--yes", globals_.yes, "Confirm what would be asked")->group(group);
    app.add_flag("--quiet", globals_.quiet, "Print results only, no remarks")->group(group);
    add_choice(app, "--color", globals_.color, {"auto", "always", "never"}, "Colour the output; always beats NO_COLOR")
        ->group(group);
}

CLI::App& CommandLine::app_at(std::string_view path) {
    auto* app = root_.get();
    while (!path.empty()) {
        const auto space = std::min(path.find(' '), path.size());
        const std::string word{path.substr(0, space)};
        path.remove_prefix(std::min(space + 1, path.size()));
        const auto found = app->get_subcommands([&word](const CLI::App* below) { return below->get_name() == word; });
        if (found.empty()) {
            app = app->add_subcommand(word);
            add_globals(*app);
        } else {
            app = found.front();
        }
    }
    return *app;
}

void CommandLine::noun(std::string_view path, const std::string& about) {
    auto& app = app_at(path);
    app.description(about);
    app.require_subcommand(1);
}

Verb CommandLine::verb(std::string_view path, const std::string& about, const std::string& example) {
    auto& app = app_at(path);
    app.description(about);
    app.footer("Example:\n  " + example);
    return Verb{app, chosen_, commands_};
}

CommandLine::Parsed CommandLine::parse(int argc, const char* const* argv) {
    // `jeton help token`, as many programs have it, is `jeton token --help`.
    std::vector<const char*> asks_for_help;
    if (argc > 1 && argv[1] == std::string_view{"help"}) {
        asks_for_help.assign(argv, argv + argc);
        asks_for_help.erase(asks_for_help.begin() + 1);
        asks_for_help.push_back("--help");
        argv = asks_for_help.data();
    }
    // The command line of another program is no words of ours, whatever they look like.
    const auto* const all = argv + argc;
    const auto* const separator =
        std::find_if(argv, all, [](const char* word) { return word == std::string_view{"--"}; });
    const auto takes_command = [&](const auto& entry) {
        return std::find(argv + 1, separator, entry.first->get_name()) != separator;
    };
    const bool with_command = separator != all && std::ranges::any_of(commands_, takes_command);
    if (with_command) argc = static_cast<int>(separator - argv);
    std::vector<const char*> words;
    if (separator == all) {
        words = with_key_ids_last(argc, argv);
        argc = static_cast<int>(words.size());
        argv = words.data();
    }
    const auto usage = [&](const std::string& what, const std::string& next) {
        const bool as_json = contains_word(argc, argv, "--json");
        return Parsed{std::nullopt, exit_code::usage, {}, error_text("usage", what, next, as_json)};
    };
    // An empty value behind `=` would take the next word for its own.
    const auto* const last = argv + argc;
    const auto* const empty = std::find_if(
        argv, last, [](std::string_view word) { return word.starts_with("--") && word.find('=') == word.size() - 1; });
    if (empty != last) {
        return usage(fmt::format("{} gives nothing: {}", printable(*empty), fill_or_leave_out),
                     "where '' takes away what is there, write it with a blank: --ca-file ''");
    }
    try {
        root_->parse(argc, argv);
        if (globals_.user && globals_.system)
            return usage("--user and --system exclude each other", "give one of them");
        const auto& at = deepest(*root_);
        if (const auto found = commands_.find(&at); found != commands_.end()) {
            if (!with_command) return usage("there is no command to run", full_name(at) + " … -- COMMAND");
            found->second->assign(separator + 1, all);
        } else if (with_command) {
            return usage(full_name(at) + " runs no command", full_name(at) + " --help");
        }
        return {chosen_, exit_code::done, {}, {}};
    } catch (const CLI::CallForHelp&) {
        if (const auto unknown = root_->remaining(true); !unknown.empty()) {
            std::string next;
            const auto what = unknown_word(deepest(*root_), unknown.front(), next);
            return usage(what, next);
        }
        return {std::nullopt, exit_code::done, root_->help(), {}};
    } catch (const CLI::CallForVersion& version) {
        return {std::nullopt, exit_code::done, std::string{version.what()} + "\n", {}};
    } catch (const CLI::ParseError& problem) {
        const auto& at = deepest(*root_);
        std::string next = full_name(at) + " --help";
        if (commands_.contains(&at) && !with_command)
            return usage(full_name(at) + " takes its command behind --", full_name(at) + " … -- COMMAND");
        if (const auto unknown = root_->remaining(true); !unknown.empty()) {
            const auto what = unknown_word(at, unknown.front(), next);
            return usage(what, next);
        }
        if (!verbs_of(at).empty()) {
            const auto what = no_verb(at, next);
            return usage(what, next);
        }
        return usage(fmt::format("{}: {}", full_name(at), printable(problem.what())), next);
    }
}

}  // namespace jeton::cli
