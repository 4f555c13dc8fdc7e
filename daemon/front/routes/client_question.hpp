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

/// The secret or the assertion in what `read_client` read, if there is one: it may be a guess. Refuses
/// `too_many_requests` to whoever has presented too many wrong ones; nothing else need be done for it then.
[[nodiscard]] Result<std::optional<ClientThrottle::Try>> allowed_guess(Desk& desk, const Caller& caller,
                                                                       const json::object& client);

/// Asks the vault; a guess that is wrong counts, and its refusal comes when its time has come.
[[nodiscard]] Task<Answer> ask_for_client(Desk& desk, Question question, std::optional<ClientThrottle::Try> guess);

}  // namespace jeton::front
