/// Reads the daemon's answer to a token request: a token, or why there is none.
#pragma once

#include <cstdint>
#include <ctime>

#include "libclient/http/response.hpp"
#include "libclient/library/problem.hpp"
#include "libclient/library/token.hpp"
#include "libclient/library/wish.hpp"

namespace jeton::library {

/// When a request left: what the answer's seconds are counted from, so that an answer that took long is not taken for
/// younger than it is.
struct Moment {
    std::uint64_t boot;  ///< CLOCK_BOOTTIME, nanoseconds
    std::time_t wall;    ///< CLOCK_REALTIME, seconds

    [[nodiscard]] static Moment now() noexcept;
};

/// The token of a 200 (RFC 6749 §5.1) with what its header Jeton-Epoch says, and no page yet. Refuses: what the daemon
/// refuses (JETON_E_REFUSED, JETON_E_UNAVAILABLE), what is no answer of a daemon (JETON_E_ANSWER).
[[nodiscard]] Result<TokenRef> read_answer(const client::Response& response, const Wish& wish, const Moment& asked);

}  // namespace jeton::library
