#include "daemon/front/routes/route.hpp"

#include <array>

#include "daemon/front/routes/form.hpp"

namespace jeton::front {
namespace {

std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);  // the slash
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

}  // namespace

std::optional<std::vector<std::pair<std::string_view, std::string>>> match_path(std::string_view pattern,
                                                                                std::string_view path) {
    std::vector<std::pair<std::string_view, std::string>> parameters;
    while (!pattern.empty() && !path.empty()) {
        const auto expected = take_segment(pattern);
        const auto segment = take_segment(path);
        if (!expected.starts_with('{')) {
            if (expected != segment) return std::nullopt;
            continue;
        }
        auto value = path_decode(segment);
        if (!value || value->empty()) return std::nullopt;
        parameters.emplace_back(expected.substr(1, expected.size() - 2), std::move(*value));
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return parameters;
}

Match find_route(std::span<const Routes> tables, std::string_view method, std::string_view path) {
    Match match;
    for (const auto& table : tables) {
        for (const auto& route : table) {
            auto parameters = match_path(route.pattern, path);
            if (!parameters) continue;
            if (route.method == method) {
                match.route = &route;
                match.parameters = std::move(*parameters);
                return match;
            }
            match.allowed.append(match.allowed.empty() ? "" : ", ").append(route.method);
        }
    }
    return match;
}

std::span<const Routes> control_routes() {
    static const std::array tables{store_routes(),      whoami_routes(),     role_routes(),   environment_routes(),
                                   scope_routes(),      tenant_routes(),     app_routes(),    access_routes(),
                                   connection_routes(), secret_routes(),     import_routes(), ticket_claim_routes(),
                                   ticket_routes(),     client_key_routes(), pair_routes(),   binding_routes(),
                                   audit_routes(),      backup_routes(),     doctor_routes()};
    return tables;
}

std::span<const Routes> token_socket_routes() {
    static const std::array tables{whoami_routes(), metadata_routes(), introspection_routes(), revocation_routes(),
                                   ticket_claim_routes()};
    return tables;
}

}  // namespace jeton::front
