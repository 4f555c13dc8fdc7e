// Verbs: audit.list, audit.verify, audit.compare, audit.export, audit.prune
#include "daemon/vault/store/audit.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
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

/// `Z`, or how far ahead of UTC the clocks are there: `+01:00`.
std::optional<std::chrono::minutes> offset_in(std::string_view text) {
    if (text == "Z" || text == "z") return std::chrono::minutes{0};
    const auto digit = [&](std::size_t at) { return text[at] - '0'; };
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    for (const std::size_t at : {1, 2, 4, 5}) {
        if (digit(at) < 0 || digit(at) > 9) return std::nullopt;
    }
    const int hours = digit(1) * 10 + digit(2);
    const int minutes = digit(4) * 10 + digit(5);
    if (hours > 23 || minutes > 59) return std::nullopt;
    const std::chrono::minutes ahead{hours * 60 + minutes};
    return text[0] == '-' ? -ahead : ahead;
}

/// RFC 3339, of which parts of a second are left out; or a date alone, in UTC.
std::optional<UtcSeconds> time_in(const std::string& text) {
    std::tm parts{};
    const char* rest = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
    if (rest == nullptr) return std::nullopt;
    if (*rest == '\0') return UtcSeconds{std::chrono::seconds{::timegm(&parts)}};
    if (*rest != 'T' && *rest != 't') return std::nullopt;
    rest = ::strptime(rest + 1, "%H:%M:%S", &parts);
    if (rest == nullptr) return std::nullopt;
    if (*rest == '.') {
        const auto digits = std::strspn(rest + 1, "0123456789");
        if (digits == 0) return std::nullopt;
        rest += 1 + digits;
    }
    const auto ahead = offset_in(rest);
    if (!ahead) return std::nullopt;
    return UtcSeconds{std::chrono::seconds{::timegm(&parts)} - *ahead};
}

Result<std::optional<UtcSeconds>> time_of(std::string_view member, const std::optional<std::string>& text) {
    if (!text) return std::optional<UtcSeconds>{};
    if (const auto time = time_in(*text)) return time;
    return refuse(Errc::bad_input, std::string{member} + " is no time",
                  "write it as 2026-01-31T09:05:00Z or 2026-01-31");
}

/// All of `text` is a number that is not negative.
std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    return problem == std::errc{} && stop == end && number >= 0 ? std::optional{number} : std::nullopt;
}

/// What a listing and an export ask for alike.
enum class Cursor { sequence, of_a_search };
Result<audit::Filter> filter_of(protocol::Fields& in, Cursor cursor = Cursor::sequence) {
    audit::Filter filter;
    filter.tenant = in.optional_text("tenant");
    filter.connection = in.optional_text("connection");
    filter.user = in.optional_text("user");
    filter.event_glob = in.optional_text("event");
    const auto since = time_of("since", in.optional_text("since"));
    const auto until = time_of("until", in.optional_text("until"));
    const auto result = in.optional_text("result");
    const auto after = cursor == Cursor::sequence ? in.optional_text("after") : std::nullopt;
    if (!since) return since.error();
    if (!until) return until.error();
    filter.since = *since;
    filter.until = *until;
    if (result && *result != "done" && *result != "refused") return bad_body("result must be done or refused");
    if (result) filter.refused = *result == "refused";
    if (after) {
        const auto sequence = number_in(*after);
        if (!sequence) return bad_body("after must be a sequence number");
        filter.after = sequence;
    }
    return filter;
}

/// The page of what is found, with another one behind it where there may be more: also an empty one, where looking for
/// more takes its time.
template <class ViewOf>
Outcome paged(Transaction& tx, audit::Filter filter, std::int64_t limit, ViewOf view_of) {
    filter.limit = limit;
    const auto found = audit::find(tx, filter);
    PageRows shown{limit};
    auto reached = found.reached;
    auto is_last = found.is_last;
    for (const auto& one : found.entries) {
        if (shown.is_full()) break;
        shown.add(view_of(one));
        if (!shown.is_full() || &one == &found.entries.back()) continue;
        reached = one.entry.sequence;  // of long entries fewer stand on a page
        is_last = false;
    }
    return std::move(shown).end(is_last ? std::string{} : std::to_string(reached));
}

constexpr std::string_view newest_cursor = "newest-";  ///< then BELOW-WANTED: a search for the newest goes on

/// Where the newest `count` begin, as far as this request gets: the filter then asks for them alone. A cursor: the next
/// request goes on.
Result<std::optional<std::string>> find_newest(Transaction& tx, audit::Filter& filter, std::int64_t count,
                                               std::string_view cursor) {
    audit::NewestSearch search{audit::signed_head(tx).sequence + 1, count + 1};
    if (!cursor.empty()) {
        const auto rest = cursor.substr(newest_cursor.size());
        const auto dash = std::min(rest.find('-'), rest.size());
        const auto below = number_in(rest.substr(0, dash));
        const auto wanted = number_in(rest.substr(std::min(dash + 1, rest.size())));
        if (!below || !wanted) return bad_body("after is no cursor of this listing");
        search = {*below, std::min(*wanted, count + 1)};
    }
    search = audit::look_for_newest(tx, filter, search);
    if (search.wanted == 0) filter.after = search.below;
    if (search.wanted == 0 || search.below == 0) return std::optional<std::string>{};
    return std::optional{fmt::format("{}{}-{}", newest_cursor, search.below, search.wanted)};
}

constexpr std::chrono::milliseconds walk_time{10};  ///< of one request: others come in between
constexpr std::size_t walks_max = 8;

auto time_from_now(std::chrono::milliseconds time) {
    return [end = std::chrono::steady_clock::now() + time] { return std::chrono::steady_clock::now() < end; };
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
    const auto cursor = in.text_or("after", "");
    const bool searches = cursor.starts_with(newest_cursor);
    auto filter = filter_of(in, searches ? Cursor::of_a_search : Cursor::sequence);
    const auto limit = in.optional_integer("limit", 1, page_limit).value_or(usual_page);
    const auto newest = in.optional_integer("newest", 1, 1'000'000'000);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!filter) return filter.error();
    // The pages that follow name where the one before ended; where the newest begin was settled then.
    if (newest && !filter->after) {
        const auto more = find_newest(call.tx, *filter, *newest, searches ? cursor : std::string{});
        if (!more) return more.error();
        if (*more) return PageRows{limit}.end(**more);
    }
    return paged(call.tx, *filter, limit, [](const audit::HashedEntry& hashed) { return view_of(hashed.entry); });
}

Result<Outcome> audit_export(Call& call) {
    protocol::Fields in{call.body};
    auto filter = filter_of(in);
    const auto limit = in.optional_integer("limit", 1, page_limit).value_or(usual_page);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!filter) return filter.error();
    return paged(call.tx, *filter, limit, [](const audit::HashedEntry& hashed) {
        auto view = view_of(hashed.entry);
        view["hash"] = hashed.hash;
        return view;
    });
}

Result<Outcome> audit_verify(Call& call) {
    protocol::Fields in{call.body};
    const auto cursor = in.text_or("after", "");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto& walks = call.room.audit_walks;
    audit::VerifyWalk walk;
    if (!cursor.empty()) {
        const auto begun = walks.find(cursor);
        if (begun == walks.end() || !cursor.starts_with(call.tx.instance())) {
            return refuse(Errc::wrong_state, "this verification has ended: the store was opened anew, or others came",
                          "begin again: jeton audit verify");
        }
        walk = begun->second;
        walks.erase(begun);
    }
    const auto verified = audit::verify_on(call.tx, walk, time_from_now(walk_time));
    if (!verified) return verified.error();
    const auto head = audit::signed_head(call.tx);
    Outcome outcome = done({{"verified", verified->has_value()},
                            {"entries", *verified ? (*verified)->entries : walk.entries},
                            {"head", head_view(head)},
                            {"checkpoint", checkpoint_view(call.tx, audit_checkpoints::find(call.tx))}});
    if (*verified) {
        call.room.audit_verified_at = call.now();
        return outcome;
    }
    // The walk is ours to remember: whoever asks could say that he had walked further.
    if (walks.size() >= walks_max) walks.erase(walks.begin());
    outcome.next = fmt::format("{}-{}", call.tx.instance(), random_hex(16));
    walks.insert_or_assign(outcome.next, walk);
    return outcome;
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
    const auto pruned = audit::prune(call.tx, before->value(), call.peer.name(), time_from_now(walk_time));
    if (!pruned) return pruned.error();
    if (pruned->entries > 0) {
        record(call.tx, call.peer,
               {.event = "audit.pruned",
                .subject = "audit",
                .detail = fmt::format("{} entries up to {}", pruned->entries, pruned->checkpoint->sequence)},
               call.now());
    }
    return done({{"pruned", pruned->entries},
                 {"more", pruned->has_more},
                 {"checkpoint", checkpoint_view(call.tx, pruned->checkpoint)},
                 {"message", pruned->entries == 0 ? std::string{"Nothing is older; the newest entries always stay."}
                                                  : fmt::format("{} entries are gone; the chain goes on from entry {}.",
                                                                pruned->entries, pruned->checkpoint->sequence)}});
}

}  // namespace jeton::vault::verbs
