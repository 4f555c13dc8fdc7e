/// A client secret: shown once, afterwards known by its prefix (S17).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

inline constexpr std::size_t secret_prefix_size = 8;    ///< characters that stay readable
inline constexpr std::size_t active_secrets_limit = 2;  ///< the portal's own (S17)

/// `verifier`: of a local environment, never recoverable. `value`: of an upstream environment, needed to exchange it.
enum class SecretKind { verifier, value };
enum class SecretState { active, deactivated };

[[nodiscard]] std::string_view name_of(SecretKind kind);
[[nodiscard]] std::optional<SecretKind> secret_kind(std::string_view name);
[[nodiscard]] std::string_view name_of(SecretState state);
[[nodiscard]] std::optional<SecretState> secret_state(std::string_view name);

struct Secret {
    SecretId id;
    ConnectionId connection;
    SecretKind kind = SecretKind::verifier;
    std::string prefix;  ///< the first `secret_prefix_size` characters
    SecretState state = SecretState::active;
    Bytes sealed;  ///< the verifier or the value, sealed under the environment's data key
    UtcSeconds created_at{};
    std::string created_by;                    ///< user name, or the uid in digits
    std::optional<UtcSeconds> deactivates_at;  ///< the end of an overlap
    std::int64_t key_generation = 1;           ///< of the data key that `sealed` is under
    std::string destination;  ///< of a `value`: what it was imported for, as a digest; empty: what its environment was
                              ///< made with (a row older than schema 3)

    /// Active at `now`: not deactivated, and its deadline (where it has one) not reached.
    [[nodiscard]] bool is_active(UtcSeconds now) const {
        return state == SecretState::active && (!deactivates_at || now < *deactivates_at);
    }
};

/// `jid.` and 25, `jcs.` and 50, `jak.` and 25, `jtk.` and 25 characters `[0-9a-z]`, the last six a checksum (T-9: ≥ 98
/// bits are random).
[[nodiscard]] std::string generate_client_id();
[[nodiscard]] SecretText generate_client_secret();
[[nodiscard]] std::string generate_app_key();
[[nodiscard]] SecretText generate_ticket();
/// Whether the checksum of a `value` that begins like one of these four is right, its length included; nothing where it
/// begins like none. A cheap test for scanners and typing errors.
[[nodiscard]] std::optional<bool> checksum_holds(std::string_view value);
/// The same where a value of another kind counts as wrong.
[[nodiscard]] inline bool has_valid_checksum(std::string_view value) { return checksum_holds(value).value_or(false); }

/// Takes the white space off both ends that pasting brings (P9, S37).
[[nodiscard]] std::string_view trim(std::string_view value);

}  // namespace jeton::vault
