// Verbs: audit.list, audit.verify
#include "daemon/vault/store/audit.hpp"

#include <ctime>

#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value view_of(const AuditEntry& entry) {
    return {{"sequence", entry.sequence},
            {"at", rfc3339(entry.at)},
            {"host", entry.host},
            {"actor",
             {{"uid", entry.actor_uid},
              {"user", text_or_null(entry.actor_user)},
              {"pid", entry.actor_pid},
              {"command", text_or_null(entry.actor_command)},
              {"unit", nullptr}}},
            {"event", entry.event},
            {"subject", text_or_null(entry.subject)},
            {"connection", text_or_null(entry.connection)},
            {"tenant", text_or_null(entry.tenant)},
            {"via", entry.via},
            {"result", entry.refused ? "refused" : "done"},
            {"detail", text_or_null(entry.detail)},
            {"count", entry.count}};
}

/// RFC 3339 in UTC, or a date alone.
Result<std::optional<UtcSeconds>> time_of(std::string_view member, const std::optional<std::string>& text) {
    if (!text) return std::optional<UtcSeconds>{};
    for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
        std::tm parts{};
        const char* end = ::strptime(text->c_str(), form, &parts);
        if (end != nullptr && *end == '\0') {
            return std::optional{UtcSeconds{std::chrono::seconds{::timegm(&parts)}}};
        }
    }
    return refuse(Errc::bad_input, std::string{member} + " is no time",
                  "write it as 2026-01-31T09:05:00Z or 2026-01-31");
}

}  // namespace

Result<Outcome> audit_list(Call& call) {
    protocol::Fields in{call.body};
    audit::Filter filter;
    filter.tenant = in.optional_text("tenant");
    filter.connection = in.optional_text("connection");
    filter.user = in.optional_text("user");
    filter.event_glob = in.optional_text("event");
    const auto since = time_of("since", in.optional_text("since"));
    const auto until = time_of("until", in.optional_text("until"));
    filter.limit = in.optional_integer("limit", 1, 1'000'000);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!since) return since.error();
    if (!until) return until.error();
    filter.since = *since;
    filter.until = *until;
    json::array list;
    for (const auto& entry : audit::list(call.tx, filter)) list.push_back(view_of(entry));
    return done(std::move(list));
}

Result<Outcome> audit_verify(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto verified = audit::verify(call.tx);
    if (!verified) return verified.error();
    return done({{"verified", true},
                 {"entries", verified->entries},
                 {"head", {{"sequence", verified->head_sequence}, {"hash", verified->head_hash}}}});
}

}  // namespace jeton::vault::verbs
