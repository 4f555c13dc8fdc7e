/// The tables as they are created, and how an older database becomes this one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace jeton::vault {

inline constexpr std::int64_t application_id = 0x6A65746F;  ///< "jeto", in the file header
inline constexpr std::int64_t schema_version = 6;           ///< `user_version`; grows with each migration

/// One step, in a transaction of its own: from `to - 1` to `to`. The first makes an empty database.
struct Migration {
    std::int64_t to;
    std::span<const std::string_view> statements;
};

/// In order, without gap.
[[nodiscard]] std::span<const Migration> migrations();

}  // namespace jeton::vault
