/// A vault and the model of it walk through the same life; after each step they must agree.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>

#include "tests/proof/disk.hpp"
#include "tests/proof/life.hpp"
#include "tests/proof/model.hpp"
#include "tests/proof/vault.hpp"

namespace jeton::proof {

/// Where every life begins: made once, for it takes as long as some dozen steps.
struct Stage {
    explicit Stage(Rules rules);
    Files files;
    HandClock clock;
    Model model;
};

class Walk {
public:
    Walk(std::uint64_t seed, const Stage& stage, Rules rules);

    /// Nothing: they agree. Else in what they do not.
    std::optional<std::string> take(const Step& step);
    /// The same for everything that programs can present and everybody can see.
    std::optional<std::string> compare_all();

    struct Counts {
        long steps = 0;
        long done = 0;
        long faults = 0;   ///< that reached a change
        long answers = 0;  ///< that were compared
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    void start();
    std::optional<std::string> ask(const Step& step);
    std::optional<std::string> rotate_key(const Step& step);
    std::optional<std::string> restart(bool cleanly);
    /// What an answer says beside its word.
    std::optional<std::string> compare_token(const Step& step, const Answer& answer);
    std::optional<std::string> compare_connections();
    std::optional<std::string> compare_sights();
    std::optional<std::string> compare_decision(Step step);
    std::optional<std::string> compare_tokens(bool all);
    std::optional<std::string> compare_some();

    Rules rules_;
    Place place_;
    HandClock clock_;
    Disk disk_;
    std::unique_ptr<Vault> vault_;
    Model model_;
    std::mt19937_64 dice_;
    Counts counts_;
};

}  // namespace jeton::proof
