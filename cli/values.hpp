/// Values as people type them, turned into what the daemon reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/failure.hpp"

namespace jeton::cli {

/// The path `/v1/connections/{app}/{tenant}` for `APP/TENANT@ENVIRONMENT`, plus `rest`. Anything else is a usage error.
[[nodiscard]] Result<std::string> connection_path(std::string_view connection, std::string_view rest = {});

/// Percent-encodes everything but the unreserved characters (RFC 3986 §2.3).
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// The number in "0", "42", "-7"; nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> number_in(std::string_view text);

/// Seconds in "90s", "30m", "24h", "7d" and "0"; nothing for anything else, as a number without a unit.
[[nodiscard]] std::optional<std::int64_t> seconds_in(std::string_view text);

/// "24h" becomes the time that long before `now` (seconds since 1970) as RFC 3339; any other text stays as it is.
[[nodiscard]] std::string time_or_age(std::string_view text, std::int64_t now);

/// `moment` (seconds since 1970) as RFC 3339 in UTC.
[[nodiscard]] std::string rfc3339(std::int64_t moment);

/// `value` as a POSIX shell reads it back: bare where that is safe, in single quotes otherwise.
[[nodiscard]] std::string shell_quoted(std::string_view value);

}  // namespace jeton::cli
