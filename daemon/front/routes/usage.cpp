#include "daemon/front/routes/usage.hpp"

#include <algorithm>
#include <span>

#include <unistd.h>

namespace jeton::front {
namespace {

constexpr std::size_t entries_per_report = 1000;  ///< stays well below the longest frame
constexpr std::chrono::seconds patience{5};

/// The daemon speaks for itself.
json::object own_peer(Desk& desk) {
    json::object peer;
    peer["uid"] = ::geteuid();
    peer["gid"] = ::getegid();
    peer["pid"] = ::getpid();
    if (const auto name = desk.names.name_of(::geteuid())) peer["user"] = *name;
    peer["command"] = "jetond";
    peer["foreign"] = false;
    return peer;
}

json::value entry_of(Desk& desk, const Usage& use) {
    json::object entry;
    entry["uid"] = use.uid;
    if (const auto name = desk.names.name_of(use.uid)) entry["user"] = *name;
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

}  // namespace

Task<void> report_usage(Desk& desk) {
    auto uses = desk.decisions.take_usage();
    while (!uses.empty()) {
        const auto count = std::min(uses.size(), entries_per_report);
        json::array entries;
        for (const auto& use : std::span{uses}.first(count)) entries.push_back(entry_of(desk, use));
        json::object body;
        body["entries"] = std::move(entries);
        Question question{.peer = own_peer(desk),
                          .socket = "control",
                          .verb = "usage.report",
                          .body = json::value(std::move(body)),
                          .patience = patience};
        const auto answer = co_await desk.vault.ask(std::move(question));
        if (answer.refused) {
            desk.decisions.return_usage(std::move(uses));
            co_return;
        }
        uses.erase(uses.begin(), uses.begin() + static_cast<std::ptrdiff_t>(count));
    }
}

}  // namespace jeton::front
