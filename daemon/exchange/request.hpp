/// What the vault asks for: one token request, checked before anything goes to the network.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"

namespace jeton::exchange {

inline constexpr std::chrono::milliseconds longest_request{30'000};
inline constexpr std::string_view no_memory = "there is no memory for another token request";

enum class ClientAuth { post, basic };

/// One request in flight holds exactly one secret: `secret`, and once more inside `body` or `password`.
struct TokenRequest {
    std::string endpoint;  ///< https://…, or http://… to the loopback where the environment allows it
    std::string host;      ///< of the endpoint with its port where one is given; for people
    bool encrypted = true;
    ClientAuth client_auth = ClientAuth::post;
    SecretText secret;
    SecretText user;          ///< Basic only: form-encoded (RFC 6749 §2.3.1)
    SecretText password;      ///< Basic only: likewise
    SecretText body;          ///< application/x-www-form-urlencoded
    std::string authorities;  ///< the only accepted ones, as PEM; empty: the system's
    std::string proxy;        ///< `http://HOST:PORT` that is asked for a tunnel to the endpoint; empty: none
    std::chrono::milliseconds timeout{10'000};
};

struct Asked {
    std::int64_t id;
    /// Refuses `bad_input` (`what` names the member, never a value) and, with `no_memory`, `temporarily_unavailable`.
    Result<TokenRequest> request;
};

/// Reads one frame of the vault. Throws FrameFault where it is no JSON object with an `id`: then there is nobody to
/// answer.
[[nodiscard]] Asked read_request(std::string_view payload);

/// `application/x-www-form-urlencoded` of one value (WHATWG URL §5.2, as RFC 6749 appendix B asks): all but
/// `[A-Za-z0-9._*-]` becomes `%XX`; a space, too, because every decoder reads `%20`.
void append_form_encoded(SecretText& into, std::string_view value);

}  // namespace jeton::exchange
