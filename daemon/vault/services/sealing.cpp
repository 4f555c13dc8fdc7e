#include "daemon/vault/services/sealing.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "daemon/vault/store/tickets.hpp"

namespace jeton::vault {
namespace {

EnvironmentId environment_of(Transaction& tx, std::string_view table, const std::string& id,
                             const ConnectionId& connection) {
    const auto found = connections::get(tx, connection);
    if (!found) throw Tampered(table, id);
    return found->environment;
}

EnvironmentId environment_of(Transaction& /*tx*/, const SigningKey& key) { return key.environment; }
EnvironmentId environment_of(Transaction& /*tx*/, const Pair& pair) { return pair.environment; }
EnvironmentId environment_of(Transaction& tx, const Secret& secret) {
    return environment_of(tx, "secrets", secret.id.text, secret.connection);
}
EnvironmentId environment_of(Transaction& tx, const Ticket& ticket) {
    return environment_of(tx, "tickets", ticket.id.text, ticket.connection);
}

/// Both ends of the way of one value: where it is, and where it will be.
struct Way {
    SealedUnder from;
    SealedUnder to;
};

Way way_of(Transaction& tx, const Environment& environment, const SealedPlace& place) {
    auto next = place;
    next.generation = environment.key_generation;
    return {{tx.data_key(environment, place), place}, {tx.data_key(environment), next}};
}

void seal_anew(Transaction& tx, const Environment& environment, SigningKey& key) {
    if (key.sealed_private_key.empty()) return;
    const auto way = way_of(tx, environment, place_of(key, environment));
    key.sealed_private_key = reseal(way.from, way.to, key.sealed_private_key);
}

void seal_anew(Transaction& tx, const Environment& environment, Secret& secret) {
    const auto place = place_of(secret, environment);
    const auto way = way_of(tx, environment, place.place());
    secret.sealed = secret.kind == SecretKind::verifier ? reseal_verifier(way.from, way.to, secret.sealed)
                                                        : reseal(way.from, way.to, secret.sealed);
}

void seal_anew(Transaction& tx, const Environment& environment, Pair& pair) {
    const auto way = way_of(tx, environment, place_of(pair, environment));
    pair.sealed = reseal_verifier(way.from, way.to, pair.sealed);
}

void seal_anew(Transaction& tx, const Environment& environment, Ticket& ticket) {
    const auto way = way_of(tx, environment, place_of(ticket, environment));
    ticket.sealed = reseal_verifier(way.from, way.to, ticket.sealed);
}

struct Step {
    std::string last;  ///< id of the last row that was looked at
    bool more = false;
    std::int64_t moved = 0;
};

template <class Row>
Step step_of(Transaction& tx, const Environment& environment, std::vector<Row> rows, std::int64_t limit) {
    Step step;
    step.more = std::cmp_equal(rows.size(), limit);
    if (!rows.empty()) step.last = rows.back().id.text;
    for (auto& row : rows) {
        if (row.key_generation == environment.key_generation || environment_of(tx, row) != environment.id) continue;
        seal_anew(tx, environment, row);
        row.key_generation = environment.key_generation;
        tx.update(row);
        ++step.moved;
    }
    return step;
}

struct SealedTable {
    std::string_view name;
    Step (*next)(Transaction& tx, const Environment& environment, std::string_view after, std::int64_t limit);
};

constexpr std::array tables{
    SealedTable{"signing_keys",
                [](Transaction& tx, const Environment& environment, std::string_view after, std::int64_t limit) {
                    return step_of(tx, environment, signing_keys::after(tx, after, limit), limit);
                }},
    SealedTable{"secrets",
                [](Transaction& tx, const Environment& environment, std::string_view after, std::int64_t limit) {
                    return step_of(tx, environment, secrets::after(tx, after, limit), limit);
                }},
    SealedTable{"pairs",
                [](Transaction& tx, const Environment& environment, std::string_view after, std::int64_t limit) {
                    return step_of(tx, environment, pairs::after(tx, after, limit), limit);
                }},
    SealedTable{"tickets",
                [](Transaction& tx, const Environment& environment, std::string_view after, std::int64_t limit) {
                    return step_of(tx, environment, tickets::after(tx, after, limit), limit);
                }},
};

}  // namespace

SealedPlace place_of(const Pair& pair, const Environment& environment) {
    return {"pairs", pair.id.text, environment.id.text, pair.key_generation};
}

SealedPlace place_of(const Ticket& ticket, const Environment& environment) {
    return {"tickets", ticket.id.text, environment.id.text, ticket.key_generation};
}

bool SealedWalk::is_at_end() const { return table >= tables.size(); }

std::vector<std::string_view> sealed_tables() {
    std::vector<std::string_view> names;
    names.reserve(tables.size());
    for (const auto& table : tables) names.push_back(table.name);
    return names;
}

std::int64_t reseal_next(Transaction& tx, const Environment& environment, SealedWalk& walk, std::int64_t limit) {
    if (walk.is_at_end()) return 0;
    auto step = tables.at(walk.table).next(tx, environment, walk.after, limit);
    if (step.more) {
        walk.after = std::move(step.last);
    } else {
        ++walk.table;
        walk.after.clear();
    }
    return step.moved;
}

}  // namespace jeton::vault
