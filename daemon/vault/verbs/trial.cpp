#include "daemon/vault/verbs/trial.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/kept_tokens.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"

namespace jeton::vault::verbs {
namespace {

/// Asks the upstream for a token with the pair before it is taken; the token is kept, so that it was not asked for in
/// vain. `found`: as it will be with the pair.
ExchangeNeed trial_of(Call& call, const FoundConnection& found, const ImportedPair& pair, std::string flight) {
    ExchangeNeed need;
    need.flight = std::move(flight);
    need.connection = found.name();
    need.request = exchange_request(found, SecretText{trim(pair.client_secret)}, {});
    need.land = [&room = call.room, found, flight_key = need.flight](Transaction& tx,
                                                                     const ExchangeAnswer& answer) -> Landing {
        auto now = found;
        // The first token that lands teaches the issuer: it may have been another's, meanwhile.
        if (auto environment = environments::get(tx, found.environment.id)) now.environment = *std::move(environment);
        const auto expected = expected_claims(tx, now);
        auto token = judge(answer, expected, found.environment.token_endpoint);
        auto& endpoints = room.upstream.endpoints();
        if (!token && token.error().code == Errc::temporarily_unavailable) {
            if (!answer.our_own_fault) {
                (void)endpoints.failed(found.environment.token_endpoint, token.error(), answer.status == 429,
                                       answer.asked_at, room.clock);
            }
        } else {
            endpoints.answered(found.environment.token_endpoint, token ? std::string{} : token.error().what,
                               answer.asked_at, room.clock);
        }
        if (!token) return {token.error(), flight_key};
        Landing landing{std::nullopt, flight_key, lesson_of(*token, expected, found.environment, room.clock.now())};
        room.upstream.put(flight_key, found.connection, *std::move(token), room.clock);
        return landing;
    };
    // Not after the store was sealed, nor where the connection was changed while it waited for its turn.
    need.is_wanted = [&tokens = call.room.upstream, id = found.connection.id,
                      drops = call.room.upstream.drops(found.connection.id)] { return tokens.drops(id) == drops; };
    return need;
}

/// The pair was tried at the endpoint that the environment had then; it must not be taken for another one.
Error moved_meanwhile(const FoundConnection& found) {
    return refuse(Errc::wrong_state,
                  fmt::format("the token endpoint of {} was changed while the pair was tried: nothing was imported",
                              found.environment.name),
                  fmt::format("jeton environment show {}, then import again", found.environment.name));
}

/// For those who may know: the pair lives in another environment (S23, P10).
Error explain(Call& call, Error refusal, const ImportedPair& pair, const FoundConnection& found) {
    if (refusal.code != Errc::invalid_client) return refusal;
    for (auto& other : connections::of_client_id(call.tx, trim(pair.client_id))) {
        if (other.environment == found.environment.id || !call.standing.sees(other)) continue;
        refusal.next = fmt::format("this client ID is the one of {}", complete(call.tx, std::move(other)).name());
    }
    return refusal;
}

std::string tried_at(const FoundConnection& checked) {
    return fmt::format("import/{}/", destination_of(checked.environment));
}

}  // namespace

bool needs_trial(const Call& call) { return !call.landed || call.landed->outdated; }

Outcome try_pair(Call& call, const FoundConnection& checked, const ImportedPair& pair) {
    // Each import tries its own pair: two with one client ID may differ in the secret.
    return {std::nullopt, trial_of(call, checked, pair, tried_at(checked) + random_hex(16))};
}

Result<std::optional<UpstreamToken>> tried_token(Call& call, const FoundConnection& checked, const ImportedPair& pair) {
    auto token = call.room.upstream.take(call.landed->flight);
    if (!call.landed->flight.starts_with(tried_at(checked))) return moved_meanwhile(checked);
    if (call.landed->failure) return explain(call, *call.landed->failure, pair, checked);
    return token;
}

void keep_tried_token(Call& call, const Connection& connection, const Secret& secret,
                      std::optional<UpstreamToken> token) {
    call.drop_tokens(connection.id);
    if (!token) return;
    const auto key = UpstreamTokens::token_key(connection, secret, {});
    call.room.upstream.hold_tried(key, *std::move(token), call.room.clock);
    keep_token(call.tx, call.room.upstream, key, call.room.clock);
}

}  // namespace jeton::vault::verbs
