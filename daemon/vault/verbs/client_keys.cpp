// Verbs: client_key.add, client_key.list, client_key.remove
#include "daemon/vault/services/client_keys.hpp"

#include <fmt/format.h>

#include "daemon/vault/issuer/public_key.hpp"
#include "daemon/vault/store/client_keys.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/client_key_view.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {

json::object client_key_view(Transaction& tx, const FoundConnection& found, const ClientKey& key) {
    const auto used = usage::last_of(tx, key.connection, key.kid);
    return {{"connection", found.name()},
            {"kid", key.kid},
            {"algorithm", name_of(key.algorithm)},
            {"state", state_of(key, tx.high_water())},
            {"jwk", jwk_of({key.algorithm, key.public_key})},
            {"created_at", rfc3339(key.created_at)},
            {"created_by", key.created_by},
            {"expires_at", time_or_null(key.expires_at)},
            {"last_used_at", used ? json::value(rfc3339(used->last_at)) : json::value(nullptr)},
            {"last_used_by", used ? json::value(used->user) : json::value(nullptr)}};
}

json::array client_key_views(Transaction& tx, const FoundConnection& found) {
    json::array list;
    for (const auto& key : client_keys::of(tx, found.connection.id)) list.push_back(client_key_view(tx, found, key));
    return list;
}

Result<Outcome> client_key_add(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    // A private key that was given by mistake is no more than looked at.
    const auto text = in.secret("key");
    const auto life = lifetime_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = configured_by(call, name);
    if (!found) return found.error();
    const auto added = add_client_key(call.tx, call.peer, *name, text, life, call.now());
    if (!added) return added.error();
    auto view = client_key_view(call.tx, *found, *added);
    view["client_id"] = found->connection.client_id;
    view["audience"] = assertion_audience(found->environment);
    view["message"] = fmt::format(
        "Whoever holds the private key gets tokens of {} by private_key_jwt: iss and sub {}, aud {}, kid {} or none.",
        found->name(), found->connection.client_id, assertion_audience(found->environment), added->kid);
    return done(std::move(view));
}

Result<Outcome> client_key_list(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto found = find_visible(call.tx, call.standing, *name);
    if (!found) return found.error();
    return done(client_key_views(call.tx, *found));
}

Result<Outcome> client_key_remove(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto kid = in.text("kid");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = configured_by(call, name);
    if (!found) return found.error();
    const auto removed = remove_client_key(call.tx, call.peer, *name, kid, call.now());
    if (!removed) return removed.error();
    return done(
        {{"connection", found->name()},
         {"kid", removed->kid},
         {"message",
          fmt::format("{} is refused from now on. Tokens that it fetched before live out their life.", removed->kid)}});
}

}  // namespace jeton::vault::verbs
