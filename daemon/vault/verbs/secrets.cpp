// Verbs: secret.generate, secret.list, secret.import, secret.deactivate
#include "daemon/vault/services/secrets.hpp"

#include <fmt/format.h>

#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/secret_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::string secret_string(const SecretText& value) {
    return json::string{json::string_view{value.reveal().data(), value.reveal().size()}, protocol::wiped_storage()};
}

json::value time_or_null(const std::optional<UtcSeconds>& at) {
    return at ? json::value(rfc3339(*at)) : json::value(nullptr);
}

ImportedPair pair_of(protocol::Fields& in) {
    ImportedPair pair;
    pair.client_id = in.secret("client_id");
    pair.client_secret = in.secret("client_secret");
    const auto seconds = in.optional_integer("overlap", 0, std::chrono::seconds{overlap_max}.count());
    if (seconds) pair.overlap = std::chrono::seconds{*seconds};
    if (in.flag("now")) pair.overlap = std::chrono::seconds{0};
    return pair;
}

/// Asks the upstream for a token with the pair before it is taken; the token is kept, so that it was not asked for in
/// vain.
ExchangeNeed trial_of(Call& call, const FoundConnection& checked, const ImportedPair& pair, std::string flight) {
    auto found = checked;
    found.connection.client_id = trim(pair.client_id);
    ExchangeNeed need;
    need.flight = std::move(flight);
    need.connection = found.name();
    need.request = exchange_request(found, SecretText{trim(pair.client_secret)}, {});
    need.land = [&room = call.room, found, flight_key = need.flight](const ExchangeAnswer& answer) -> Landing {
        auto token = judge(answer, expected_claims(found), found.environment.token_endpoint);
        if (!answer.our_own_fault) {
            const auto failure = token ? std::nullopt : std::optional{token.error()};
            room.upstream.note(found.environment.id, failure, room.clock);
        }
        if (!token) return {token.error(), flight_key};
        room.upstream.put(flight_key, found.connection, *std::move(token), room.clock);
        return {std::nullopt, flight_key};
    };
    return need;
}

/// For the operator, who may know: the pair lives in another environment (S23, P10).
Error explain(Call& call, Error refusal, const ImportedPair& pair, const FoundConnection& found) {
    if (refusal.code != Errc::invalid_client) return refusal;
    for (const auto& id : connections::environments_of_client_id(call.tx, trim(pair.client_id))) {
        if (id == found.environment.id) continue;
        const auto other = connections::by_client_id(call.tx, id, trim(pair.client_id));
        if (other) refusal.next = fmt::format("this client ID is the one of {}", complete(call.tx, *other).name());
    }
    return refusal;
}

}  // namespace

json::array secret_views(Transaction& tx, const FoundConnection& found, UtcSeconds now, Shown shown) {
    json::array list;
    for (const auto& secret : secrets::of(tx, found.connection.id)) {
        const bool is_active = secret.is_active(now);
        if (!is_active && shown == Shown::active) continue;
        const auto used = usage::last_of(tx, found.connection.id, secret.prefix);
        list.push_back({{"connection", found.name()},
                        {"prefix", secret.prefix},
                        {"state", is_active ? "active" : "deactivated"},
                        {"created_at", rfc3339(secret.created_at)},
                        {"created_by", secret.created_by},
                        {"last_used_at", used ? json::value(rfc3339(used->last_at)) : json::value(nullptr)},
                        {"last_used_by", used ? json::value(used->user) : json::value(nullptr)},
                        {"deactivates_at", time_or_null(secret.deactivates_at)}});
    }
    return list;
}

Result<Outcome> secret_generate(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto generated = generate_secret(call.tx, call.peer, *name, call.now());
    if (!generated) return generated.error();
    const auto found = find_connection(call.tx, *name);
    if (!found) return found.error();
    json::object answer(protocol::wiped_storage());
    answer["connection"] = name->text();
    answer["client_id"] = found->connection.client_id;
    answer["client_secret"] = secret_string(generated->value);
    answer["prefix"] = generated->secret.prefix;
    answer["created_at"] = rfc3339(generated->secret.created_at);
    return done(std::move(answer));
}

Result<Outcome> secret_list(Call& call) {
    protocol::Fields in{call.body};
    const auto app = in.optional_text("app");
    const auto tenant = in.optional_text("tenant");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    json::array list;
    if (app && tenant) {
        const auto name = parse_connection_name(*app + "/" + *tenant);
        if (!name) return name.error();
        const auto found = find_connection(call.tx, *name);
        if (!found) return found.error();
        return done(secret_views(call.tx, *found, call.now(), Shown::all));
    }
    for (auto& connection : connections::list(call.tx)) {
        const auto found = complete(call.tx, std::move(connection));
        if ((app && found.app.name != *app) || (tenant && found.tenant_name().text() != *tenant)) continue;
        for (auto& view : secret_views(call.tx, found, call.now(), Shown::all)) list.push_back(std::move(view));
    }
    return done(std::move(list));
}

Result<Outcome> secret_import(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto pair = pair_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto checked = check_import(call.tx, *name, pair, call.now());
    if (!checked) return checked.error();
    // Each import tries its own pair: two with one client ID may differ in the secret.
    if (!call.landed) return Outcome{std::nullopt, trial_of(call, *checked, pair, "import/" + random_hex(16))};

    auto token = call.room.upstream.take(call.landed->flight);
    if (call.landed->failure) return explain(call, *call.landed->failure, pair, *checked);
    const auto secret = import_secret(call.tx, call.peer, *name, pair, call.now());
    if (!secret) return secret.error();
    call.room.upstream.drop_connection(checked->connection.id);
    if (token) {
        const auto key = UpstreamTokens::key_of(checked->connection, *secret, {});
        call.room.upstream.put(key, checked->connection, *std::move(token), call.room.clock);
    }
    return done({{"connection", name->text()},
                 {"client_id", trim(pair.client_id)},
                 {"prefix", secret->prefix},
                 {"created_at", rfc3339(secret->created_at)}});
}

Result<Outcome> secret_deactivate(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto prefix = in.text("prefix");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto found = find_connection(call.tx, *name);
    if (!found) return found.error();
    const auto secret = deactivate_secret(call.tx, call.peer, *name, prefix, call.now());
    if (!secret) return secret.error();
    call.room.upstream.drop_connection(found->connection.id);
    const auto message = secret->kind == SecretKind::value
                             ? fmt::format(
                                   "jeton does not use {} any more. It still works at its issuer until it is "
                                   "deactivated there.",
                                   secret->prefix)
                             : fmt::format("{} is refused from now on.", secret->prefix);
    return done(
        {{"connection", name->text()}, {"prefix", secret->prefix}, {"state", "deactivated"}, {"message", message}});
}

}  // namespace jeton::vault::verbs
