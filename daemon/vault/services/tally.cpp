#include "daemon/vault/services/tally.hpp"

#include <algorithm>
#include <utility>

namespace jeton::vault {
namespace {

/// A stranger must not grow the vault: beyond this, one entry stands for all others.
constexpr std::size_t kinds_limit = 4096;

}  // namespace

void Tally::count_token(AuditEntry entry, Usage used) {
    Key key{std::to_string(entry.actor_uid), entry.connection, entry.via, entry.actor_unit};
    auto [at, fresh] = tokens_.try_emplace(std::move(key), entry);
    if (!fresh) {
        at->second.count += entry.count;
        at->second.at = std::max(at->second.at, entry.at);
    }
    Key usage_key{std::to_string(used.uid), used.connection.text, used.secret_prefix};
    auto [used_at, first] = usage_.try_emplace(std::move(usage_key), used);
    if (!first) {
        used_at->second.count += used.count;
        used_at->second.last_at = std::max(used_at->second.last_at, used.last_at);
    }
    if (since_ == UtcSeconds{}) since_ = entry.at;
}

bool Tally::is_first_refusal(const AuditEntry& entry) {
    Key key{std::to_string(entry.actor_uid), entry.event, entry.subject, entry.connection, entry.detail};
    if (refusals_.size() >= kinds_limit) key = {"others"};
    auto [at, fresh] = refusals_.try_emplace(std::move(key), entry);
    if (fresh) at->second.count = 0;  // the first is written at once, by the caller
    if (!fresh) {
        ++at->second.count;
        at->second.at = entry.at;
    }
    if (since_ == UtcSeconds{}) since_ = entry.at;
    return fresh;
}

void Tally::write(Transaction& tx) const {
    for (const auto& [key, entry] : tokens_) tx.append_audit(entry);
    for (const auto& [key, entry] : refusals_) {
        if (entry.count > 0) tx.append_audit(entry);
    }
    for (const auto& [key, used] : usage_) usage::add(tx, used);
}

void Tally::clear(UtcSeconds now) {
    tokens_.clear();
    refusals_.clear();
    usage_.clear();
    since_ = now;
}

}  // namespace jeton::vault
