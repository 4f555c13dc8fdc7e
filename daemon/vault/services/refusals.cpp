#include "daemon/vault/services/refusals.hpp"

#include <algorithm>
#include <chrono>

namespace jeton::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds pause_limit = 5min;
constexpr std::size_t refusals_limit = 10'000;

std::chrono::seconds pause_after(const Error& error, int count) {
    const auto first = error.code == Errc::temporarily_unavailable ? 2s : 30s;
    return std::min(pause_limit, first * (1 << std::min(count - 1, 8)));
}

}  // namespace

bool Refusals::note(const std::string& what, const std::string& connection, const Error& error, const Clock& clock) {
    if (refusals_.size() >= refusals_limit)
        std::erase_if(refusals_, [&](const auto& entry) { return entry.second.until.passed(clock); });
    auto& refusal = refusals_[what];
    if (refusal.count == 0) refusal.since = clock.now();
    ++refusal.count;
    refusal.error = error;
    refusal.connection = connection;
    refusal.until = Deadline::after(clock, pause_after(error, refusal.count));
    return refusal.count == 1;
}

void Refusals::forget_connection(const std::string& connection) {
    std::erase_if(refusals_, [&](const auto& entry) { return entry.second.connection == connection; });
}

const Refusals::Refusal* Refusals::find(const std::string& what) const {
    const auto at = refusals_.find(what);
    return at == refusals_.end() ? nullptr : &at->second;
}

std::optional<Error> Refusals::standing(const std::string& what, const Clock& clock) const {
    const auto* refusal = find(what);
    if (refusal == nullptr || refusal->until.passed(clock)) return std::nullopt;
    auto error = refusal->error;
    if (error.retry_after || error.code == Errc::mismatch)
        error.retry_after = static_cast<int>(refusal->until.left(clock).count());
    return error;
}

}  // namespace jeton::vault
