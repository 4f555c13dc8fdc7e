#include "daemon/vault/store/audit.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::audit {
namespace {

Value text_or_null(const std::optional<std::string>& text) { return text ? Value{*text} : Value{}; }

Value seconds_or_null(const std::optional<UtcSeconds>& at) {
    return at ? Value{std::int64_t{at->time_since_epoch().count()}} : Value{};
}

/// The uid that a user is written as in digits, or NULL.
Value uid_or_null(const std::optional<std::string>& user) {
    if (!user) return {};
    std::int64_t uid = 0;
    const auto [end, error] = std::from_chars(user->data(), user->data() + user->size(), uid);
    if (error != std::errc{} || end != user->data() + user->size()) return {};
    return uid;
}

constexpr std::string_view newest =
    "SELECT sequence, at, host, actor_uid, actor_user, actor_pid, actor_command, event, subject, connection, tenant, "
    "via, "
    "refused, detail, count FROM audit WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR connection = ?2) "
    "AND (?3 IS NULL OR actor_user = ?3 OR actor_uid = ?4) AND (?5 IS NULL OR event GLOB ?5) "
    "AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7) ORDER BY sequence DESC LIMIT ?8";

}  // namespace

std::vector<AuditEntry> list(Transaction& tx, const Filter& filter) {
    std::vector<AuditEntry> entries;
    const auto limit = std::max<std::int64_t>(0, filter.limit.value_or(std::numeric_limits<std::int64_t>::max()));
    tx.engine().database->each(newest,
                               {text_or_null(filter.tenant), text_or_null(filter.connection), text_or_null(filter.user),
                                uid_or_null(filter.user), text_or_null(filter.event_glob),
                                seconds_or_null(filter.since), seconds_or_null(filter.until), limit},
                               [&](const Record& record) {
                                   entries.push_back(entry_of(record));
                                   return true;
                               });
    std::ranges::reverse(entries);
    return entries;
}

Result<Verified> verify(Transaction& tx) {
    auto& engine = tx.engine();
    const auto& head = engine.authority.counters().audit;
    if (const auto found = find_break(*engine.database, engine.root_key(), head, 1)) {
        return refuse(Errc::mismatch, found->what, "look for who could write the database file; restore a backup");
    }
    return Verified{engine.database->number("SELECT count(*) FROM audit"), head.sequence, hex(head.hash)};
}

}  // namespace jeton::vault::audit
