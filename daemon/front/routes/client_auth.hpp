/// How a client says who it is at the token endpoint (RFC 6749 §2.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/client_throttle.hpp"
#include "daemon/front/routes/form.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::front {

enum class ClientAuth {
    peer,       ///< nothing but the process itself, with or without a client_id
    basic,      ///< `Authorization: Basic`
    post,       ///< client_id and client_secret in the form
    assertion,  ///< client_assertion, with or without a client_id (RFC 7523 §2.2)
};

/// What was presented. Overwritten when it goes.
struct Credentials {
    Credentials() = default;
    Credentials(Credentials&&) noexcept = default;
    Credentials& operator=(Credentials&&) noexcept = default;
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;
    ~Credentials();

    ClientAuth method = ClientAuth::peer;
    std::optional<std::string> client_id;
    std::optional<std::string> client_secret;
    std::optional<std::string> client_assertion;
};

/// The form's method without looking further: decides how a refusal is told.
[[nodiscard]] ClientAuth method_of(const Form& form, const std::optional<std::string_view>& authorization);

/// Refuses `invalid_request` (two authentications, a secret without a client_id), `invalid_client` (any other
/// Authorization, half an assertion or one of another kind: it excludes the peer grant).
[[nodiscard]] Result<Credentials> read_credentials(const Form& form,
                                                   const std::optional<std::string_view>& authorization);

/// What the vault authenticates a client by: `host`, `auth`, and `environment` and `connection` where they are named;
/// in `protocol::wiped_storage()`. Refuses like `read_credentials`.
[[nodiscard]] Result<protocol::json::object> read_client(const Request& request, const Form& form,
                                                         const std::optional<std::string>& environment);

/// The secret or the assertion in what `read_client` read, as one try of `user`: it may be a guess. Nothing where none
/// is presented. An assertion without a client_id beside it is not opened here: those of one user count together.
[[nodiscard]] std::optional<ClientThrottle::Try> guess_in(std::uint64_t user, const protocol::json::object& client);

}  // namespace jeton::front
