#include "daemon/vault/services/journal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace jeton::vault::journal {
namespace {

constexpr std::array<Weighty, 13> all{{
    {refused, "e531c7420e21b37ef4981fb1e1efb69f"},
    {stays_sealed, "17c8ef0972429e393abf48c4b5d26584"},
    {"store.unsealed", "61071d79b915e22267d41bf8d817bbcb"},
    {"store.sealed", "6cb38f36a130eabde9d85be9cfe4f545"},
    {"store.migrated", "342631e213b7a15701070c3ca664dc4a"},
    {"store.rollback-accepted", "d323de9dc02421f7b09c073f4e10b066"},
    {"store.restored", "68b3857a0295dd8dce9b7f097d4b8633"},
    {"key.rotated", "9d232c2a512270c5a205fdf9f14765be"},
    {"key_slot.added", "272ffa84075a8b4783db7436c8a75912"},
    {"key_slot.removed", "d9becaa11670d5191bc6247ab33aa293"},
    {"audit.pruned", "8da2bbf80627171965c36a543212f09c"},
    {"secret.refused", "8bee6012ad0ce538c27334ceba0111a9"},
    {"upstream.mismatch", "f7fe0f7e5b9a7079ac8bcc36970a2dca"},
}};

/// The parts of `APP/TENANT@ENVIRONMENT` or of `TENANT@ENVIRONMENT`.
struct Parts {
    std::string app, tenant, environment;
};

Parts parts_of(const AuditEntry& entry) {
    Parts parts;
    std::string_view rest = entry.connection.empty() ? entry.tenant : entry.connection;
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        parts.app = rest.substr(0, slash);
        rest.remove_prefix(slash + 1);
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        parts.tenant = rest.substr(0, at);
        parts.environment = rest.substr(at + 1);
    }
    const auto is_about = [&](std::string_view noun) { return entry.event.starts_with(noun); };
    if (parts.app.empty() && is_about("app.")) parts.app = entry.subject;
    if (parts.environment.empty() && is_about("environment.")) parts.environment = entry.subject;
    return parts;
}

}  // namespace

std::span<const Weighty> weighty() { return all; }

std::string_view message_id(std::string_view event) {
    const auto* found = std::ranges::find(all, event, &Weighty::event);
    return found == all.end() ? std::string_view{} : found->message_id;
}

std::vector<log::Field> fields_of(const AuditEntry& entry) {
    auto parts = parts_of(entry);
    return {{"JETON_EVENT", entry.event},
            {"JETON_RESULT", entry.refused ? "refused" : "done"},
            {"JETON_SUBJECT", entry.subject},
            {"JETON_CONNECTION", entry.connection},
            {"JETON_APP", std::move(parts.app)},
            {"JETON_TENANT", std::move(parts.tenant)},
            {"JETON_ENVIRONMENT", std::move(parts.environment)},
            {"JETON_UID", std::to_string(entry.actor_uid)},
            {"JETON_USER", entry.actor_user},
            {"JETON_PID", std::to_string(entry.actor_pid)},
            {"JETON_COMMAND", entry.actor_command},
            {"JETON_UNIT", entry.actor_unit},
            {"JETON_VIA", entry.via},
            {"JETON_SEQUENCE", entry.sequence == 0 ? std::string{} : std::to_string(entry.sequence)}};
}

std::string line_of(const AuditEntry& entry) {
    const auto& about = entry.subject.empty() ? entry.connection : entry.subject;
    return fmt::format("{}{}{}{}, by {} (uid {})", entry.event, about.empty() ? "" : " ", about,
                       entry.detail.empty() ? "" : ": " + entry.detail, entry.actor_user, entry.actor_uid);
}

void tell(const AuditEntry& entry) {
    if (log::has_fields()) log::event(log::Level::info, message_id(entry.event), fields_of(entry), line_of(entry));
}

void tell_refusal(const AuditEntry& entry, const Peer& peer) {
    log::event(log::Level::warning, message_id(refused), fields_of(entry),
               fmt::format("{} refused to {} (uid {}): {}", entry.event, peer.name(), peer.uid, entry.detail));
}

void tell_that_it_stays_sealed(std::string_view line) {
    const std::array<log::Field, 1> fields{{{"JETON_EVENT", std::string{stays_sealed}}}};
    log::event(log::Level::error, message_id(stays_sealed), fields, fmt::format("the store stays sealed: {}", line));
}

}  // namespace jeton::vault::journal
