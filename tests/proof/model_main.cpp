/// The seeded model test: random lives of client IDs and secrets, step by step in the vault and in a model of it that
/// knows nothing but the rules.
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/issuer/libcrypto.hpp"
#include "tests/proof/tally.hpp"
#include "tests/proof/walk.hpp"

namespace {

using namespace jeton;         // NOLINT(google-build-using-namespace): a program's own main
using namespace jeton::proof;  // NOLINT(google-build-using-namespace)

constexpr std::size_t steps_of_a_life = 40;

struct Divergence {
    std::string what;
    std::vector<Step> steps;  ///< up to the one at which it shows
};

std::optional<Divergence> live(std::uint64_t seed, const std::vector<Step>& steps, const Rules& rules,
                               const Stage& stage, Walk::Counts& counts) {
    Divergence seen;
    try {
        Walk walk{seed, stage, rules};
        std::optional<std::string> wrong;
        for (const auto& step : steps) {
            seen.steps.push_back(step);
            if (wrong = walk.take(step); wrong) break;
        }
        if (!wrong) wrong = walk.compare_all();
        counts.steps += walk.counts().steps;
        counts.done += walk.counts().done;
        counts.faults += walk.counts().faults;
        counts.answers += walk.counts().answers;
        if (!wrong) return std::nullopt;
        seen.what = *wrong;
    } catch (const std::exception& fault) {
        seen.what = fmt::format("thrown: {}", fault.what());
    }
    return seen;
}

/// Leaves out what it does not need to show.
Divergence shortest(std::uint64_t seed, Divergence seen, const Rules& rules, const Stage& stage) {
    Walk::Counts ignored;
    for (std::size_t part = std::max<std::size_t>(1, seen.steps.size() / 2); part > 0; part /= 2) {
        for (std::size_t first = 0; first + part <= seen.steps.size();) {
            auto fewer = seen.steps;
            const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(first);
            fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(part));
            if (auto still = live(seed, fewer, rules, stage, ignored)) {
                seen = *std::move(still);
            } else {
                first += part;
            }
        }
    }
    return seen;
}

std::string told(std::uint64_t seed, const Divergence& seen) {
    auto text = fmt::format("seed {}: {}", seed, seen.what);
    for (const auto& step : seen.steps) text += "\n    " + described(step);
    return text;
}

void agree(Tally& tally, std::uint64_t first, std::uint64_t count) {
    const Stage stage{{}};
    Walk::Counts counts;
    std::string why;
    const auto start = std::chrono::steady_clock::now();
    Progress progress;
    int diverged = 0;
    for (auto seed = first; seed < first + count && diverged < 3; ++seed) {
        progress.tell(
            [&] { return fmt::format("{} of {} lives{}{}", seed - first, count, why.empty() ? "" : "; ", why); });
        // Every third without a disk that fails: where one does, less is done.
        auto seen = live(seed, life_of(seed, steps_of_a_life, seed % 3 != 0), {}, stage, counts);
        if (!seen) continue;
        ++diverged;
        why += (why.empty() ? "" : "\n    ") + told(seed, shortest(seed, *std::move(seen), {}, stage));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    tally.say("vault and model agree after every step of random lives", why);
    std::cout << fmt::format(
        "    {} seeds from {}, {} steps ({} done, {} met a disk that failed), {} answers compared, "
        "{:.1f} s\n",
        count, first, counts.steps, counts.done, counts.faults, counts.answers, took.count());
}

/// A rule that is wrong in the model must be seen: else nobody looks at it.
void must_differ(Tally& tally, const std::string& name, const Rules& rules) {
    constexpr std::uint64_t seeds = 40;
    const Stage stage{rules};
    Walk::Counts counts;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto seen = live(seed, life_of(seed, steps_of_a_life, true), rules, stage, counts);
        if (!seen) continue;
        tally.say(name);
        std::cout << fmt::format("    by seed {}: {}\n", seed, seen->what);
        return;
    }
    tally.say(name, fmt::format("{} seeds did not see it", seeds));
}

void see_wrong_rules(Tally& tally) {
    must_differ(tally, "control: a third active secret is seen", {.active_secrets = 3});
    must_differ(tally, "control: tokens in spite of a pause are seen", {.pause_stops_tokens = false});
    must_differ(tally, "control: new scopes without Allow are seen", {.upgrade_needs_allow = false});
    must_differ(tally, "control: an end that is taken back by a clock is seen", {.passed_stays_passed = false});
    must_differ(tally, "control: a replaced secret that ends at once is seen", {.both_work_in_overlap = false});
    must_differ(tally, "control: what a failed disk refused and kept is seen", {.refused_leaves_nothing = false});
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Walks a vault and a model of it through random lives; after every step they must agree."};
    std::vector<std::uint64_t> seeds{1, 200};
    bool controls = true;
    app.add_option("--seeds", seeds, "the first seed, and how many")->expected(2)->type_name("FIRST COUNT");
    app.add_flag("!--no-controls", controls, "without the wrong rules that must be seen");
    CLI11_PARSE(app, argc, argv);
    vault::prepare_libcrypto();
    log::set_level(log::Level::error);
    Tally tally;
    agree(tally, seeds[0], seeds[1]);
    if (controls) see_wrong_rules(tally);
    std::cout << fmt::format("{} passed, {} failed, 0 skipped\n", tally.passed, tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
