#include "daemon/vault/services/app_tenants.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/vault/services/erasing.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/connections.hpp"

namespace jeton::vault {
namespace {

Result<FoundConnection> list_again(Transaction& tx, const Peer& peer, FoundConnection found, const std::string& note,
                                   UtcSeconds now) {
    found.connection.listed = true;
    if (!note.empty()) found.connection.note = note;
    tx.update(found.connection);
    record(tx, peer, about(found, found.app.name, "app.tenant_added", "listed again"), now);
    return found;
}

}  // namespace

Result<void> check_tenant_room(Transaction& tx, const App& app) {
    if (connections::count(tx, app.id) < static_cast<std::int64_t>(tenants_per_app_limit)) return {};
    const auto listed = std::ranges::count_if(connections::of_app(tx, app.id), &Connection::listed);
    if (static_cast<std::size_t>(listed) < tenants_per_app_limit) return {};
    return refuse(Errc::wrong_state,
                  fmt::format("app {} lists {} tenants, the most there may be", app.name, tenants_per_app_limit),
                  fmt::format("remove one that is not needed any more: jeton app tenant remove {} TENANT", app.name));
}

Result<FoundConnection> add_tenant(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                   const std::string& note, bool if_not_exists, UtcSeconds now) {
    if (auto text = check_free_text("note", note, note_limit, true); !text) return text.error();
    auto app = find_app(tx, name.app);
    if (!app) return app.error();
    auto tenant = find_tenant(tx, name.tenant);
    if (!tenant) return tenant.error();
    FoundConnection found{*std::move(app), std::move(tenant->environment), std::move(tenant->tenant), {}};
    if (auto there = connections::find(tx, found.app.id, found.tenant.id)) {
        found.connection = *std::move(there);
        if (found.connection.listed) {
            if (if_not_exists && found.connection.note == note) return found;
            return refuse(Errc::already_exists,
                          fmt::format("app {} lists tenant {} already", name.app, name.tenant.text()),
                          fmt::format("jeton app connections {}", name.app));
        }
        if (auto room = check_tenant_room(tx, found.app); !room) return room.error();
        return list_again(tx, peer, std::move(found), note, now);
    }
    if (auto room = check_tenant_room(tx, found.app); !room) return room.error();
    auto& connection = found.connection;
    connection.id = ConnectionId::fresh();
    connection.app = found.app.id;
    connection.tenant = found.tenant.id;
    connection.environment = found.environment.id;
    connection.note = note;
    connection.created_at = now;
    tx.insert(connection);
    record(tx, peer, about(found, found.app.name, "app.tenant_added", {}), now);
    return found;
}

Result<RemovedTenant> remove_tenant(Transaction& tx, const Peer& peer, const ConnectionName& name, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    auto& connection = found->connection;
    if (connection.state == ConnectionState::not_connected) {
        ErasedRows erased;
        erase_connection(tx, connection, erased);
        record(tx, peer,
               about(*found, found->app.name, "app.tenant_removed",
                     fmt::format("never connected; erased with {} bindings, {} pairs, {} tickets", erased.bindings,
                                 erased.pairs, erased.tickets)),
               now);
        return RemovedTenant{*std::move(found), true};
    }
    if (!connection.listed) {
        return refuse(Errc::wrong_state,
                      fmt::format("app {} does not list tenant {} any more", name.app, name.tenant.text()),
                      fmt::format("to list it again: jeton app tenant add {} {}", name.app, name.tenant.text()));
    }
    connection.listed = false;
    connection.state = ConnectionState::disabled;
    if (connection.tenant_pause_by.empty()) {  // else it is the tenant's own already, in its own words
        connection.tenant_pause_by = peer.name();
        connection.tenant_pause_reason = "the developer removed the tenant";
        connection.tenant_pause_at = now;
    }
    tx.update(connection);
    record(tx, peer, about(*found, found->app.name, "app.tenant_removed", "disabled and kept"), now);
    return RemovedTenant{*std::move(found), false};
}

}  // namespace jeton::vault
