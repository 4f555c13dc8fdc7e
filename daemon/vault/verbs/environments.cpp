// Verbs: environment.create, environment.edit, environment.delete, environment.list, environment.show
#include "daemon/vault/services/environments.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

/// How many connections there are is for those who see them all.
json::object row_of(const Call& call, const Environment& environment) {
    const bool signs = environment.kind == EnvironmentKind::local;
    return {
        {"environment", environment.name},
        {"kind", name_of(environment.kind)},
        {"token_endpoint", text_or_null(environment.token_endpoint)},
        {"client_auth", environment.kind == EnvironmentKind::upstream ? json::value(name_of(environment.client_auth))
                                                                      : json::value(nullptr)},
        {"host_aliases", json::value_from(environment.host_aliases)},
        {"ca_file", text_or_null(environment.ca_file)},
        {"allow_loopback_http", environment.allow_loopback_http},
        {"developer_access", environment.developer_access},
        {"issuer", text_or_null(environment.issuer)},
        {"signing_alg",
         signs ? json::value(name_of(signing_key_of(call.tx, environment).algorithm)) : json::value(nullptr)},
        {"resources", json::value_from(environment.resources)},
        {"tenant_claim_required", environment.tenant_claim_required},
        {"connections", call.standing.sees_everything() ? json::value(connections::count(call.tx, environment.id))
                                                        : json::value(nullptr)},
        {"need_import",
         call.standing.sees_everything() ? json::value(count_stranded(call.tx, environment)) : json::value(nullptr)}};
}

/// Public halves; the one that signs comes first.
json::array signing_keys_view(const Call& call, const Environment& environment) {
    json::array keys;
    if (environment.kind != EnvironmentKind::local) return keys;
    for (const auto& key : published_keys(call.tx, environment, call.now())) {
        keys.push_back({{"kid", key.kid},
                        {"alg", name_of(key.algorithm)},
                        {"created_at", rfc3339(key.created_at)},
                        {"published_until",
                         key.published_until ? json::value(rfc3339(*key.published_until)) : json::value(nullptr)}});
    }
    return keys;
}

/// A list is given whole: what it left out is told, because an edit to add one may not have meant that.
void warn_of_gone(json::array& warnings, std::string_view option, const std::vector<std::string>& before,
                  const std::vector<std::string>& after) {
    for (const auto& one : before) {
        if (std::ranges::find(after, one) != after.end()) continue;
        warnings.emplace_back(fmt::format(
            "{0} is gone: {1} replaces the whole list; to have both, name it again by another {1}", one, option));
    }
}

json::value view_of(const Call& call, const Environment& environment) {
    auto view = row_of(call, environment);
    view["signing_keys"] = signing_keys_view(call, environment);
    return view;
}

}  // namespace

Result<Outcome> environment_create(Call& call) {
    protocol::Fields in{call.body};
    NewEnvironment wanted;
    wanted.name = in.text("environment");
    wanted.kind = in.optional_text("kind");
    wanted.preset = in.optional_text("preset");
    wanted.token_endpoint = in.optional_text("token_endpoint");
    wanted.client_auth = in.optional_text("client_auth");
    wanted.host_aliases = in.texts("host_aliases");
    wanted.ca_file = in.optional_text("ca_file");
    wanted.issuer = in.optional_text("issuer");
    wanted.signing_alg = in.optional_text("signing_alg");
    wanted.resources = in.texts("resources");
    wanted.developer_access = in.optional_flag("developer_access");
    wanted.allow_loopback_http = in.flag("allow_loopback_http");
    wanted.if_not_exists = in.flag("if_not_exists");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const bool takes_pair = wanted.signing_alg == name_of(SigningAlgorithm::rs256);
    if (auto first = make_pairs_first(call, takes_pair ? 1 : 0)) return *std::move(first);
    const auto created = create_environment(call.tx, call.peer, wanted, call.now(), call.take_key_pairs());
    if (!created) return created.error();
    return done(view_of(call, *created));
}

Result<Outcome> environment_edit(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("environment");
    EnvironmentEdit edit;
    edit.developer_access = in.optional_flag("developer_access");
    edit.signing_alg = in.optional_text("signing_alg");
    edit.token_endpoint = in.optional_text("token_endpoint");
    edit.client_auth = in.optional_text("client_auth");
    edit.ca_file = in.optional_text("ca_file");
    edit.allow_loopback_http = in.optional_flag("allow_loopback_http");
    edit.import_anew = in.flag("import_anew");
    edit.forget_issuer = in.flag("forget_issuer");
    const auto* aliases = in.array("host_aliases");
    if (aliases != nullptr) edit.host_aliases = in.texts("host_aliases");
    if (in.array("resources") != nullptr) edit.resources = in.texts("resources");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto pairs = edit.signing_alg ? rs256_pairs_for(call.tx, name, *edit.signing_alg) : 0;
    if (auto first = make_pairs_first(call, pairs)) return *std::move(first);
    const auto before = find_environment(call.tx, name);
    const auto edited = edit_environment(call.tx, call.peer, name, edit, call.now(), call.take_key_pairs());
    if (!edited) return edited.error();
    if (edit.forget_issuer) {
        // Tokens that were refused for their issuer are asked for again at once.
        for (const auto& connection : connections::of_environment(call.tx, edited->id)) {
            call.room.upstream.refusals().forget_connection(connection.id.text);
        }
    }
    auto view = view_of(call, *edited);
    json::array warnings;
    if (before) {
        warn_of_gone(warnings, "--host-alias", before->host_aliases, edited->host_aliases);
        warn_of_gone(warnings, "--resource", before->resources, edited->resources);
    }
    view.as_object()["warnings"] = std::move(warnings);
    return done(std::move(view));
}

Result<Outcome> environment_delete(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("environment");
    const auto if_never_allowed = in.flag("if_never_allowed");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto deleted = delete_environment(call.tx, call.peer, name, call.now(), if_never_allowed);
    if (!deleted) return deleted.error();
    for (const auto& connection : deleted->connections) call.drop_tokens(connection);
    const auto& erased = deleted->erased;
    return done({{"environment", deleted->name},
                 {"tenants", deleted->tenants},
                 {"connections", erased.connections},
                 {"message", fmt::format("{} is deleted with its data key, {} tenants, {} connections and {} secrets. "
                                         "This cannot be undone; copies of the database that were made before still "
                                         "hold all of it.",
                                         deleted->name, deleted->tenants, erased.connections, erased.secrets)}});
}

Result<Outcome> environment_list(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    json::array list;
    for (const auto& environment : environments::list(call.tx)) list.push_back(row_of(call, environment));
    return done(std::move(list));
}

Result<Outcome> environment_show(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("environment");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto environment = find_environment(call.tx, name);
    if (!environment) return environment.error();
    return done(view_of(call, *environment));
}

}  // namespace jeton::vault::verbs
