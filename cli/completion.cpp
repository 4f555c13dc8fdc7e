/// The walk over the grammar.
#include "cli/completion.hpp"

#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>

#include "cli/grammar.hpp"

namespace jeton::cli {
namespace {

/// A command line as far as it is typed.
class Walk {
public:
    explicit Walk(const CLI::App& program) : at_(&program) {}

    void over(const std::string& word) {
        if (behind_separator_) {
            ++behind_;
        } else if (word == "--") {
            behind_separator_ = true;
        } else if (left_of_value_ > 0 && (must_have_value_ || !word.starts_with('-'))) {
            --left_of_value_;
            must_have_value_ = false;
        } else if (word.starts_with('-')) {
            over_option(word);
        } else if (const auto* below = verb_below(*at_, word)) {
            at_ = below;
        } else {
            is_lost_ = is_lost_ || !verbs_below(*at_).empty();
            found_.arguments.push_back(word);
        }
    }

    Completion to(const std::string& word) && {
        found_.typed = word;
        if (is_lost_) {
            found_.source = Source::free_text;
        } else if (behind_separator_) {
            found_.source = behind_ == 0 ? Source::commands : Source::files;
        } else if (left_of_value_ > 0 && must_have_value_) {
            value(*option_, "");
        } else if (word.starts_with('-')) {
            const auto equals = word.find('=');
            const auto* option = equals == std::string::npos ? nullptr : option_of(*at_, word.substr(0, equals));
            if (option != nullptr && takes_value(*option)) {
                found_.typed = word.substr(equals + 1);
                value(*option, word.substr(0, equals + 1));
            } else if (equals == std::string::npos) {
                options();
            }
        } else if (left_of_value_ > 0) {
            value(*option_, "");
        } else {
            verbs();
            argument();
        }
        return std::move(found_);
    }

private:
    void over_option(const std::string& word) {
        const auto equals = word.find('=');
        const auto* option = option_of(*at_, word.substr(0, equals));
        left_of_value_ = 0;
        must_have_value_ = false;
        if (option == nullptr) return;
        seen_.insert(option);
        const auto name = name_of(*option);
        // `--user` alone is the daemon; with a value it is another user.
        if (!takes_value(*option) && name == "--user") found_.user = true;
        if (!takes_value(*option) && name == "--system") found_.system = true;
        if (equals != std::string::npos || !takes_value(*option)) return;
        option_ = option;
        left_of_value_ = values_of(*option);
        must_have_value_ = true;
    }

    void offer(const std::string& word, const std::string& about) {
        if (word.starts_with(found_.typed)) found_.candidates.push_back({found_.prefix + word, first_line(about)});
    }

    void verbs() {
        for (const auto* below : verbs_below(*at_)) offer(below->get_name(), below->get_description());
    }

    void options() {
        for (const auto* option : options_at(*at_)) {
            const bool again = seen_.contains(option) && !may_be_repeated(*option);
            const bool excluded = std::ranges::any_of(
                option->get_excludes(), [this](const CLI::Option* other) { return seen_.contains(other); });
            if (!again && !excluded) offer(name_of(*option), option->get_description());
        }
    }

    /// The next word without an option; where the verb takes none any more, its options are what can follow.
    void argument() {
        const auto all = arguments_at(*at_);
        if (all.empty() && !verbs_below(*at_).empty()) return;
        const bool more = found_.arguments.size() < all.size();
        if (!more && (all.empty() || !may_be_repeated(*all.back()))) {
            if (found_.typed.empty()) options();
            return;
        }
        value(*all[more ? found_.arguments.size() : all.size() - 1], "");
    }

    void value(const CLI::Option& option, const std::string& prefix) {
        found_.prefix = prefix;
        const bool is_first = option_ == nullptr || must_have_value_ || !prefix.empty();
        const auto choices = is_first ? choices_of(option) : std::vector<std::string>{};
        for (const auto& choice : choices) offer(choice, "");
        if (choices.empty()) found_.source = source_of(verb_name(*at_), name_of(option));
    }

    const CLI::App* at_;
    const CLI::Option* option_ = nullptr;  ///< whose values may stand next
    int left_of_value_ = 0;                ///< so many of them
    bool must_have_value_ = false;         ///< whatever it looks like
    bool is_lost_ = false;                 ///< a word stood where only verbs can stand, and was none
    bool behind_separator_ = false;
    std::size_t behind_ = 0;
    std::set<const CLI::Option*> seen_;
    Completion found_;
};

}  // namespace

Completion complete(const CLI::App& program, const std::vector<std::string>& words) {
    Walk walk{program};
    if (words.empty()) return std::move(walk).to("");
    for (std::size_t i = 0; i + 1 < words.size(); ++i) walk.over(words[i]);
    return std::move(walk).to(words.back());
}

}  // namespace jeton::cli
