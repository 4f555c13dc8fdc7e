/// Text forms of bytes, and random values in them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"

namespace jeton {

using Bytes = std::vector<unsigned char>;

[[nodiscard]] std::string hex(std::span<const unsigned char> bytes);
/// Nothing where `text` is not an even number of hexadecimal digits.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// Base64url without padding (RFC 7515 §2).
[[nodiscard]] std::string base64url(std::span<const unsigned char> bytes);
[[nodiscard]] inline std::string base64url(std::string_view text) {
    return base64url(std::span{reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}
/// Accepts base64url without padding; nothing where a character does not belong.
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text);
/// Accepts base64 with padding (RFC 4648 §4), as in `Authorization: Basic`.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

/// `count` random bytes in lower-case hexadecimal (twice as many characters).
[[nodiscard]] std::string random_hex(std::size_t count);
/// `count` random characters `[0-9a-z]`, each uniform (5.17 bits).
[[nodiscard]] SecretText random_base36(std::size_t count);

[[nodiscard]] inline std::span<const unsigned char> bytes_of(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(std::span<const unsigned char> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace jeton
