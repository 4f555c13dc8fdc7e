/// Client authentication by a signed assertion: RFC 7523 §2.2 and §3 as draft-ietf-oauth-rfc7523bis narrows them
/// (T-18).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/client_key.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

inline constexpr std::size_t assertion_bytes_max = 8192;
inline constexpr std::size_t jti_bytes_max = 255;
inline constexpr std::chrono::seconds assertion_life_max{3600};  ///< until `exp`; what was shown is kept as long behind
inline constexpr std::chrono::seconds assertion_skew{30};        ///< that `iat` and `nbf` may be ahead of our clock
inline constexpr std::int64_t assertions_per_client_max = 20'000;  ///< that are remembered at a time

/// What an assertion says, not believed yet. Nothing of its header but `alg`, `typ`, `kid` and `crit` is looked at.
struct ClientAssertion {
    std::string_view signed_part;  ///< of the text it was read from
    Bytes signature;
    boost::json::object header;
    boost::json::object claims;
    std::string client_id;  ///< `sub`, which is `iss` as well
};

/// Refuses with a plain sentence for the operator: too long, no JWS in compact form, JSON that is not strict, `crit`,
/// another `typ`, `iss` and `sub` that are missing or differ.
[[nodiscard]] Result<ClientAssertion> read_client_assertion(std::string_view text);

/// When the assertion was shown: by the wall clock that its times were made of, and by the time that ends are judged by
/// (T48).
struct ShownAt {
    UtcSeconds wall{};
    UtcSeconds judged{};
};

/// The key of the connection that signed it, where everything about it holds: signature, algorithm, `kid`, `aud`,
/// times, `jti`. Without `at` its times held when it was shown: the request has waited since. Refuses likewise.
[[nodiscard]] Result<ClientKey> check_client_assertion(Transaction& tx, const FoundConnection& found,
                                                       const ClientAssertion& assertion, std::optional<ShownAt> at);

/// Remembers that it was shown, durably with the commit. Refuses: invalid_client where it was before;
/// temporarily_unavailable where this client has shown too many that live.
[[nodiscard]] Result<void> use_client_assertion(Transaction& tx, const FoundConnection& found,
                                                const ClientAssertion& assertion, ShownAt at);

}  // namespace jeton::vault
