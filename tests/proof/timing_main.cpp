/// Does the time of a comparison tell where a guess is wrong? Two kinds of guesses by turns of a coin, and Welch's
/// t-test of their times: |t| above 4.5 says that they differ, by whatever a million samples can see (T25).
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "tests/proof/tally.hpp"

namespace {

using namespace jeton;         // NOLINT(google-build-using-namespace): a program's own main
using namespace jeton::proof;  // NOLINT(google-build-using-namespace)

constexpr double differs = 4.5;
constexpr std::size_t pilot = 20'000;  ///< samples that say which ones are the machine's doing, not the comparison's
constexpr double of_the_comparison = 0.9;  ///< of them; interrupts and the like are in the rest

using Comparison = std::function<bool(std::string_view)>;

/// Mean and variance as they come (Welford).
class Moments {
public:
    void add(double sample) {
        ++count_;
        const double off = sample - mean_;
        mean_ += off / count_;
        squares_ += off * (sample - mean_);
    }
    [[nodiscard]] double mean() const { return mean_; }
    [[nodiscard]] double error() const { return squares_ / (count_ - 1) / count_; }  ///< of the mean, squared

private:
    double count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

double nanoseconds(const Comparison& comparison, std::string_view guess) {
    const auto began = std::chrono::steady_clock::now();
    const bool is_right = comparison(guess);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    if (is_right) throw std::logic_error("a wrong guess was right");
    return took.count();
}

struct Difference {
    double t;
    double nanoseconds;
};

/// Of guesses that are wrong in their first byte, and in their last.
Difference difference(const Comparison& comparison, std::string_view right, std::uint64_t samples) {
    std::array<std::string, 2> guesses{std::string{right}, std::string{right}};
    guesses[0].front() ^= 1;
    guesses[1].back() ^= 1;
    std::string guess{right};  // in one place, wherever it is wrong
    std::mt19937_64 random{1};
    const auto sample = [&](std::size_t kind) {
        std::memcpy(guess.data(), guesses.at(kind).data(), guess.size());
        return nanoseconds(comparison, guess);
    };
    std::vector<double> first;
    for (std::size_t i = 0; i < pilot; ++i) first.push_back(sample(random() % 2));
    const auto rank = first.begin() + static_cast<std::ptrdiff_t>(of_the_comparison * pilot);
    std::ranges::nth_element(first, rank);
    const double longest = *rank;
    std::array<Moments, 2> kinds;
    for (std::uint64_t i = 0; i < samples; ++i) {
        const std::size_t kind = random() % 2;
        if (const double took = sample(kind); took <= longest) kinds.at(kind).add(took);
    }
    const double apart = kinds[1].mean() - kinds[0].mean();
    return {apart / std::sqrt(kinds[0].error() + kinds[1].error()), apart};
}

void compare(Tally& tally, const std::string& name, bool must_differ, const Comparison& comparison,
             std::string_view right, std::uint64_t samples) {
    const auto found = difference(comparison, right, samples);
    const auto told = fmt::format("t = {:.2f}, {:.2f} ns apart", found.t, found.nanoseconds);
    const bool is_as_it_should = (std::abs(found.t) > differs) == must_differ;
    tally.say(name, is_as_it_should ? "" : told);
    std::cout << fmt::format("    {}, {} samples\n", told, samples);
}

/// What nobody may do: it ends where the texts differ.
[[gnu::noinline]] bool equal_in_haste(std::string_view left, std::string_view right) {
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i] != right[i]) return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Looks in the times of comparisons for where a guess is wrong."};
    std::uint64_t samples = 1'000'000;
    app.add_option("--samples", samples, "of each comparison");
    CLI11_PARSE(app, argc, argv);
    Tally tally;
    const std::string secret = "cs1." + std::string(40, 'x');
    const auto key = vault::DataKey::generate();
    const vault::SealedPlace place{.table = "secrets", .id = "one", .environment = "one"};
    const auto sealed = vault::make_verifier(key, place, secret);
    compare(
        tally, "T25: a local secret's verifier", false,
        [&](std::string_view guess) { return vault::check_verifier(key, place, sealed, guess); }, secret, samples);
    compare(
        tally, "T25: an imported secret", false,
        [&](std::string_view guess) { return equal_constant_time(secret, guess); }, secret, samples);
    compare(
        tally, "control: a comparison that ends early is seen", true,
        [&](std::string_view guess) { return equal_in_haste(secret, guess); }, secret, samples);
    std::cout << fmt::format("{} passed, {} failed, 0 skipped\n", tally.passed, tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
