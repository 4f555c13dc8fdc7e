#include "daemon/vault/services/guesses.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace jeton::vault {

Result<void> Guesses::allowed(const Clock& clock) const {
    if (!pause_ || pause_->passed(clock)) return {};
    const auto left = pause_->left(clock).count();
    auto error = refuse(Errc::temporarily_unavailable,
                        fmt::format("{} wrong passphrases or recovery keys in a row: none is tried now", wrong_),
                        fmt::format("try again in {} s", left));
    error.retry_after = static_cast<int>(left);
    return error;
}

void Guesses::wrong(const Clock& clock) {
    ++wrong_;
    if (wrong_ <= free_of_charge) return;
    auto pause = std::chrono::seconds{1};
    for (int i = free_of_charge + 1; i < wrong_ && pause < pause_max; ++i) pause *= 2;
    pause_ = Deadline::after(clock, std::min(pause, pause_max));
}

int Guesses::right() {
    pause_.reset();
    return std::exchange(wrong_, 0);
}

}  // namespace jeton::vault
