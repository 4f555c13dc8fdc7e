/// Base64 (RFC 4648), in its two alphabets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libclient/http/wipe.hpp"

namespace jeton::cli {

/// Bytes as text of the URL's alphabet, without padding (§5), as pieces of a backup travel in JSON.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
/// The bytes of such a text; nothing where a character does not belong, or bits are left over.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

/// The bytes of a text of the first alphabet, with its padding (§4), as HTTP Basic has it; nothing where it is empty, a
/// character does not belong, or bits are left over. What it holds is wiped.
[[nodiscard]] std::optional<client::WipedText> from_base64(std::string_view text);

}  // namespace jeton::cli
