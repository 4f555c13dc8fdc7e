#include "daemon/vault/verbs/connection_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/vault/services/client_keys.hpp"
#include "daemon/vault/services/pauses.hpp"
#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/client_key_view.hpp"
#include "daemon/vault/verbs/secret_view.hpp"

namespace jeton::vault {
namespace {

/// Whether one of the active secrets is good for tokens.
bool has_usable(const json::array& secrets) {
    return std::ranges::any_of(secrets, [](const json::value& secret) { return secret.at("problem").is_null(); });
}

/// The portal's words for its two cells (the table of "View Connections", six rows), where jeton is the issuer.
std::string client_id_cell(const Connection& connection) {
    return connection.client_id.empty() ? "Not connected yet" : connection.client_id;
}

std::string client_secret_cell(const FoundConnection& found, const json::array& secrets) {
    switch (found.connection.state) {
        case ConnectionState::not_connected: return "Not connected yet";
        case ConnectionState::disabled: return "Not available yet";
        case ConnectionState::connected: break;
    }
    const bool developer_manages = found.app.credentials == CredentialsMode::developer;
    if (!has_usable(secrets) && found.environment.kind == EnvironmentKind::upstream) return "Import";
    if (secrets.empty()) return developer_manages ? "Generate" : "Not available yet";
    std::string cell;
    for (const auto& secret : secrets) cell += fmt::format("{}... ", protocol::text_in(secret, "prefix"));
    if (developer_manages) return cell + "Manage";
    cell.pop_back();
    return cell;
}

/// Of the first secret about which something is to be done; empty where nothing is.
std::string hint_of(const json::array& secrets) {
    for (const auto& secret : secrets) {
        if (const auto hint = protocol::text_in(secret, "hint"); !hint.empty()) return std::string{hint};
    }
    return {};
}

/// What stops the app from getting tokens, and who does what about it; else what will, or what is new.
std::string hint_of(const FoundConnection& found, const json::array& secrets, bool has_secret, bool has_key,
                    bool is_stranded) {
    const auto name = found.name();
    const auto tenant = found.tenant_name().text();
    switch (found.connection.state) {
        case ConnectionState::not_connected:
            return fmt::format(
                "Please contact your Tenant Admin ({}) and ask that they connect to your app: jeton access review {}",
                found.tenant.tenant, name);
        case ConnectionState::disabled:
            return found.connection.listed
                       ? fmt::format("Paused. To restore access: jeton access enable {}", name)
                       : fmt::format(
                             "Off the app's list. To restore access: jeton app tenant add {} {}, then jeton "
                             "access enable {}",
                             found.app.name, tenant, name);
        case ConnectionState::connected: break;
    }
    if (!has_secret && found.environment.kind == EnvironmentKind::upstream) {
        const auto import =
            fmt::format("jeton secret import {} --client-id {}", name, is_stranded ? found.connection.client_id : "ID");
        return is_stranded ? fmt::format("The token endpoint was changed: import the pair anew: {}", import) : import;
    }
    if (!has_secret && !has_key) {
        return found.app.credentials == CredentialsMode::developer
                   ? fmt::format("jeton secret generate {}", name)
                   : fmt::format("An admin of tenant {} generates it: jeton secret generate {}", tenant, name);
    }
    if (auto hint = hint_of(secrets); !hint.empty()) return hint;
    return has_new_version(found) ? fmt::format("Upgrade to New Version: jeton access review {}", name) : "";
}

}  // namespace

std::string status_of(const FoundConnection& found) {
    switch (found.connection.state) {
        case ConnectionState::not_connected: return "Not Connected Yet";
        case ConnectionState::disabled: return "Disabled";
        case ConnectionState::connected: break;
    }
    return has_new_version(found) ? "New Version Available" : "Connected";
}

json::value consent_view(const Connection& connection) {
    if (connection.consent_source.empty()) return nullptr;
    return {{"source", connection.consent_source},
            {"by", connection.consent_by},
            {"on_behalf_of", text_or_null(connection.consent_on_behalf_of)},
            {"reason", text_or_null(connection.consent_reason)},
            {"at", rfc3339(connection.consent_at)}};
}

json::array pauses_view(const Connection& connection) {
    json::array list;
    for (const auto& pause : pauses_of(connection)) {
        list.push_back({{"by", pause.by},
                        {"role", name_of(role_of(pause.side))},
                        {"reason", text_or_null(pause.reason)},
                        {"at", rfc3339(pause.at)}});
    }
    return list;
}

json::object connection_view(Call& call, const FoundConnection& found) {
    const auto& connection = found.connection;
    const bool is_hidden = connection.state == ConnectionState::disabled;
    auto secrets =
        is_hidden ? json::array{} : verbs::secret_views(call.room, call.tx, found, call.now(), verbs::Shown::active);
    const bool has_secret = has_usable(secrets);
    const bool is_stranded = !has_secret && !secrets.empty();
    auto secret_cell = client_secret_cell(found, secrets);
    const bool has_key =
        found.environment.kind == EnvironmentKind::local && !active_client_keys(call.tx, connection.id).empty();
    auto hint = hint_of(found, secrets, has_secret, has_key, is_stranded);
    const auto used = usage::last_of_connection(call.tx, connection.id);
    return {{"connection", found.name()},
            {"app", found.app.name},
            {"tenant", found.tenant.tenant},
            {"environment", found.environment.name},
            {"kind", name_of(found.environment.kind)},
            {"state", name_of(connection.state)},
            {"listed", connection.listed},
            {"client_id", text_or_null(connection.client_id)},
            {"secrets", std::move(secrets)},
            {"keys", is_hidden ? json::array{} : verbs::client_key_views(call.tx, found)},
            {"version", connection.accepted_version == 0 ? found.app.current_version : connection.accepted_version},
            {"current_version", found.app.current_version},
            {"new_version_available", has_new_version(found)},
            {"allowed", connection.state == ConnectionState::connected},
            {"client_id_cell", client_id_cell(connection)},
            {"client_secret_cell", std::move(secret_cell)},
            {"status", status_of(found)},
            {"hint", text_or_null(hint)},
            {"note", call.standing.sees(found.app) ? text_or_null(connection.note) : json::value(nullptr)},
            {"consent", consent_view(connection)},
            {"pauses", pauses_view(connection)},
            {"last_used_at", used ? json::value(rfc3339(used->last_at)) : json::value(nullptr)},
            {"last_used_by", used ? json::value(used->user) : json::value(nullptr)}};
}

}  // namespace jeton::vault
