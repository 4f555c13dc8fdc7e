/// Rows behind the names that people type. Absent is refused as `not_found` with the command that lists what there is.
#pragma once

#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/tenant.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// A connection with the three rows it is made of.
struct FoundConnection {
    App app;
    Environment environment;
    Tenant tenant;
    Connection connection;

    [[nodiscard]] TenantName tenant_name() const { return {tenant.tenant, environment.name}; }
    [[nodiscard]] ConnectionName full_name() const { return {app.name, tenant_name()}; }
    [[nodiscard]] std::string name() const { return full_name().text(); }
};

/// A tenant with its environment.
struct FoundTenant {
    Environment environment;
    Tenant tenant;
};

/// `TENANT@ENVIRONMENT` of a tenant's row. Throws Tampered where its environment is missing.
[[nodiscard]] TenantName name_of(Transaction& tx, const Tenant& tenant);

/// `wrong_state`, in the words of the portal, with what to do: Not Connected Yet, disabled, connected already.
[[nodiscard]] Error state_refusal(const FoundConnection& found);

/// `not_found` of a name, whether it does not exist or is not the caller's to see: both answers must be alike (S27).
[[nodiscard]] Error absent_app(std::string_view name);
[[nodiscard]] Error absent_tenant(const TenantName& name);
[[nodiscard]] Error absent_connection(const ConnectionName& name);
/// Whom to ask for what where an app does not list a tenant (S27).
[[nodiscard]] std::string how_to_list(const ConnectionName& name);

[[nodiscard]] Result<Environment> find_environment(Transaction& tx, std::string_view name);
[[nodiscard]] Result<FoundTenant> find_tenant(Transaction& tx, const TenantName& name);
[[nodiscard]] Result<App> find_app(Transaction& tx, std::string_view name);
/// An app that does not list the tenant answers like an app that does not exist (S27).
[[nodiscard]] Result<FoundConnection> find_connection(Transaction& tx, const ConnectionName& name);
/// The rows of a connection that was found otherwise. Throws Tampered where one is missing.
[[nodiscard]] FoundConnection complete(Transaction& tx, Connection connection);
/// The connection that another row names. Throws Tampered where it, or one of its rows, is missing.
[[nodiscard]] FoundConnection connection_with(Transaction& tx, const ConnectionId& id);

}  // namespace jeton::vault
