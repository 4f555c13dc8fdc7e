/// The closed list of error codes of all sockets: their names on the wire, their HTTP status, the CLI's exit code.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace jeton::protocol {

enum class Errc {
    // control API
    bad_input,
    not_found,  ///< also: not yours to see
    forbidden,
    wrong_state,
    already_exists,
    confirmation_required,
    mismatch,  ///< what the upstream answered belongs to another tenant, client or environment
    // both sockets
    sealed,
    uninitialised,
    temporarily_unavailable,  ///< upstream down or cooling, disk full
    too_many_requests,
    server_error,
    // token socket, RFC 6749 §5.2, RFC 8707 §2 and RFC 7009 §2.2.1
    invalid_request,
    invalid_client,
    unauthorized_client,
    unsupported_grant_type,
    invalid_scope,
    invalid_target,
    unsupported_token_type,
};

struct ErrorWord {
    Errc code;
    std::string_view name;  ///< on the wire; never changes
    int status;             ///< HTTP
    int exit_code;          ///< of `jeton`: 1 refused, 4 sealed or uninitialised
};

inline constexpr std::array error_words{
    ErrorWord{Errc::bad_input, "bad_input", 400, 1},
    ErrorWord{Errc::not_found, "not_found", 404, 1},
    ErrorWord{Errc::forbidden, "forbidden", 403, 1},
    ErrorWord{Errc::wrong_state, "wrong_state", 409, 1},
    ErrorWord{Errc::already_exists, "already_exists", 409, 1},
    ErrorWord{Errc::confirmation_required, "confirmation_required", 409, 1},
    ErrorWord{Errc::mismatch, "mismatch", 409, 1},
    ErrorWord{Errc::sealed, "sealed", 503, 4},
    ErrorWord{Errc::uninitialised, "uninitialised", 503, 4},
    ErrorWord{Errc::temporarily_unavailable, "temporarily_unavailable", 503, 1},
    ErrorWord{Errc::too_many_requests, "too_many_requests", 429, 1},
    ErrorWord{Errc::server_error, "server_error", 500, 1},
    ErrorWord{Errc::invalid_request, "invalid_request", 400, 1},
    ErrorWord{Errc::invalid_client, "invalid_client", 400, 1},  // 401 for Basic and for the peer grant: routes/token
    ErrorWord{Errc::unauthorized_client, "unauthorized_client", 400, 1},
    ErrorWord{Errc::unsupported_grant_type, "unsupported_grant_type", 400, 1},
    ErrorWord{Errc::invalid_scope, "invalid_scope", 400, 1},
    ErrorWord{Errc::invalid_target, "invalid_target", 400, 1},
    ErrorWord{Errc::unsupported_token_type, "unsupported_token_type", 400, 1},
};

/// The word of a code; total, because the list is closed.
[[nodiscard]] constexpr const ErrorWord& word_of(Errc code) {
    for (const auto& word : error_words) {
        if (word.code == code) return word;
    }
    return error_words[0];
}

/// The code of a name read from a socket; nothing for a name that is not in the list.
[[nodiscard]] constexpr std::optional<ErrorWord> word_named(std::string_view name) {
    for (const auto& word : error_words) {
        if (word.name == name) return word;
    }
    return std::nullopt;
}

}  // namespace jeton::protocol
