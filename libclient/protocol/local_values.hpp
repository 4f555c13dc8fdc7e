/// The shapes of jeton's own client IDs, secrets, app keys and tickets: scanners find them, typing errors show.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace jeton::protocol {

/// A head, then characters `[0-9a-z]`, the last six of which are a checksum.
struct LocalShape {
    std::string_view head;
    std::size_t characters;  ///< after the head, checksum included
};

inline constexpr LocalShape client_id_shape{"jid.", 25};
inline constexpr LocalShape client_secret_shape{"jcs.", 50};
inline constexpr LocalShape app_key_shape{"jak.", 25};
inline constexpr LocalShape ticket_shape{"jtk.", 25};

inline constexpr std::string_view local_alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
inline constexpr std::size_t local_checksum_size = 6;

/// The last six characters of a value that begins with `text`: CRC-32 (IEEE 802.3, as in zlib), reduced to the
/// alphabet. Finds typing errors, protects nothing.
[[nodiscard]] std::array<char, local_checksum_size> local_checksum(std::string_view text);

/// Whether the checksum of a `value` that begins like one of the four is right, its length included; nothing where it
/// begins like none.
[[nodiscard]] std::optional<bool> local_checksum_holds(std::string_view value);

}  // namespace jeton::protocol
