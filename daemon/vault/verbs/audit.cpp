// Verbs: audit.list, audit.verify, audit.compare, audit.export, audit.prune
#include "daemon/vault/store/audit.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/audit_checkpoints.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

constexpr std::size_t compared_limit = 100;  ///< entries of one request: a body has 64 KiB

json::object view_of(const AuditEntry& entry) {
    return {{"sequence", entry.sequence},
            {"at", rfc3339(entry.at)},
            {"host", entry.host},
            {"actor",
             {{"uid", entry.actor_uid},
              {"user", text_or_null(entry.actor_user)},
              {"pid", entry.actor_pid},
              {"command", text_or_null(entry.actor_command)},
              {"unit", text_or_null(entry.actor_unit)}}},
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

/// What a listing and an export ask for alike.
Result<audit::Filter> filter_of(protocol::Fields& in) {
    audit::Filter filter;
    filter.tenant = in.optional_text("tenant");
    filter.connection = in.optional_text("connection");
    filter.user = in.optional_text("user");
    filter.event_glob = in.optional_text("event");
    const auto since = time_of("since", in.optional_text("since"));
    const auto until = time_of("until", in.optional_text("until"));
    const auto result = in.optional_text("result");
    const auto after = in.optional_text("after");
    if (!since) return since.error();
    if (!until) return until.error();
    filter.since = *since;
    filter.until = *until;
    if (result && *result != "done" && *result != "refused") return bad_body("result must be done or refused");
    if (result) filter.refused = *result == "refused";
    if (after) {
        std::int64_t sequence = 0;
        const auto* end = after->data() + after->size();
        const auto [stop, problem] = std::from_chars(after->data(), end, sequence);
        if (problem != std::errc{} || stop != end || sequence < 0) return bad_body("after must be a sequence number");
        filter.after = sequence;
    }
    return filter;
}

/// The page of `found`, with another one behind it where it is full.
template <class Found, class EntryOf, class ViewOf>
Outcome paged(const std::vector<Found>& found, std::int64_t limit, EntryOf entry_of, ViewOf view_of) {
    PageRows shown{limit};
    std::int64_t last = 0;
    for (const auto& one : found) {
        if (shown.is_full()) break;
        shown.add(view_of(one));
        last = std::invoke(entry_of, one).sequence;
    }
    auto next = shown.is_full() ? std::to_string(last) : std::string{};
    return std::move(shown).end(std::move(next));
}

json::object head_view(const audit::SignedHead& head) {
    return {{"sequence", head.sequence},
            {"hash", head.hash},
            {"signature", head.signature},
            {"public_key", head.public_key}};
}

json::value checkpoint_view(Transaction& tx, const std::optional<AuditCheckpoint>& checkpoint) {
    if (!checkpoint) return nullptr;
    auto view = head_view(audit::sign_head(tx, checkpoint->sequence, checkpoint->hash));
    view["at"] = rfc3339(checkpoint->at);
    view["by"] = checkpoint->pruned_by;
    return view;
}

}  // namespace

Result<Outcome> audit_list(Call& call) {
    protocol::Fields in{call.body};
    auto filter = filter_of(in);
    const auto limit = in.optional_integer("limit", 1, page_limit).value_or(usual_page);
    const auto newest = in.optional_integer("newest", 1, 1'000'000'000);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!filter) return filter.error();
    // The pages that follow name where the one before ended; where the newest begin was settled then.
    if (newest && !filter->after) filter->after = audit::before_newest(call.tx, *filter, *newest);
    filter->limit = limit;
    return paged(audit::list(call.tx, *filter), limit, std::identity{}, view_of);
}

Result<Outcome> audit_export(Call& call) {
    protocol::Fields in{call.body};
    auto filter = filter_of(in);
    const auto limit = in.optional_integer("limit", 1, page_limit).value_or(usual_page);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!filter) return filter.error();
    filter->limit = limit;
    return paged(audit::list_hashed(call.tx, *filter), limit, &audit::HashedEntry::entry,
                 [](const audit::HashedEntry& hashed) {
                     auto view = view_of(hashed.entry);
                     view["hash"] = hashed.hash;
                     return view;
                 });
}

Result<Outcome> audit_verify(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto verified = audit::verify(call.tx);
    if (!verified) return verified.error();
    call.room.audit_verified_at = call.now();
    return done({{"verified", true},
                 {"entries", verified->entries},
                 {"head", head_view(audit::signed_head(call.tx))},
                 {"checkpoint", checkpoint_view(call.tx, audit_checkpoints::find(call.tx))}});
}

Result<Outcome> audit_compare(Call& call) {
    protocol::Fields in{call.body};
    const auto* entries = in.array("entries");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (entries == nullptr || entries->empty() || entries->size() > compared_limit)
        return bad_body(fmt::format("member \"entries\" must have 1 to {} elements", compared_limit));
    std::vector<audit::KnownHead> known;
    for (const auto& value : *entries) {
        protocol::Fields one{value};
        audit::KnownHead head;
        head.sequence = one.integer("sequence", 1, std::numeric_limits<std::int64_t>::max());
        head.hash = one.text("hash");
        head.signature = one.text_or("signature", "");
        if (auto problem = one.problem()) return bad_body(*std::move(problem));
        known.push_back(std::move(head));
    }
    std::ranges::sort(known, {}, &audit::KnownHead::sequence);
    const auto compared = audit::compare(call.tx, known);
    if (!compared) return compared.error();
    return done({{"equal", compared->equal}, {"pruned", compared->pruned}, {"foreign", compared->foreign}});
}

Result<Outcome> audit_prune(Call& call) {
    protocol::Fields in{call.body};
    const auto before = time_of("before", in.text("before"));
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!before) return before.error();
    const auto pruned = audit::prune(call.tx, before->value(), call.peer.name());
    if (!pruned) return pruned.error();
    if (pruned->entries > 0) {
        record(call.tx, call.peer,
               {.event = "audit.pruned",
                .subject = "audit",
                .detail = fmt::format("{} entries up to {}", pruned->entries, pruned->checkpoint->sequence)},
               call.now());
    }
    return done({{"pruned", pruned->entries},
                 {"checkpoint", checkpoint_view(call.tx, pruned->checkpoint)},
                 {"message", pruned->entries == 0 ? std::string{"Nothing is older; the newest entries always stay."}
                                                  : fmt::format("{} entries are gone; the chain goes on from entry {}.",
                                                                pruned->entries, pruned->checkpoint->sequence)}});
}

}  // namespace jeton::vault::verbs
