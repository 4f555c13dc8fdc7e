#include "cli/present_state.hpp"

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace jeton::cli {
namespace {

constexpr std::string_view listing_of(Kind kind) {
    switch (kind) {
        case Kind::scope: return "/v1/scopes";
        case Kind::environment: return "/v1/environments";
        case Kind::tenant: return "/v1/tenants";
        case Kind::app: return "/v1/apps";
        case Kind::connection: return "/v1/connections";
        case Kind::binding: return "/v1/bindings";
        case Kind::role: break;
    }
    return "/v1/roles";
}

/// Seconds since 1970 of "2027-01-31T00:00:00Z", as the daemon writes it; nothing for anything else.
std::optional<std::int64_t> moment_in(std::string_view text) {
    std::tm parts{};
    const std::string whole{text};
    const auto* const end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return std::int64_t{::timegm(&parts)};
}

/// What stands in a row for nothing does not stand in the object.
bool says_something(const json::value& value) {
    if (value.is_string()) return !value.get_string().empty();
    return !value.is_null();
}

void take_fields(Present& present, const json::value& row) {
    for (const auto& field : fields_of(present.kind)) {
        const auto& value = member(row, field.name);
        if (!says_something(value)) continue;
        if (field.type != Type::moment) {
            present.fields[field.name] = value;
        } else if (const auto moment = moment_in(raw_field(row, field.name))) {
            present.fields[field.name] = *moment;
        }
    }
}

/// "servicetitan-integration" where one of the names that select the environment says so.
std::string_view preset_like(const json::value& row) {
    for (const auto& alias : elements(member(row, "host_aliases"))) {
        if (alias == "auth-integration.servicetitan.io") return "servicetitan-integration";
    }
    return "servicetitan-production";
}

/// A local one has no endpoint, an upstream one learns its issuer and leaves resources to its endpoint.
void shape_environment(Present& present, const json::value& row) {
    auto& fields = present.fields;
    if (raw_field(row, "kind") == "local") {
        for (const std::string_view name : {"token_endpoint", "client_auth", "ca_file", "allow_loopback_http"})
            fields.erase(name);
        return;
    }
    for (const std::string_view name : {"issuer", "resources", "signing_alg"}) fields.erase(name);
    const auto* const from_preset = member(row, "tenant_claim_required").if_bool();
    if (from_preset != nullptr && *from_preset) fields["preset"] = preset_like(row);
}

void shape_binding(Present& present, const json::value& row) {
    auto& fields = present.fields;
    if (raw_field(row, "kind") == "introspection") {
        fields["introspect"] = member(row, "environment");
        fields.erase("connection");
    } else {
        fields.erase("app");  // of a pattern it stands in its connection, too
    }
    for (const std::string_view name : {"default", "allow_container"}) {
        if (const auto* const flag = fields.if_contains(name); flag != nullptr && *flag == false) fields.erase(name);
    }
}

/// An account that is gone has its number alone.
void name_holder(Present& present, const json::value& row) {
    present.user_id = integer(row, "user_id");
    present.group_id = integer(row, "group_id");
    const auto name = [&](std::string_view part, const std::optional<std::int64_t>& number) {
        if (number && !present.fields.contains(part)) present.fields[part] = fmt::format("{}", *number);
    };
    name("user", present.user_id);
    name("group", present.group_id);
}

}  // namespace

Present present_of(Kind kind, const json::value& row) {
    Present present{.kind = kind};
    take_fields(present, row);
    switch (kind) {
        case Kind::scope: present.state = raw_field(row, "source"); break;
        case Kind::environment: shape_environment(present, row); break;
        case Kind::tenant:
            present.fields["tenant"] = fmt::format("{}@{}", raw_field(row, "tenant"), raw_field(row, "environment"));
            break;
        case Kind::app: break;
        case Kind::connection: {
            present.state = raw_field(row, "state");
            const auto* const listed = member(row, "listed").if_bool();
            present.listed = listed == nullptr || *listed;
            break;
        }
        case Kind::binding:
            present.id = raw_field(row, "id");
            shape_binding(present, row);
            name_holder(present, row);
            break;
        case Kind::role: name_holder(present, row); break;
    }
    return present;
}

Result<std::vector<Present>> ask_present(Context& context, const std::set<Kind>& kinds) {
    std::vector<Present> all;
    // First what fewest may list: who may not is told before the long listings are asked for.
    constexpr std::array asked{Kind::role, Kind::binding, Kind::environment, Kind::scope,
                               Kind::app,  Kind::tenant,  Kind::connection};
    for (const auto kind : asked) {
        if (!kinds.contains(kind)) continue;
        const auto answer = context.ask_all(Call::get(std::string{listing_of(kind)}));
        if (!answer) return std::unexpected{answer.error()};
        for (const auto& row : elements(answer->tree)) all.push_back(present_of(kind, row));
    }
    return all;
}

std::set<Kind> with_needed(std::set<Kind> kinds) {
    const auto needs = [&](Kind kind, std::initializer_list<Kind> others) {
        if (kinds.contains(kind)) kinds.insert(others);
    };
    needs(Kind::role, {Kind::app, Kind::tenant});
    needs(Kind::binding, {Kind::environment, Kind::app, Kind::connection});
    needs(Kind::connection, {Kind::app, Kind::tenant});
    needs(Kind::app, {Kind::scope});
    needs(Kind::tenant, {Kind::environment});
    return kinds;
}

}  // namespace jeton::cli
