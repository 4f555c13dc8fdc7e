/// What a client presented, put to the vault: it may be a guess.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/front/routes/client_throttle.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

/// A wrong guess is answered so long after it came: many times what the vault needs to look at it. So the time tells
/// nobody whether the client exists, and how much of it was looked at (T25).
inline constexpr std::chrono::milliseconds time_of_wrong_guess{20};

/// Asks the vault. Whoever presents too many wrong secrets is refused `too_many_requests`, without the vault being
/// asked; each wrong one counts. No `guess` where nothing was presented that could be wrong: then it only asks.
[[nodiscard]] Task<Answer> ask_for_client(Desk& desk, Question question, std::optional<ClientThrottle::Try> guess);

}  // namespace jeton::front
