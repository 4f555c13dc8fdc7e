/// An identity in a body, as the front resolved it: names with their ids.
#pragma once

#include "daemon/vault/domain/identity.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

inline constexpr std::int64_t id_max = 4'294'967'295;  ///< of users and groups: 32 bits

/// `user` with `user_id`, `group` with `group_id`, `unit`; any of them may be absent.
[[nodiscard]] inline Identity identity_of(protocol::Fields& in) {
    Identity identity;
    identity.user = in.text_or("user", "");
    identity.uid = in.optional_integer("user_id", 0, id_max).value_or(-1);
    identity.group = in.text_or("group", "");
    identity.gid = in.optional_integer("group_id", 0, id_max).value_or(-1);
    identity.unit = in.text_or("unit", "");
    return identity;
}

/// A lifetime in seconds, of at least a minute and at most ten years; nothing where it does not end.
[[nodiscard]] inline std::optional<std::chrono::seconds> lifetime_of(protocol::Fields& in) {
    constexpr std::int64_t ten_years = 10LL * 366 * 24 * 3600;
    const auto seconds = in.optional_integer("expires_in", 60, ten_years);
    return seconds ? std::optional{std::chrono::seconds{*seconds}} : std::nullopt;
}

/// Puts the members of `identity` into a row that is shown.
inline void add_identity(json::object& row, const Identity& identity) {
    row["user"] = text_or_null(identity.user);
    row["user_id"] = identity.uid < 0 ? json::value(nullptr) : json::value(identity.uid);
    row["group"] = text_or_null(identity.group);
    row["group_id"] = identity.gid < 0 ? json::value(nullptr) : json::value(identity.gid);
}

[[nodiscard]] inline json::value time_or_null(const std::optional<UtcSeconds>& at) {
    return at ? json::value(rfc3339(*at)) : json::value(nullptr);
}

}  // namespace jeton::vault
