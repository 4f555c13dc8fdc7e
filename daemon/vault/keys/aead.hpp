/// The one authenticated cipher of the keys folder.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"

namespace jeton::vault::detail {

inline constexpr unsigned char box_version = 1;
inline constexpr std::size_t box_overhead = 1 + 24 + 16;  ///< version, nonce, tag

/// `version || nonce || XChaCha20-Poly1305(plain)`; the version is part of the associated data too.
[[nodiscard]] Bytes close_box(std::span<const unsigned char> key, std::span<const unsigned char> associated,
                              std::span<const unsigned char> plain);
/// Nothing where any bit, the key or the associated data differs.
[[nodiscard]] std::optional<SecretBytes> open_box(std::span<const unsigned char> key,
                                                  std::span<const unsigned char> associated,
                                                  std::span<const unsigned char> box);

}  // namespace jeton::vault::detail
