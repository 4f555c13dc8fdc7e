#include "cli/declared.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "cli/token_request.hpp"

namespace jeton::cli {
namespace {

constexpr std::array words{
    std::pair{Kind::scope, std::string_view{"scope"}},
    std::pair{Kind::environment, std::string_view{"environment"}},
    std::pair{Kind::tenant, std::string_view{"tenant"}},
    std::pair{Kind::app, std::string_view{"app"}},
    std::pair{Kind::connection, std::string_view{"connection"}},
    std::pair{Kind::binding, std::string_view{"binding"}},
    std::pair{Kind::role, std::string_view{"role"}},
};

constexpr std::array<std::string_view, 2> environment_kinds{"local", "upstream"};
constexpr std::array<std::string_view, 2> presets{"servicetitan-integration", "servicetitan-production"};
constexpr std::array<std::string_view, 3> signing_algs{"EdDSA", "RS256", "ES256"};
constexpr std::array<std::string_view, 2> client_auths{"post", "basic"};
constexpr std::array<std::string_view, 2> configurers{"developer", "tenant"};
constexpr std::array<std::string_view, 4> roles{"operator", "auditor", "developer", "tenant-admin"};

constexpr std::array scope_fields{
    Field{"name", Type::text, Change::names, true},
    Field{"group", Type::text, Change::fixed, true},
    Field{"display_name", Type::text, Change::fixed, true},
};

constexpr std::array environment_fields{
    Field{"environment", Type::text, Change::names, true},
    Field{"kind", Type::text, Change::fixed, false, environment_kinds},
    Field{"preset", Type::text, Change::fixed, false, presets},
    Field{"issuer", Type::text, Change::fixed},
    Field{"signing_alg", Type::text, Change::changes, false, signing_algs},
    Field{"resources", Type::texts},
    Field{"token_endpoint", Type::text},
    Field{"client_auth", Type::text, Change::changes, false, client_auths},
    Field{"ca_file", Type::text},
    Field{"allow_loopback_http", Type::flag},
    Field{"host_aliases", Type::texts},
    Field{"developer_access", Type::flag},
};

constexpr std::array tenant_fields{
    Field{"tenant", Type::text, Change::names, true},
    Field{"name", Type::text, Change::changes, true},
};

constexpr std::array app_fields{
    Field{"app", Type::text, Change::names, true},
    Field{"organization", Type::text, Change::changes, true},
    Field{"homepage", Type::text, Change::changes, true},
    Field{"credentials", Type::text, Change::changes, true, configurers},
    Field{"scopes", Type::texts, Change::changes, true},
    Field{"external_data_guid", Type::text, Change::fixed},
};

constexpr std::array connection_fields{
    Field{"connection", Type::text, Change::names, true},
    Field{"note", Type::text, Change::fixed},
};

constexpr std::array binding_fields{
    Field{"connection", Type::text, Change::names}, Field{"introspect", Type::text, Change::names},
    Field{"app", Type::text, Change::names},        Field{"resource", Type::text, Change::names},
    Field{"user", Type::text, Change::names},       Field{"group", Type::text, Change::names},
    Field{"unit", Type::text, Change::names},       Field{"default", Type::flag},
    Field{"allow_container", Type::flag},           Field{"expires_at", Type::moment},
};

constexpr std::array role_fields{
    Field{"role", Type::text, Change::names, true, roles},
    Field{"app", Type::text, Change::names},
    Field{"tenant", Type::text, Change::names},
    Field{"user", Type::text, Change::names},
    Field{"group", Type::text, Change::names},
    Field{"expires_at", Type::moment},
};

/// "user worker and unit worker.service".
std::string holder_of(const json::object& fields) {
    std::string text;
    for (const std::string_view part : {"user", "group", "unit"}) {
        const auto value = text_of(fields, part);
        if (!value.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : " and ", part, value);
    }
    return text;
}

std::string binding_name(const json::object& fields) {
    auto text = text_of(fields, "connection");
    if (const auto environment = text_of(fields, "introspect"); !environment.empty()) {
        text = "introspect " + environment;
        if (const auto app = text_of(fields, "app"); !app.empty()) text += " of app " + app;
        if (const auto resource = text_of(fields, "resource"); !resource.empty()) text += " of resource " + resource;
    }
    return fmt::format("{} for {}", text, holder_of(fields));
}

std::string role_name(const json::object& fields) {
    const auto of = text_of(fields, "app") + text_of(fields, "tenant");
    return fmt::format("{}{}{} for {}", text_of(fields, "role"), of.empty() ? "" : " ", of, holder_of(fields));
}

/// No text of a name can hold it.
constexpr char between = '\n';

}  // namespace

std::string_view word_of(Kind kind) {
    const auto* const found = std::ranges::find(words, kind, [](const auto& one) { return one.first; });
    return found->second;
}

std::optional<Kind> kind_named(std::string_view word) {
    const auto* const found = std::ranges::find(words, word, [](const auto& one) { return one.second; });
    if (found == words.end()) return std::nullopt;
    return found->first;
}

std::span<const Field> fields_of(Kind kind) {
    switch (kind) {
        case Kind::scope: return scope_fields;
        case Kind::environment: return environment_fields;
        case Kind::tenant: return tenant_fields;
        case Kind::app: return app_fields;
        case Kind::connection: return connection_fields;
        case Kind::binding: return binding_fields;
        case Kind::role: break;
    }
    return role_fields;
}

std::string text_of(const json::object& fields, std::string_view name) {
    const auto* const value = fields.if_contains(name);
    const auto* const text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string{} : std::string{text->data(), text->size()};
}

std::string name_of(Kind kind, const json::object& fields) {
    if (kind == Kind::binding) return binding_name(fields);
    if (kind == Kind::role) return role_name(fields);
    return text_of(fields, fields_of(kind).front().name);
}

std::string key_of(Kind kind, const json::object& fields) {
    std::string key{word_of(kind)};
    for (const auto& field : fields_of(kind)) {
        if (field.change == Change::names) key += between + text_of(fields, field.name);
    }
    return key;
}

std::vector<std::string> keys_of(const Present& present) {
    auto fields = present.fields;
    std::vector<std::string> users{text_of(fields, "user")};
    std::vector<std::string> groups{text_of(fields, "group")};
    if (present.user_id) users.push_back(fmt::format("{}", *present.user_id));
    if (present.group_id) groups.push_back(fmt::format("{}", *present.group_id));
    std::vector<std::string> keys;
    for (const auto& user : users) {
        for (const auto& group : groups) {
            if (!user.empty()) fields["user"] = user;
            if (!group.empty()) fields["group"] = group;
            keys.push_back(key_of(present.kind, fields));
        }
    }
    return keys;
}

std::vector<std::pair<Kind, std::string>> needs_of(Kind kind, const json::object& fields) {
    std::vector<std::pair<Kind, std::string>> needs;
    const auto add = [&](Kind which, std::string name) {
        if (!name.empty()) needs.emplace_back(which, std::move(name));
    };
    const auto connection = text_of(fields, "connection");
    switch (kind) {
        case Kind::scope:
        case Kind::environment: break;
        case Kind::tenant: {
            const auto tenant = text_of(fields, "tenant");
            add(Kind::environment, tenant.substr(tenant.find('@') + 1));
            break;
        }
        case Kind::app:
            if (const auto* const scopes = fields.if_contains("scopes")) {
                for (const auto& one : elements(*scopes)) {
                    const std::string scope{one.as_string().data(), one.as_string().size()};
                    add(Kind::scope, scope.substr(0, scope.rfind(':')));  // of the catalogue: without :r and :w
                }
            }
            break;
        case Kind::connection:
            if (const auto parts = parts_of(connection)) {
                add(Kind::app, std::string{parts->app});
                add(Kind::tenant, fmt::format("{}@{}", parts->tenant, parts->environment));
            }
            break;
        case Kind::binding:
            add(Kind::environment, text_of(fields, "introspect"));
            add(Kind::app, text_of(fields, "app"));
            if (const auto parts = parts_of(connection); parts && parts->tenant == "*") {
                add(Kind::app, std::string{parts->app});
                add(Kind::environment, std::string{parts->environment});
            } else {
                add(Kind::connection, connection);
            }
            break;
        case Kind::role:
            add(Kind::app, text_of(fields, "app"));
            add(Kind::tenant, text_of(fields, "tenant"));
            break;
    }
    return needs;
}

std::string with_environment(const std::string& tenant) {
    return tenant.contains('@') ? tenant : tenant + "@integration";
}

}  // namespace jeton::cli
