// Verbs: role.grant, role.revoke, role.list, role.matrix
#include "daemon/vault/services/roles.hpp"

#include <fmt/format.h>

#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/table.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::object view_of(Transaction& tx, const RoleGrant& grant) {
    const auto place = text_or_null(place_of(tx, grant));
    json::object row{{"id", grant.id.text},
                     {"role", name_of(grant.role)},
                     {"app", grant.role == Role::developer ? place : json::value(nullptr)},
                     {"tenant", grant.role == Role::tenant_admin ? place : json::value(nullptr)}};
    add_identity(row, grant);
    row["expires_at"] = time_or_null(grant.expires_at);
    row["expired"] = grant.is_expired(tx.high_water());
    row["created_at"] = rfc3339(grant.created_at);
    row["created_by"] = grant.created_by;
    return row;
}

WantedRole wanted_of(protocol::Fields& in) {
    WantedRole wanted;
    wanted.role = in.text("role");
    wanted.app = in.optional_text("app");
    wanted.tenant = in.optional_text("tenant");
    wanted.identity = identity_of(in);
    return wanted;
}

/// "operator", "developer dispatcher".
std::string words_of(Transaction& tx, const RoleGrant& grant) {
    const auto place = place_of(tx, grant);
    return fmt::format("{}{}{}", name_of(grant.role), place.empty() ? "" : " ", place);
}

/// `outside` where the grantee is not in `control_group`, to which the control socket belongs.
json::array warnings_of(const RoleGrant& grant, bool outside, const std::string& control_group) {
    json::array warnings;
    if (outside) {
        warnings.emplace_back(
            fmt::format("{0} cannot reach the control socket: it belongs to the group {1}. Add them: "
                        "usermod -aG {1} {0}",
                        grant.user, control_group));
    }
    if (grant.role == Role::developer && grant.app.text.empty()) {
        warnings.emplace_back("Without an app the role lets them create apps; of those they become the developer.");
    }
    return warnings;
}

json::value states_view(const StateSet& states) {
    if (states == StateSet::any()) return nullptr;
    json::array list;
    for (const auto state : {ConnectionState::not_connected, ConnectionState::connected, ConnectionState::disabled}) {
        if (states.has(state)) list.emplace_back(name_of(state));
    }
    return list;
}

json::array roles_view(const Verb& verb) {
    if (verb.for_anyone) return json::array(1, json::value("anyone"));
    json::array list;
    for (const auto role : {Role::host_operator, Role::auditor, Role::developer, Role::tenant_admin}) {
        if (verb.roles.has(role)) list.emplace_back(name_of(role));
    }
    return list;
}

}  // namespace

Result<Outcome> role_grant(Call& call) {
    protocol::Fields in{call.body};
    const auto wanted = wanted_of(in);
    const auto life = lifetime_of(in);
    const auto outside = in.flag("outside_control_group");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto grant = grant_role(call.tx, call.peer, wanted, life, call.now());
    if (!grant) return grant.error();
    auto row = view_of(call.tx, *grant);
    row["warnings"] = warnings_of(*grant, outside, call.room.config.sockets.control_group);
    row["message"] = fmt::format("{} is {} now{}.", described(*grant), words_of(call.tx, *grant),
                                 grant->expires_at ? ", until " + rfc3339(*grant->expires_at) : "");
    return done(std::move(row));
}

Result<Outcome> role_revoke(Call& call) {
    protocol::Fields in{call.body};
    const auto wanted = wanted_of(in);
    (void)in.flag("outside_control_group");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto grant = revoke_role(call.tx, call.peer, wanted, call.now());
    if (!grant) return grant.error();
    auto row = view_of(call.tx, *grant);
    row["message"] = fmt::format("{} is no longer {}.", described(*grant), words_of(call.tx, *grant));
    return done(std::move(row));
}

Result<Outcome> role_list(Call& call) {
    protocol::Fields in{call.body};
    const auto page = Page::read(in);
    const auto user = in.optional_text("user");
    const auto group = in.optional_text("group");
    const auto role = in.optional_text("role");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto grants = roles::list(call.tx);
    std::erase_if(grants, [&](const RoleGrant& grant) {
        return (user && !asks_for_user(grant, *user)) || (group && !asks_for_group(grant, *group)) ||
               (role && name_of(grant.role) != *role);
    });
    const auto key_of = [&](const RoleGrant& grant) {
        return fmt::format("{} {} {}", words_of(call.tx, grant), described(grant), grant.id.text);
    };
    return page_of(std::move(grants), page, key_of, [&](const RoleGrant& grant) { return view_of(call.tx, grant); });
}

Result<Outcome> role_matrix(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    json::array list;
    for (const auto& verb : all_verbs()) {
        if (verb.command.empty()) continue;
        list.push_back({{"verb", verb.name},
                        {"command", fmt::format("jeton {}", verb.command)},
                        {"roles", roles_view(verb)},
                        {"states", states_view(verb.states)},
                        {"about", name_of(verb.about)}});
    }
    return done(std::move(list));
}

}  // namespace jeton::vault::verbs
