/// Asking the token socket for a token, as any OAuth client does (RFC 6749 §4.4): what `token` and `exec` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"

namespace jeton::cli {

/// What is asked for. The caller is who it is: nothing is presented.
struct TokenWish {
    std::string connection;  ///< empty: that of the default binding
    std::vector<std::string> scopes = {};
    std::vector<std::string> resources = {};   ///< whom it is for (RFC 8707); empty: the environment itself
    std::optional<std::int64_t> min_ttl = {};  ///< seconds that must be left
};

/// The longest that a token may take: the daemon itself waits 15 s for a token endpoint elsewhere.
inline constexpr std::chrono::seconds token_patience{20};

/// The form of the request.
[[nodiscard]] std::string token_form(const TokenWish& wish);

/// Asks. Refuses what the daemon refuses; where it is sealed, the exit code says so.
[[nodiscard]] Result<Document> ask_for_token(Context& context, const TokenWish& wish);

/// OAuth has one word for "not now"; whether the store is sealed is asked for, because the exit code tells it (4), and
/// what opens it is the next step. Any other failure comes back as it is.
[[nodiscard]] Failure told_apart(Context& context, Failure failure);

/// The token of an answer; a failure where it could not stand in a header or a line.
[[nodiscard]] Result<std::string_view> token_in(const json::value& answer);

/// `APP/TENANT@ENVIRONMENT` taken apart. Views into the name.
struct ConnectionParts {
    std::string_view app, tenant, environment;
};
/// Nothing where `connection` has not that shape.
[[nodiscard]] std::optional<ConnectionParts> parts_of(std::string_view connection);

}  // namespace jeton::cli
