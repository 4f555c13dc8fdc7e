#include "daemon/vault/services/tally.hpp"

#include <algorithm>
#include <utility>

namespace jeton::vault {
namespace {

/// A stranger must not grow the vault: beyond this, one entry stands for all others.
constexpr std::size_t kinds_limit = 4096;

/// One entry for what is counted in two places.
void add(AuditEntry& counted, const AuditEntry& more) {
    counted.count += more.count;
    counted.at = std::max(counted.at, more.at);
}
void add(Usage& counted, const Usage& more) {
    counted.count += more.count;
    counted.last_at = std::max(counted.last_at, more.last_at);
}

template <class Counted>
void count(std::map<std::vector<std::string>, Counted>& all, std::vector<std::string> key, const Counted& one) {
    const auto [at, is_new] = all.try_emplace(std::move(key), one);
    if (!is_new) add(at->second, one);
}

template <class Counted>
void merge(std::map<std::vector<std::string>, Counted>& into, std::map<std::vector<std::string>, Counted>& from) {
    into.merge(from);  // without a copy; what is in both stays behind
    for (const auto& [key, counted] : from) add(into.at(key), counted);
    from.clear();
}

}  // namespace

void Tally::count_token(const AuditEntry& entry, const Usage& used) {
    count(fresh_.tokens, {std::to_string(entry.actor_uid), entry.connection, entry.via, entry.actor_unit}, entry);
    count(fresh_.usage, {std::to_string(used.uid), used.connection.text, used.secret_prefix}, used);
    if (since_ == UtcSeconds{}) since_ = entry.at;
}

bool Tally::is_first_refusal(const AuditEntry& entry) {
    Key key{std::to_string(entry.actor_uid), entry.event, entry.subject, entry.connection, entry.detail};
    if (kept_.refusals.size() + fresh_.refusals.size() >= kinds_limit) key = {"others"};
    const bool is_first = !kept_.refusals.contains(key) && !fresh_.refusals.contains(key);
    auto counted = entry;
    counted.count = is_first ? 0 : 1;  // the first is written at once, by the caller
    count(fresh_.refusals, std::move(key), counted);
    if (since_ == UtcSeconds{}) since_ = entry.at;
    return is_first;
}

void Tally::keep() {
    merge(kept_.tokens, fresh_.tokens);
    merge(kept_.refusals, fresh_.refusals);
    merge(kept_.usage, fresh_.usage);
}

void Tally::write(Transaction& tx) const {
    for (const auto& [key, entry] : kept_.tokens) tx.append_audit(entry);
    for (const auto& [key, entry] : kept_.refusals) {
        if (entry.count > 0) tx.append_audit(entry);
    }
    for (const auto& [key, used] : kept_.usage) usage::add(tx, used);
}

void Tally::clear(UtcSeconds now) {
    kept_ = {};
    since_ = now;
}

}  // namespace jeton::vault
