/// Wrong passphrases and recovery keys: from the third in a row on, each makes everybody wait longer.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"

namespace jeton::vault {

/// Of one store, not of one user: who asks is what the front says. In memory; a restart forgets it. One thread.
class Guesses {
public:
    static constexpr int free_of_charge = 2;  ///< wrong ones in a row that cost no time
    static constexpr std::chrono::seconds pause_max{300};

    /// Refuses `temporarily_unavailable`, with how long to wait.
    [[nodiscard]] Result<void> allowed(const Clock& clock) const;
    void wrong(const Clock& clock);
    /// Forgets the wrong ones before it; how many they were.
    int right();

private:
    int wrong_ = 0;
    std::optional<Deadline> pause_;
};

}  // namespace jeton::vault
