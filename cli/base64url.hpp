/// Base64url without padding (RFC 4648 §5), as pieces of a backup travel in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jeton::cli {

/// Bytes as text.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
/// The bytes of `text`; nothing where a character does not belong, or bits are left over.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace jeton::cli
