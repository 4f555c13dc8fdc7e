// Verbs: binding.add, binding.list
#include "daemon/vault/services/bindings.hpp"

#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value view_of(Transaction& tx, const Binding& binding) {
    auto connection = connections::get(tx, binding.connection);
    if (!connection) throw Tampered("connections", binding.connection.text);
    return {{"id", binding.id.text},
            {"connection", complete(tx, *std::move(connection)).name()},
            {"user", binding.user},
            {"user_id", binding.uid},
            {"default", binding.is_default},
            {"allow_container", binding.allow_container},
            {"created_at", rfc3339(binding.created_at)}};
}

}  // namespace

Result<Outcome> binding_add(Call& call) {
    protocol::Fields in{call.body};
    const auto connection = in.text("connection");
    NewBinding wanted;
    wanted.user = in.text("user");
    wanted.uid = in.integer("user_id", 0, 4294967295);
    wanted.is_default = in.flag("default");
    wanted.allow_container = in.flag("allow_container");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto name = parse_connection_name(connection);
    if (!name) return name.error();
    wanted.connection = *std::move(name);
    const auto added = add_binding(call.tx, call.peer, wanted, call.now());
    if (!added) return added.error();
    return done(view_of(call.tx, *added));
}

Result<Outcome> binding_list(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    json::array list;
    for (const auto& binding : bindings::list(call.tx)) list.push_back(view_of(call.tx, binding));
    return done(std::move(list));
}

}  // namespace jeton::vault::verbs
