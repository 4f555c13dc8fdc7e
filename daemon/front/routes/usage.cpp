#include "daemon/front/routes/usage.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "libclient/protocol/fields.hpp"

namespace jeton::front {
namespace {

constexpr std::size_t entries_per_report = 1000;  ///< stays well below the longest frame
constexpr std::chrono::seconds patience{5};
constexpr std::size_t uses_in_note = 256;  ///< as the vault takes of one kind
constexpr std::chrono::seconds patience_of_programs{15};

/// For people. A report does not wait for a name service, and says the number alone.
std::optional<std::string> shown_name(Desk& desk, uid_t uid, const LookUpTime& time) try {
    return desk.names.name_of(uid, time);
} catch (const Late&) {
    return std::nullopt;
}

/// The daemon speaks for itself.
json::object own_peer(Desk& desk) {
    json::object peer;
    peer["uid"] = ::geteuid();
    peer["gid"] = ::getegid();
    peer["pid"] = ::getpid();
    if (const auto name = shown_name(desk, ::geteuid(), LookUpTime{})) peer["user"] = *name;
    peer["command"] = "jetond";
    peer["foreign"] = false;
    return peer;
}

json::value entry_of(Desk& desk, const Usage& use, const LookUpTime& time) {
    json::object entry;
    entry["uid"] = use.uid;
    if (const auto name = shown_name(desk, use.uid, time)) entry["user"] = *name;
    entry["pid"] = use.pid;
    if (use.command) entry["command"] = *use.command;
    if (use.unit) entry["unit"] = *use.unit;
    entry["connection"] = use.connection;
    if (use.secret_prefix) entry["secret_prefix"] = *use.secret_prefix;
    if (use.via) entry["via"] = *use.via;
    entry["count"] = use.count;
    entry["last_at"] = use.last_at.time_since_epoch().count();
    return entry;
}

json::array entries_of(Desk& desk, std::span<const Usage> uses) {
    const LookUpTime time;
    json::array entries;
    for (const auto& use : uses) entries.push_back(entry_of(desk, use, time));
    return entries;
}

/// Whether both were of one process, by the same right, in the same second.
bool are_alike(const Usage& one, const Usage& other) {
    const auto all_but_count = [](const Usage& use) {
        return std::tie(use.uid, use.pid, use.last_at, use.connection, use.secret_prefix, use.via, use.command,
                        use.unit);
    };
    return all_but_count(one) == all_but_count(other);
}

/// The daemon's own question, about what others did.
Question own_question(Desk& desk, std::string_view verb, json::object body, std::chrono::seconds until_refused) {
    return {.peer = own_peer(desk),
            .socket = "control",
            .verb = verb,
            .body = json::value(std::move(body)),
            .patience = until_refused};
}

}  // namespace

/// Uses that are to be noted together.
struct Note {
    Note(const Executor& executor, std::uint64_t at) : epoch(at), is_answered(executor) {
        is_answered.expires_after(2 * patience_of_programs);  // never waited for, unless asking failed
    }

    void add(Usage use) {
        ++count;
        const auto known = std::ranges::find_if(uses, [&](const Usage& other) { return are_alike(use, other); });
        if (known == uses.end()) {
            uses.push_back(std::move(use));
        } else {
            known->count += use.count;
        }
    }

    std::uint64_t epoch;
    std::vector<Usage> uses;  ///< those that are alike as one
    std::size_t count = 0;    ///< of all
    Timer is_answered;        ///< cancelled then
    Answer answer;
};

Task<void> report_usage(Desk& desk) {
    auto uses = desk.decisions.take_usage();
    while (!uses.empty()) {
        const auto count = std::min(uses.size(), entries_per_report);
        json::object body;
        body["entries"] = entries_of(desk, std::span{uses}.first(count));
        auto question = own_question(desk, "usage.report", std::move(body), patience);
        const auto answer = co_await desk.vault.ask(std::move(question));
        if (answer.refused) {
            desk.decisions.return_usage(std::move(uses));
            co_return;
        }
        uses.erase(uses.begin(), uses.begin() + static_cast<std::ptrdiff_t>(count));
    }
}

namespace {

/// Asks the vault for all who have joined, and tells them.
Task<void> ask_for_all(Desk& desk, std::shared_ptr<Note> note) {
    // Whoever asks in this turn of the loop may still join.
    co_await asio::post(note->is_answered.get_executor(), use_task);
    if (desk.note == note) desk.note.reset();
    json::object body;
    body["epoch"] = note->epoch;
    body["entries"] = entries_of(desk, note->uses);
    auto question = own_question(desk, "token.repeat", std::move(body), patience_of_programs);
    note->answer = co_await desk.vault.ask(std::move(question));
    note->is_answered.cancel();
}

}  // namespace

Task<Result<bool>> note_use(Desk& desk, Use use) {
    const auto executor = co_await asio::this_coro::executor;
    const bool joins = desk.note && desk.note->epoch == use.era.epoch && desk.note->count < uses_in_note;
    if (!joins) desk.note = std::make_shared<Note>(executor, use.era.epoch);
    const auto note = desk.note;
    note->add(std::move(use.usage));
    if (joins) {
        boost::system::error_code cancelled;
        co_await note->is_answered.async_wait(asio::redirect_error(use_task, cancelled));
    } else {
        co_await ask_for_all(desk, note);
    }
    if (note->answer.refused) co_return *note->answer.refused;
    protocol::Fields fields{note->answer.done};
    co_return fields.flag("noted");
}

}  // namespace jeton::front
