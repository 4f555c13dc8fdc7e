/// A token answer that can be told again later: what is left of its life is filled in each time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/front/http/message.hpp"
#include "daemon/front/tokens/era.hpp"

namespace jeton::front {

/// What the vault granted. Holds an access token: overwritten when it goes.
struct Grant {
    Grant() = default;
    Grant(Grant&&) noexcept = default;
    Grant& operator=(Grant&&) noexcept = default;
    Grant(const Grant&) = delete;
    Grant& operator=(const Grant&) = delete;
    ~Grant();

    std::string access_token;
    std::string token_type;
    std::string scope;
    std::string connection;
    std::optional<std::string> app_key;
    std::chrono::seconds expires_in{};  ///< left when the vault answered
    std::chrono::seconds reuse{};       ///< how long the decision may be repeated; 0: not at all
    bool noted_each = false;  ///< the vault writes each use down before it is answered: nobody else may repeat it
    std::optional<std::string> secret_prefix;  ///< of the secret that authenticated
    std::optional<std::string> via;            ///< by what it was granted: "binding 3f2a9c01", for the audit

    /// `left` of `reuse`, as the caller is told it.
    [[nodiscard]] std::chrono::seconds callers_reuse(std::chrono::seconds left) const {
        return noted_each ? std::chrono::seconds{0} : left;
    }
};

/// RFC 6749 §5.1: `expires_in` is what is left; `no-store` and `Pragma`; `Jeton-Epoch: INSTANCE EPOCH SECONDS`, where
/// the seconds are those of `reuse` that the caller may use.
[[nodiscard]] Response token_response(const Grant& grant, const Era& era, std::chrono::seconds expires_in,
                                      std::chrono::seconds reuse);

}  // namespace jeton::front
