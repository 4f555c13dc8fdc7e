#include "daemon/vault/services/pauses.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/services/record.hpp"

namespace jeton::vault {
namespace {

/// Who switches, and what it says of it.
struct Actor {
    const Peer& peer;
    const Standing& standing;
    const Grounds& grounds;

    [[nodiscard]] bool may_lift(Side side, const FoundConnection& found) const {
        if (side == Side::host) return standing.is_operator();
        return standing.administers(found.tenant.id) || (standing.is_operator() && !grounds.on_behalf_of.empty());
    }
};

/// A change that was found to be allowed, not yet made.
struct Planned {
    Connection connection;
    std::string event;
    std::string detail;
};

void put(Connection& connection, const Pause& pause) {
    if (pause.side == Side::tenant) {
        connection.tenant_pause_by = pause.by;
        connection.tenant_pause_reason = pause.reason;
        connection.tenant_pause_at = pause.at;
    } else {
        connection.operator_pause_by = pause.by;
        connection.operator_pause_reason = pause.reason;
        connection.operator_pause_at = pause.at;
    }
}

void lift(Connection& connection, Side side) { put(connection, {.side = side, .by = {}, .reason = {}, .at = {}}); }

/// An operator's pause names whom the operator acted for.
std::string words_of(const Grounds& grounds) {
    if (grounds.on_behalf_of.empty()) return grounds.reason;
    return fmt::format("on behalf of {}{}{}", grounds.on_behalf_of, grounds.reason.empty() ? "" : ": ", grounds.reason);
}

Result<Planned> plan_disable(const Actor& actor, const FoundConnection& found, UtcSeconds now) {
    if (found.connection.state == ConnectionState::not_connected) return state_refusal(found);
    const auto side = side_of(actor.standing, found, actor.grounds);
    if (!side) return side.error();
    for (const auto& pause : pauses_of(found.connection)) {
        if (pause.side != *side) continue;
        return refuse(Errc::wrong_state, fmt::format("{} is disabled already, by {}", found.name(), described(pause)),
                      fmt::format("to restore access: jeton access enable {}", found.name()));
    }
    Planned planned{found.connection, "access.disabled", described(*side, actor.grounds)};
    planned.connection.state = ConnectionState::disabled;
    put(planned.connection, {*side, actor.peer.name(), words_of(actor.grounds), now});
    return planned;
}

/// Only pauses that are not the caller's to lift.
Error not_yours(const Pause& pause, const FoundConnection& found) {
    const auto what = fmt::format("{} is paused by {}", found.name(), described(pause));
    if (pause.side == Side::host) {
        return refuse(Errc::forbidden, what, fmt::format("ask {} or another operator of this host", pause.by));
    }
    return refuse(Errc::forbidden, what,
                  fmt::format("ask an admin of tenant {}, or say for whom you lift it: jeton access enable {} "
                              "--on-behalf-of WHO --reason WHY",
                              found.tenant_name().text(), found.name()));
}

Result<Planned> plan_enable(const Actor& actor, const FoundConnection& found) {
    if (found.connection.state != ConnectionState::disabled) return state_refusal(found);
    const auto side = side_of(actor.standing, found, actor.grounds);
    if (!side) return side.error();
    if (!found.connection.listed) {
        return refuse(
            Errc::wrong_state,
            fmt::format("the developer took tenant {} off the list of {}", found.tenant_name().text(), found.app.name),
            how_to_list(found.full_name()));
    }
    Planned planned{found.connection, "access.enabled", described(*side, actor.grounds)};
    std::vector<Pause> remaining;
    const auto pauses = pauses_of(found.connection);
    for (const auto& pause : pauses) {
        if (actor.may_lift(pause.side, found)) {
            lift(planned.connection, pause.side);
        } else {
            remaining.push_back(pause);
        }
    }
    if (!remaining.empty()) {
        if (remaining.size() == pauses.size()) return not_yours(remaining.front(), found);
        planned.event = "access.pause_lifted";
        planned.detail += fmt::format("; still paused by {}", described(remaining.front()));
        return planned;
    }
    planned.connection.state = ConnectionState::connected;
    return planned;
}

Result<Planned> plan(Act act, const Actor& actor, const FoundConnection& found, UtcSeconds now) {
    return act == Act::disable ? plan_disable(actor, found, now) : plan_enable(actor, found);
}

void carry_out(Transaction& tx, const Peer& peer, FoundConnection& found, Planned planned, UtcSeconds now) {
    found.connection = std::move(planned.connection);
    tx.update(found.connection);
    record(tx, peer, about(found, std::move(planned.event), std::move(planned.detail)), now);
}

Result<FoundConnection> switch_one(Transaction& tx, Act act, const Actor& actor, const ConnectionName& name,
                                   UtcSeconds now) {
    if (auto texts = check_grounds(actor.grounds); !texts) return texts.error();
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    auto planned = plan(act, actor, *found, now);
    if (!planned) return planned.error();
    carry_out(tx, actor.peer, *found, *std::move(planned), now);
    return found;
}

}  // namespace

std::vector<Pause> pauses_of(const Connection& connection) {
    std::vector<Pause> pauses;
    if (!connection.tenant_pause_by.empty()) {
        pauses.push_back(
            {Side::tenant, connection.tenant_pause_by, connection.tenant_pause_reason, connection.tenant_pause_at});
    }
    if (!connection.operator_pause_by.empty()) {
        pauses.push_back(
            {Side::host, connection.operator_pause_by, connection.operator_pause_reason, connection.operator_pause_at});
    }
    return pauses;
}

std::string described(const Pause& pause) {
    return fmt::format("{} {}{}{}", name_of(role_of(pause.side)), pause.by, pause.reason.empty() ? "" : ": ",
                       pause.reason);
}

Result<FoundConnection> disable_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                       const ConnectionName& name, const Grounds& grounds, UtcSeconds now) {
    return switch_one(tx, Act::disable, {peer, standing, grounds}, name, now);
}

Result<FoundConnection> enable_access(Transaction& tx, const Peer& peer, const Standing& standing,
                                      const ConnectionName& name, const Grounds& grounds, UtcSeconds now) {
    return switch_one(tx, Act::enable, {peer, standing, grounds}, name, now);
}

Result<std::vector<Switched>> switch_selected(Transaction& tx, const Peer& peer, const Standing& standing, Act act,
                                              const Selector& selector, const Grounds& grounds, bool dry_run,
                                              UtcSeconds now) {
    if (auto texts = check_grounds(grounds); !texts) return texts.error();
    if (!selector.app && !selector.tenant && !selector.environment) {
        return refuse(Errc::bad_input, "nothing is selected", "give --app, --tenant or --environment");
    }
    const Actor actor{peer, standing, grounds};
    auto selected = select_connections(tx, standing, selector, now);
    if (!selected) return selected.error();
    std::erase_if(*selected, [&](const FoundConnection& found) {
        return found.connection.state == ConnectionState::not_connected ||
               !(standing.is_operator() || standing.administers(found.tenant.id));
    });
    if (selected->size() > selection_limit) {
        return refuse(Errc::wrong_state,
                      fmt::format("{} connections are selected, more than {}", selected->size(), selection_limit),
                      "narrow the selection: --app, --tenant, --environment");
    }
    std::ranges::sort(*selected, {}, &FoundConnection::name);
    std::vector<Switched> switched;
    switched.reserve(selected->size());
    for (auto& found : *selected) {
        auto planned = plan(act, actor, found, now);
        Switched one{std::move(found), std::nullopt};
        if (!planned) {
            one.refusal = planned.error();
        } else if (!dry_run) {
            carry_out(tx, peer, one.found, *std::move(planned), now);
        }
        switched.push_back(std::move(one));
    }
    return switched;
}

}  // namespace jeton::vault
