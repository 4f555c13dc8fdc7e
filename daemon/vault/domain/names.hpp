/// The names people type: environment, app, tenant, connection, scope, and free text beside them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"

namespace jeton::vault {

/// `TENANT@ENVIRONMENT`.
struct TenantName {
    std::string tenant;
    std::string environment;
    [[nodiscard]] std::string text() const { return tenant + "@" + environment; }
};

/// `APP/TENANT@ENVIRONMENT`.
struct ConnectionName {
    std::string app;
    TenantName tenant;
    [[nodiscard]] std::string text() const { return app + "/" + tenant.text(); }
};

/// `[a-z0-9][a-z0-9-]{0,62}`, not a reserved word of the socket's paths. Refuses `bad_input`.
[[nodiscard]] Result<void> check_environment_name(std::string_view name);
/// The same grammar for apps.
[[nodiscard]] Result<void> check_app_name(std::string_view name);
/// `[A-Za-z0-9._-]{1,120} @ environment`. Refuses `bad_input`.
[[nodiscard]] Result<TenantName> parse_tenant_name(std::string_view text);
/// The environment of a tenant that is named without one (S36).
inline constexpr std::string_view usual_environment = "integration";
/// The same, where `TENANT` alone is one of `usual_environment`.
[[nodiscard]] Result<TenantName> parse_new_tenant_name(std::string_view text);
[[nodiscard]] Result<ConnectionName> parse_connection_name(std::string_view text);

/// Free text for people (organization, note, reason): UTF-8 without control, bidi or line-separator characters
/// (T23), 1 (or 0 where `may_be_empty`) to `limit` characters. Refuses `bad_input` naming `field`.
[[nodiscard]] Result<void> check_free_text(std::string_view field, std::string_view text, std::size_t limit,
                                           bool may_be_empty = false);

}  // namespace jeton::vault
