#include "cli/grammar.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace jeton::cli {
namespace {

bool is_hidden(const CLI::App& app) { return app.get_group().empty(); }

}  // namespace

std::vector<const CLI::App*> verbs_below(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* below) { return !is_hidden(*below); });
}

const CLI::App* verb_below(const CLI::App& app, std::string_view name) {
    const auto found = app.get_subcommands([name](const CLI::App* below) { return below->get_name() == name; });
    return found.empty() ? nullptr : found.front();
}

std::string verb_name(const CLI::App& app) {
    if (app.get_parent() == nullptr) return {};
    const auto above = verb_name(*app.get_parent());
    return above.empty() ? app.get_name() : above + " " + app.get_name();
}

std::vector<const CLI::Option*> options_at(const CLI::App& app) {
    return app.get_options([](const CLI::Option* option) { return option->nonpositional(); });
}

const CLI::Option* option_of(const CLI::App& app, std::string_view name) {
    const auto all = options_at(app);
    const auto found = std::ranges::find_if(all, [name](const CLI::Option* option) {
        return std::ranges::any_of(option->get_lnames(), [name](const auto& one) { return "--" + one == name; }) ||
               std::ranges::any_of(option->get_snames(), [name](const auto& one) { return "-" + one == name; });
    });
    return found == all.end() ? nullptr : *found;
}

std::vector<const CLI::Option*> arguments_at(const CLI::App& app) {
    return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::string name_of(const CLI::Option& option) {
    return option.nonpositional() ? "--" + option.get_lnames().front() : option.get_name(true);
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

int values_of(const CLI::Option& option) {
    const bool one_each = may_be_repeated(option) && !option.get_allow_extra_args();
    return one_each ? 1 : option.get_items_expected_max();
}

bool may_be_repeated(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

std::vector<std::string> choices_of(const CLI::Option& option) {
    const auto type = option.get_type_name();
    const auto words = type.substr(0, type.find(' '));
    const bool stands_for_something = std::ranges::any_of(words, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (words.empty() || (stands_for_something && !words.contains('|'))) return {};
    return CLI::detail::split(words, '|');
}

std::string first_line(std::string_view text) { return std::string{text.substr(0, text.find('\n'))}; }

}  // namespace jeton::cli
