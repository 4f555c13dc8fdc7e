// Verbs: token.issue, token.repeat, token.introspect, token.revoke, token.revoke_all, usage.report, jwks.show,
// metadata.show
#include "daemon/vault/services/tokens.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <tuple>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/access.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/introspection.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/revocation.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/verbs/longest_life.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

constexpr std::int64_t min_ttl_limit = 24 * 3600;
constexpr std::int64_t uses_counted = 1'000'000'000'000;
constexpr std::int64_t uses_noted_at_once = 256;  ///< of one process and one token

/// How fetches stand in the audit, where each has its entry.
enum class Entries {
    together,   ///< they were counted before they were to have entries: one, with their number
    one_by_one  ///< an entry for each
};

Result<ClientAuthentication> authentication_of(std::string_view method) {
    if (method == "peer") return ClientAuthentication::peer;
    if (method == "basic") return ClientAuthentication::basic;
    if (method == "post") return ClientAuthentication::post;
    if (method == "assertion") return ClientAuthentication::assertion;
    return bad_body("member \"method\" must be peer, basic, post or assertion");
}

Result<TokenRequest> request_of(const json::value& body) {
    protocol::Fields in{body};
    TokenRequest request;
    request.environment = in.optional_text("environment");
    request.host = in.text_or("host", "");
    request.connection = in.optional_text("connection");
    request.scope = in.text_or("scope", "");
    request.resources = in.texts("resources");
    request.min_ttl = in.optional_integer("min_ttl", 0, min_ttl_limit).value_or(0);
    request.rejected_token = in.optional_secret("rejected_token");
    const auto* auth = in.object("auth");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (auth == nullptr) return bad_body("member \"auth\" is missing");
    const auto& how_value = body.get_object().at("auth");
    protocol::Fields how{how_value};
    const auto method = authentication_of(how.text("method"));
    request.client_id = how.optional_secret("client_id");
    request.client_secret = how.optional_secret("client_secret");
    request.client_assertion = how.optional_secret("client_assertion");
    if (auto problem = how.problem()) return bad_body(*std::move(problem));
    if (!method) return method.error();
    request.authentication = *method;
    return request;
}

json::value answer_of(const IssuedToken& issued, bool each_is_noted) {
    json::object answer(protocol::wiped_storage());
    const auto token = issued.access_token.reveal();
    answer["access_token"] = json::string_view{token.data(), token.size()};
    answer["token_type"] = "Bearer";
    answer["expires_in"] = issued.left.count();
    answer["scope"] = issued.scope;
    answer["connection"] = issued.connection;
    if (!issued.app_key.empty()) answer["app_key"] = issued.app_key;
    answer["reuse_seconds"] = issued.reuse.count();
    if (each_is_noted) answer["noted_each"] = true;
    if (!issued.secret_prefix.empty()) answer["secret_prefix"] = issued.secret_prefix;
    answer["via"] = issued.via;
    return answer;
}

/// What fetches leave behind: entries, or a count. Gives back the use, which where each fetch has its entry is to be
/// added up; without a connection, where that is not there any more.
Usage account(Call& call, const IssuedToken& issued, UtcSeconds at, std::int64_t count, Entries entries) {
    Usage used;
    const auto name = parse_connection_name(issued.connection);
    if (!name) return used;
    auto entry = entry_of(call.peer,
                          {.event = "token.issued",
                           .subject = issued.connection,
                           .connection = issued.connection,
                           .tenant = name->tenant.text()},
                          at);
    entry.count = count;
    entry.via = issued.via.empty() ? "token" : issued.via;
    if (const auto found = find_connection(call.tx, *name)) used.connection = found->connection.id;
    used.secret_prefix = issued.secret_prefix;
    used.uid = call.peer.uid;
    used.user = call.peer.name();
    used.count = count;
    used.last_at = at;
    if (!call.room.config.audit.every_token) {
        call.room.tally.count_token(entry, used);
    } else if (entries == Entries::together) {
        call.tx.append_audit(entry);
    } else {
        entry.count = 1;
        for (std::int64_t i = 0; i < count; ++i) call.tx.append_audit(entry);
    }
    return used;
}

/// Uses of one connection, by one secret and one user, as one.
class Sums {
public:
    void add(const Usage& used) {
        if (used.connection.text.empty()) return;
        const auto [sum, is_first] = sums_.try_emplace({used.connection.text, used.secret_prefix, used.uid}, used);
        if (is_first) return;
        sum->second.count += used.count;
        sum->second.last_at = std::max(sum->second.last_at, used.last_at);
    }
    void write(Transaction& tx) const {
        for (const auto& [key, used] : sums_) usage::add(tx, used);
    }

private:
    std::map<std::tuple<std::string, std::string, std::int64_t>, Usage> sums_;
};

/// The uses that the front tells of, each on behalf of who asked it.
Result<void> account_each(Call& call, const json::array& uses, Entries entries) {
    const auto most = entries == Entries::together ? uses_counted : uses_noted_at_once;
    Sums sums;
    for (const auto& value : uses) {
        protocol::Fields in{value};
        Peer user;
        user.uid = in.integer("uid", 0, 4294967295);
        user.user = in.text_or("user", "");
        user.pid = in.optional_integer("pid", 0, 4194304).value_or(0);
        user.command = in.text_or("command", "");
        user.unit = in.text_or("unit", "");
        IssuedToken issued;
        issued.connection = in.text("connection");
        issued.secret_prefix = in.text_or("secret_prefix", "");
        issued.via = in.text_or("via", "");
        const auto count = in.integer("count", 1, most);
        const auto last_at = in.integer("last_at", 0, 253402300799);
        if (auto problem = in.problem()) return bad_body(*std::move(problem));
        Call on_behalf{call.tx, user, call.standing, call.body, call.room, std::nullopt};
        const auto used = account(on_behalf, issued, UtcSeconds{std::chrono::seconds{last_at}}, count, entries);
        // What the front repeats is a use, too: the token is replaced before it ends.
        call.room.upstream.note_repeated(used.connection, call.room.clock);
        sums.add(used);
    }
    if (call.room.config.audit.every_token) sums.write(call.tx);
    return {};
}

/// The environment that a body names, where jeton itself is the authorization server. What else there may be is not
/// told.
Result<Environment> local_environment(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("environment");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto environment = environments::find(call.tx, name);
    if (environment && environment->kind == EnvironmentKind::local) return *std::move(environment);
    // Anybody may ask: what there is besides, and how it is called, is nobody's.
    return refuse(Errc::not_found, "there is no authorization server of that name on this host",
                  "who operates this host knows its environments: jeton environment list");
}

}  // namespace
}  // namespace jeton::vault::verbs

namespace jeton::vault {

ExchangeNeed need_of(Room& room, TokenFetch fetch) {
    ExchangeNeed need;
    need.flight = fetch.key.text();
    need.connection = fetch.name;
    const auto shared = std::make_shared<TokenFetch>(std::move(fetch));
    need.request = std::move(shared->request);
    shared->request = {};
    shared->request.endpoint = need.request.endpoint;
    need.land = [shared, &room](Transaction& tx, const ExchangeAnswer& answer) {
        return land_token(tx, *shared, answer, {room.upstream, room.sightings}, room.clock);
    };
    need.is_wanted = [shared, &room] { return is_wanted(*shared, room.upstream); };
    return need;
}

}  // namespace jeton::vault

namespace jeton::vault::verbs {

std::chrono::seconds longest_life(Call& call, const ConnectionId& connection) {
    auto& upstream = call.room.upstream;
    load_tokens(call.tx, upstream, connection, call.room.clock);
    return std::max(token_life_limit, upstream.longest_left(connection, call.room.clock));
}

Result<Outcome> token_issue(Call& call) {
    auto request = request_of(call.body);
    if (!request) return request.error();
    request->asked_at = call.now();
    request->is_resumed = call.landed.has_value();
    auto decision = decide_token(call.tx, call.peer, *request, call.room.upstream, call.room.clock, call.landed);
    // A request that is refused after all has used its assertion up.
    if (!decision && request->authentication == ClientAuthentication::assertion) return kept_refusal(decision.error());
    if (!decision) return decision.error();
    Outcome outcome;
    if (decision->token) {
        const bool each_is_noted = call.room.config.audit.every_token;
        const auto used = account(call, *decision->token, call.now(), 1, Entries::one_by_one);
        if (each_is_noted) usage::add(call.tx, used);
        outcome.done = answer_of(*decision->token, each_is_noted);
    }
    if (decision->fetch) outcome.need = need_of(call.room, *std::move(decision->fetch));
    return outcome;
}

Result<Outcome> token_repeat(Call& call) {
    protocol::Fields in{call.body};
    const auto epoch = in.integer("epoch", 0, std::numeric_limits<std::int64_t>::max());
    const auto* entries = in.array("entries");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (entries == nullptr) return bad_body("member \"entries\" is missing");
    // What was decided before the last change is decided anew.
    if (epoch != call.tx.epoch()) return done({{"noted", false}});
    if (const auto accounted = account_each(call, *entries, Entries::one_by_one); !accounted) return accounted.error();
    return done({{"noted", true}});
}

Result<Outcome> token_introspect(Call& call) {
    protocol::Fields in{call.body};
    const auto environment = in.text("environment");
    const auto token = in.secret("token");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto members = introspect_token(call.tx, call.peer, environment, token, call.now());
    if (!members) return members.error();
    // Nothing beside the word: an inactive token tells no reason (RFC 7662 §2.2).
    return done(*members ? json::value(**std::move(members)) : json::value{{"active", false}});
}

Result<Outcome> token_revoke(Call& call) {
    protocol::Fields in{call.body};
    const auto token = in.optional_secret("token");
    const auto* client = in.object("client");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (client == nullptr) return bad_body("member \"client\" is missing");
    auto request = request_of(call.body.get_object().at("client"));
    if (!request) return request.error();
    request->asked_at = call.now();
    const auto revoked = revoke_token(call.tx, call.peer, *request, token, call.now());
    // A request that is refused after all has used its assertion up.
    if (!revoked && request->authentication == ClientAuthentication::assertion) return kept_refusal(revoked.error());
    if (!revoked) return revoked.error();
    return done(json::object{});
}

Result<Outcome> token_revoke_all(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto found = revoke_all_tokens(call.tx, call.peer, *name, call.now());
    if (!found) return found.error();
    const auto end = rfc3339(call.now() + longest_life(call, found->connection.id));
    call.drop_tokens(found->connection.id);
    const bool is_local = found->environment.kind == EnvironmentKind::local;
    return done({{"connection", found->name()},
                 {"kind", name_of(found->environment.kind)},
                 {"still_accepted_until", end},
                 {"message",
                  is_local ? fmt::format("All tokens of {} that were issued so far are inactive. A program that looks "
                                         "at the signature alone accepts them until they end, by {}.",
                                         found->name(), end)
                           : fmt::format("The daemon has forgotten the tokens of {}: programs get fresh ones. Their "
                                         "issuer still honours those already handed out until they end, by {}.",
                                         found->name(), end)}});
}

Result<Outcome> usage_report(Call& call) {
    protocol::Fields in{call.body};
    const auto* entries = in.array("entries");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (entries == nullptr) return bad_body("member \"entries\" is missing");
    if (const auto accounted = account_each(call, *entries, Entries::together); !accounted) return accounted.error();
    return done(json::object{});
}

Result<Outcome> jwks_show(Call& call) {
    const auto environment = local_environment(call);
    if (!environment) return environment.error();
    return done(key_set(published_keys(call.tx, *environment, call.now())));
}

Result<Outcome> metadata_show(Call& call) {
    const auto environment = local_environment(call);
    if (!environment) return environment.error();
    return done(server_metadata(*environment));
}

}  // namespace jeton::vault::verbs
