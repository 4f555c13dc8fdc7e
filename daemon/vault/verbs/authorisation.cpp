#include "daemon/vault/verbs/authorisation.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "daemon/vault/store/apps.hpp"

namespace jeton::vault {
namespace {

/// Empty where it is missing or no text, which no name is.
std::string member(const json::value& body, std::string_view name) {
    return std::string{protocol::text_in(body, name)};
}

std::string who_may(const Verb& verb) {
    if (verb.roles.has(Role::tenant_admin) && verb.about == About::connection) return "an admin of the tenant";
    if (verb.roles.has(Role::developer)) return "the app's developer";
    return "an operator";
}

Error forbidden(const Peer& peer, const Verb& verb) {
    return refuse(Errc::forbidden, fmt::format("{} (uid {}) may not do this", peer.name(), peer.uid),
                  peer.foreign
                      ? "a peer of another PID namespace has no role: ask from the host itself"
                      : fmt::format("jeton whoami tells your roles, jeton role matrix who may; ask {}", who_may(verb)));
}

/// Of a store that is closed, and with it the roles that it holds.
Error forbidden_while_closed(const Peer& peer, const Verb& verb) {
    auto error = forbidden(peer, verb);
    if (!peer.foreign) error.next = "roles are in the store, which is closed: until it is open, ask root";
    return error;
}

/// The refusal of what does not exist; what does is noted for the operator.
Error hidden(Error absent, const Peer& peer, const std::string& what) {
    absent.operator_note = fmt::format("{} is not {}'s to see", what, peer.name());
    return absent;
}

/// Whether one of the roles that `verb` asks for is held for this app.
bool covers(const Standing& standing, const Verb& verb, const App& app) {
    return (verb.roles.has(Role::host_operator) && standing.is_operator()) ||
           (verb.roles.has(Role::auditor) && standing.auditor) ||
           (verb.roles.has(Role::developer) && standing.develops(app.id));
}

bool covers(const Standing& standing, const Verb& verb, const FoundConnection& found) {
    return covers(standing, verb, found.app) ||
           (verb.roles.has(Role::tenant_admin) && standing.administers(found.tenant.id) &&
            standing.sees(found.connection));
}

Result<void> check_app(Transaction& tx, const Peer& peer, const Standing& standing, const Verb& verb,
                       const json::value& body) {
    const auto name = member(body, "app");
    const auto app = find_app(tx, name);
    if (!app) return app.error();
    if (covers(standing, verb, *app)) return {};
    if (standing.sees(*app)) return forbidden(peer, verb);
    return hidden(absent_app(name), peer, "app " + name);
}

Result<void> check_tenant(Transaction& tx, const Peer& peer, const Standing& standing, const Verb& verb,
                          const json::value& body) {
    const auto name = parse_tenant_name(member(body, "tenant"));
    if (!name) return name.error();
    const auto found = find_tenant(tx, *name);
    const bool seen = found && sees(tx, standing, found->tenant);
    if (!found && standing.sees_everything()) return found.error();
    if (!seen) return hidden(absent_tenant(*name), peer, "tenant " + name->text());
    if (standing.roles().meets(verb.roles)) return {};
    return forbidden(peer, verb);
}

Result<void> check_connection(Transaction& tx, const Peer& peer, const Standing& standing, const Verb& verb,
                              const json::value& body) {
    const auto name = parse_connection_name(member(body, "app") + "/" + member(body, "tenant"));
    if (!name) return name.error();
    const auto found = find_connection(tx, *name);
    if (!found) return found.error();
    if (!covers(standing, verb, *found)) {
        if (standing.sees(found->connection)) return forbidden(peer, verb);
        return hidden(absent_connection(*name), peer, name->text());
    }
    if (!verb.states.has(found->connection.state)) return state_refusal(*found);
    return {};
}

}  // namespace

Result<Standing> authorise(Transaction& tx, const Peer& peer, const Verb& verb, const json::value& body,
                           UtcSeconds now) {
    if (verb.for_anyone) return Standing{};
    auto standing = standing_of(tx, peer, now);
    if (!standing.roles().meets(verb.roles)) return forbidden(peer, verb);
    Result<void> allowed;
    switch (verb.about) {
        case About::host: break;
        case About::app: allowed = check_app(tx, peer, standing, verb, body); break;
        case About::tenant: allowed = check_tenant(tx, peer, standing, verb, body); break;
        case About::connection: allowed = check_connection(tx, peer, standing, verb, body); break;
    }
    if (!allowed) return allowed.error();
    return standing;
}

Result<Standing> authorise(Store& store, const Peer& peer, const Verb& verb, UtcSeconds now) {
    auto standing = standing_without_store(peer);
    const bool open = store.state() == StoreState::unsealed;
    if (open) {
        auto group = store.group();
        standing = group.attempt([&](Transaction& tx) { return standing_of(tx, peer, now); });
    }
    if (!verb.for_anyone && !standing.roles().meets(verb.roles)) {
        return open ? forbidden(peer, verb) : forbidden_while_closed(peer, verb);
    }
    return standing;
}

}  // namespace jeton::vault
