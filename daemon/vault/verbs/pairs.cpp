// Verbs: pair.create, pair.list, pair.revoke
#include "daemon/vault/services/pairs.hpp"

#include <map>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/page_by_connection.hpp"
#include "daemon/vault/verbs/pair_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault {
namespace {

struct ListedPair {
    Pair pair;
    std::string connection;
};

}  // namespace

json::object pair_view(Transaction& tx, const Pair& pair, std::string_view connection) {
    const auto used = usage::last_of(tx, pair.connection, pair.client_id);
    json::object row{{"client_id", pair.client_id}, {"connection", connection}, {"prefix", pair.prefix}};
    add_identity(row, pair);
    row["unit"] = text_or_null(pair.unit);
    row["expires_at"] = time_or_null(pair.expires_at);
    row["created_at"] = rfc3339(pair.created_at);
    row["created_by"] = pair.created_by;
    row["state"] = state_of(pair, tx.high_water());
    row["last_used_at"] = used ? json::value(rfc3339(used->last_at)) : json::value(nullptr);
    row["last_used_by"] = used ? json::value(used->user) : json::value(nullptr);
    return row;
}

namespace verbs {

Result<Outcome> pair_create(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto identity = identity_of(in);
    const auto life = lifetime_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto created = create_pair(call.tx, call.peer, *name, identity, life, call.now());
    if (!created) return created.error();
    json::object answer(pair_view(call.tx, created->pair, name->text()), protocol::wiped_storage());
    answer["client_secret"] = secret_string(created->value);
    answer["message"] =
        fmt::format("This client secret is visible only once. It serves {} on this host, and nobody anywhere else.",
                    described(created->pair));
    return done(std::move(answer));
}

Result<Outcome> pair_list(Call& call) {
    protocol::Fields in{call.body};
    const auto connection = in.optional_text("connection");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    std::vector<ListedPair> rows;
    if (connection) {
        const auto name = parse_connection_name(*connection);
        if (!name) return name.error();
        const auto found = find_visible(call.tx, call.standing, *name);
        if (!found) return found.error();
        for (auto& pair : pairs::of_connection(call.tx, found->connection.id)) {
            rows.push_back({std::move(pair), found->name()});
        }
    } else if (pairs::count(call.tx) > sorted_at_most) {
        return page_by_connection(call, page, {}, [&](const FoundConnection& found) {
            std::vector<KeyedRow> of_it;
            for (const auto& pair : pairs::of_connection(call.tx, found.connection.id))
                of_it.push_back({pair.client_id, pair_view(call.tx, pair, found.name())});
            return of_it;
        });
    } else {
        std::map<ConnectionId, std::string> names;
        for (auto& pair : pairs::list(call.tx)) {
            auto& known = names[pair.connection];
            if (known.empty()) known = connection_with(call.tx, pair.connection).name();
            rows.push_back({std::move(pair), known});
        }
    }
    return page_of(
        std::move(rows), page, [](const ListedPair& row) { return row.connection + " " + row.pair.client_id; },
        [&](const ListedPair& row) { return pair_view(call.tx, row.pair, row.connection); });
}

Result<Outcome> pair_revoke(Call& call) {
    protocol::Fields in{call.body};
    const auto client_id = in.text("client_id");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto revoked = revoke_pair(call.tx, call.peer, client_id, call.now());
    if (!revoked) return revoked.error();
    return done(
        {{"client_id", revoked->client_id},
         {"state", "revoked"},
         {"message", fmt::format("{} is refused from now on. Tokens that it fetched before live out their life.",
                                 revoked->client_id)}});
}

}  // namespace verbs
}  // namespace jeton::vault
