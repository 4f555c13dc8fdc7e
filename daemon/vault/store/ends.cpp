#include "daemon/vault/store/ends.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view first_behind =
    "SELECT ifnull(min(ends), 0) FROM ("
    "SELECT min(deactivates_at) AS ends FROM secrets WHERE deactivates_at > ?1 "
    "UNION ALL SELECT min(published_until) FROM signing_keys WHERE published_until > ?1 "
    "UNION ALL SELECT min(expires_at) FROM tickets WHERE expires_at > ?1 "
    "UNION ALL SELECT min(expires_at) FROM pairs WHERE expires_at > ?1 "
    "UNION ALL SELECT min(expires_at) FROM bindings WHERE expires_at > ?1 "
    "UNION ALL SELECT min(expires_at) FROM role_grants WHERE expires_at > ?1)";

}  // namespace

std::optional<UtcSeconds> next_end(Database& database, UtcSeconds after) {
    const auto seconds = database.number(first_behind, {std::int64_t{after.time_since_epoch().count()}});
    if (seconds == 0) return std::nullopt;
    return UtcSeconds{std::chrono::seconds{seconds}};
}

}  // namespace jeton::vault
