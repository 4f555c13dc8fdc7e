#include "cli/apply_run.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/apply_report.hpp"
#include "cli/apply_step.hpp"
#include "cli/stop_signals.hpp"
#include "cli/text.hpp"

namespace jeton::cli {
namespace {

/// Not about this object: the next one would fare no better.
bool ends_all(const Failure& failure) {
    constexpr std::array codes{"temporarily_unavailable", "too_many_requests", "ambiguous", "usage"};
    return failure.exit_code == exit_code::unreachable || failure.exit_code == exit_code::sealed ||
           std::ranges::find(codes, failure.code) != codes.end();
}

/// What was in the way may have gone by what was done since: a host name, a default.
bool may_go_by(const Failure& failure) {
    constexpr std::array codes{"already_exists", "wrong_state", "not_found"};
    return std::ranges::find(codes, failure.code) != codes.end();
}

class Run {
public:
    Run(Context& context, const std::vector<Step>& steps, bool dry_run)
        : context_(context), steps_(steps), dry_run_(dry_run), outcomes_(steps.size()) {}

    int run() {
        for (std::size_t at = 0; at < steps_.size(); ++at) outcomes_[at] = planned(steps_[at]);
        const bool is_refused = count(StepResult::refused) > 0;
        if (!dry_run_ && is_refused) {
            hold_back("something is refused: nothing was changed");
        } else if (!dry_run_) {
            carry_all_out();
        }
        tell_all();
        return exit_code();
    }

private:
    /// How it ends if nothing is carried out.
    StepOutcome planned(const Step& step) const {
        StepOutcome outcome{.why = step.why, .next = step.next};
        switch (step.action) {
            case StepAction::none: outcome.result = StepResult::unchanged; break;
            case StepAction::keep: outcome.result = StepResult::kept; break;
            case StepAction::refuse: outcome.result = StepResult::refused; break;
            case StepAction::create:
            case StepAction::change:
            case StepAction::remove: outcome.result = dry_run_ ? StepResult::pending : StepResult::not_tried; break;
        }
        return outcome;
    }

    void hold_back(const std::string& why) {
        for (auto& outcome : outcomes_) {
            if (outcome.result == StepResult::not_tried) outcome.why = why;
        }
    }

    void carry_all_out() {
        const StopSignals stop;
        std::vector<std::size_t> left;
        for (std::size_t at = 0; at < steps_.size(); ++at) {
            if (outcomes_[at].result == StepResult::not_tried) left.push_back(at);
        }
        // Each round is worth it only by what the one before has done.
        for (bool goes_on = true; goes_on && !left.empty() && !failure_;) {
            const auto before = done_;
            std::erase_if(left, [&](std::size_t at) { return carry_out_one(at); });
            stopped_by_ = StopSignals::came();
            goes_on = done_ > before && stopped_by_ == 0;
        }
        if (stopped_by_ != 0 || failure_) hold_back("the run ended before it");
    }

    /// Whether there is nothing left to try.
    bool carry_out_one(std::size_t at) {
        if (failure_ || StopSignals::came() != 0) return false;
        const auto& step = steps_[at];
        auto& outcome = outcomes_[at];
        const auto tried = tried_after_.find(at);
        if (tried != tried_after_.end() && tried->second == done_) return false;  // nothing is different since
        tried_after_[at] = done_;
        for (const auto& [kind, name] : step.needs) {
            if (!lacking_.contains({kind, name})) continue;
            outcome = {.why = fmt::format("it needs {} {}, which was refused", word_of(kind), name)};
            lacking_.insert({step.kind, step.name});
            return false;
        }
        const auto done = carry_out(context_, step, std::int64_t{std::time(nullptr)});
        if (!done && ends_all(done.error())) {
            failure_ = done.error();
            return false;
        }
        if (!done) {
            outcome = {.result = StepResult::refused, .why = done.error().what, .next = done.error().next};
            if (step.action == StepAction::create) lacking_.insert({step.kind, step.name});
            return !may_go_by(done.error());
        }
        ++done_;
        lacking_.erase({step.kind, step.name});
        outcome = {.result = done->changed ? StepResult::done : StepResult::unchanged,
                   .why = step.why,
                   .warnings = done->warnings};
        tell(at);
        return true;
    }

    void tell(std::size_t at) {
        const auto& outcome = outcomes_[at];
        if (context_.options().json || outcome.result == StepResult::unchanged) return;
        const bool matters = outcome.result == StepResult::refused || outcome.result == StepResult::not_tried;
        if (context_.options().quiet && !matters) return;
        context_.write(text_of(steps_[at], outcome, context_.terminal()));
    }

    void tell_all() {
        if (context_.options().json) {
            json::array documents;
            for (std::size_t at = 0; at < steps_.size(); ++at)
                documents.push_back(document_of(steps_[at], outcomes_[at]));
            context_.write_line(json::value(std::move(documents)));
            return;
        }
        for (std::size_t at = 0; at < steps_.size(); ++at) {
            if (outcomes_[at].result != StepResult::done) tell(at);  // the others were told when they were done
        }
        context_.say(summary_of(outcomes_, dry_run_));
        remark();
    }

    void remark() const {
        const auto new_apps = std::ranges::count_if(steps_, [this](const Step& step) {
            const auto& outcome = outcomes_[static_cast<std::size_t>(&step - steps_.data())];
            return step.kind == Kind::app && step.action == StepAction::create && outcome.result == StepResult::done;
        });
        if (new_apps > 0) {
            context_.remark(
                "app keys were made: jeton app show APP; one that a portal gave must be there before: jeton "
                "app create APP … --app-key-stdin");
        }
        if (!dry_run_ && count(StepResult::refused) + count(StepResult::not_tried) > 0)
            context_.remark("what was done stays; the same command goes on with the rest");
    }

    std::ptrdiff_t count(StepResult result) const {
        return std::ranges::count(outcomes_, result, &StepOutcome::result);
    }

    int exit_code() const {
        if (failure_) return context_.fail(*failure_);
        if (stopped_by_ != 0 && count(StepResult::not_tried) > 0) return 128 + stopped_by_;
        if (count(StepResult::refused) + count(StepResult::not_tried) > 0) return exit_code::refused;
        return count(StepResult::pending) > 0 ? exit_code::pending : exit_code::done;
    }

    Context& context_;
    const std::vector<Step>& steps_;
    bool dry_run_;
    std::vector<StepOutcome> outcomes_;
    std::set<std::pair<Kind, std::string>> lacking_;  ///< what should have been made and is not there
    std::map<std::size_t, std::size_t> tried_after_;  ///< step → how many were done before it was tried
    std::size_t done_ = 0;
    std::optional<Failure> failure_;  ///< that ended the run
    int stopped_by_ = 0;              ///< a signal
};

}  // namespace

int run_plan(Context& context, const std::vector<Step>& steps, bool dry_run) {
    return Run{context, steps, dry_run}.run();
}

}  // namespace jeton::cli
