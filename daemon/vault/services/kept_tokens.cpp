#include "daemon/vault/services/kept_tokens.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "libclient/protocol/fields.hpp"
#include "libclient/protocol/serialize.hpp"

namespace jeton::vault {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::int64_t rows_at_once = 16;
constexpr std::size_t sealed_limit = 256UZ * 1024;
constexpr std::int64_t life_limit = 24 * 3600;
constexpr std::chrono::seconds worth_keeping = 10s;

/// All of the row is associated data: a token is what it was given for, until when it was given.
std::string row_text(const KeptToken& row) {
    return fmt::format("{}\n{}", row.key.text(), row.expires_at.time_since_epoch().count());
}

/// JSON {token, scope, life, wanted}.
Bytes seal_token(Transaction& tx, const Environment& environment, const KeptToken& row, const SecretText& token,
                 const UpstreamTokens::Held& held) {
    json::object content(protocol::wiped_storage());
    content["token"] = json::string_view{token.reveal().data(), token.reveal().size()};
    content["scope"] = held.scope;
    content["life"] = held.life.count();
    content["wanted"] = held.wanted;
    auto text = protocol::serialize_once(content);
    const auto id = row_text(row);
    auto sealed = seal(tx.data_key(environment),
                       SealedPlace{"token_cache", id, environment.id.text, environment.key_generation}, bytes_of(text));
    protocol::wipe(text);
    return sealed;
}

/// The row does not say under which of the environment's keys it was written: at most two can be meant.
SecretBytes open_row(Transaction& tx, const Environment& environment, const KeptToken& row) {
    const auto id = row_text(row);
    SealedPlace place{"token_cache", id, environment.id.text, environment.key_generation};
    if (environment.retiring_data_key.empty()) return open(tx.data_key(environment), place, row.sealed);
    try {
        return open(tx.data_key(environment), place, row.sealed);
    } catch (const Tampered&) {
        --place.generation;
        return open(tx.data_key(environment, place), place, row.sealed);
    }
}

struct ReadToken {
    UpstreamToken token;
    bool wanted = true;
};

ReadToken read_token(const SecretBytes& opened, const KeptToken& row) {
    const auto value = protocol::parse_strict(text_of(opened.span()), protocol::wiped_storage());
    if (!value) throw Tampered("token_cache", row.key.connection.text);
    protocol::Fields in{*value};
    ReadToken read;
    read.token.access_token = SecretText{in.secret("token")};
    read.token.scope = in.text("scope");
    read.token.life = std::chrono::seconds{in.integer("life", 0, life_limit)};
    read.wanted = in.optional_flag("wanted").value_or(true);  // rows of older versions do not say
    if (in.problem()) throw Tampered("token_cache", row.key.connection.text);
    return read;
}

enum class Taken { held, useless };

/// Throws Tampered.
Taken take_row(Transaction& tx, UpstreamTokens& upstream, const KeptToken& row, const Clock& clock) {
    const auto left = row.expires_at - tx.high_water();
    if (left <= 0s || row.sealed.size() > sealed_limit) return Taken::useless;
    const auto connection = connections::get(tx, row.key.connection);
    if (!connection || connection->state != ConnectionState::connected) return Taken::useless;
    const auto found = complete(tx, *connection);
    const auto usable = usable_secrets(tx, found);
    if (std::ranges::none_of(usable, [&](const Secret& secret) { return secret.id == row.key.secret; }))
        return Taken::useless;
    auto [token, wanted] = read_token(open_row(tx, found.environment, row), row);
    // A wall clock from before the token was given has lost the time since then: nobody knows what is left.
    if (clock.now() < row.expires_at - token.life) return Taken::useless;
    const auto life = token.life;
    if (upstream.find(row.key.text(), clock) == nullptr)
        upstream.hold_again(row.key, std::move(token), std::min(left, life), wanted, clock);
    return Taken::held;
}

Taken take_row_or_tell(Transaction& tx, UpstreamTokens& upstream, const KeptToken& row, const Clock& clock) {
    try {
        return take_row(tx, upstream, row, clock);
    } catch (const Tampered& fault) {
        log::warning("a kept upstream token is left out, and asked for anew: {}", fault.what());
        return Taken::useless;
    }
}

}  // namespace

void keep_token(Transaction& tx, UpstreamTokens& upstream, const TokenKey& key, const Clock& clock) {
    const auto* held = upstream.find(key.text(), clock);
    if (held == nullptr || held->expires.left(clock) < worth_keeping) return;
    const auto connection = connections::get(tx, key.connection);
    if (!connection) return;
    const auto environment = environments::get(tx, connection->environment);
    if (!environment) return;
    for (const auto& row : token_cache::of(tx, key.connection)) {
        if (row.key.scopes == key.scopes && row.key != key) token_cache::erase(tx, row.key);
    }
    KeptToken row{key, {}, tx.high_water() + held->expires.left(clock)};
    row.sealed = seal_token(tx, *environment, row, upstream.open(*held), *held);
    token_cache::put(tx, row);
}

void drop_tokens(Transaction& tx, UpstreamTokens& upstream, const ConnectionId& connection) {
    upstream.drop_connection(connection);
    token_cache::erase_connection(tx, connection);
}

void drop_all_tokens(Transaction& tx, UpstreamTokens& upstream) {
    upstream.clear();
    token_cache::erase_all(tx);
}

void load_tokens(Transaction& tx, UpstreamTokens& upstream, const ConnectionId& connection, const Clock& clock) {
    if (upstream.is_loaded(connection)) return;
    for (const auto& row : token_cache::of(tx, connection)) (void)take_row_or_tell(tx, upstream, row, clock);
    upstream.loaded(connection);
}

void load_slice(Transaction& tx, UpstreamTokens& upstream, KeptWalk& walk, const std::function<bool()>& has_time,
                const Clock& clock) {
    if (walk.done) return;
    do {
        const auto rows = token_cache::after(tx, walk.after, rows_at_once);
        for (const auto& row : rows) {
            // What was dropped or loaded since the store was opened is newer than its row.
            if (upstream.is_loaded(row.key.connection)) continue;
            if (take_row_or_tell(tx, upstream, row, clock) == Taken::useless) token_cache::erase(tx, row.key);
        }
        if (std::cmp_less(rows.size(), rows_at_once)) {
            upstream.all_loaded();
            walk.done = true;
            return;
        }
        walk.after = rows.back().key;
    } while (has_time());
}

void follow_data_keys(Transaction& tx, UpstreamTokens& upstream, KeptWalk& walk, const Clock& clock) {
    std::set<EnvironmentId> changed;
    for (const auto& environment : environments::list(tx)) {
        if (environment.kind != EnvironmentKind::upstream) continue;
        const auto [at, is_new] = walk.generations.try_emplace(environment.id, environment.key_generation);
        const bool moves = is_new ? !environment.retiring_data_key.empty() : at->second != environment.key_generation;
        if (moves) changed.insert(environment.id);
        at->second = environment.key_generation;
    }
    if (changed.empty()) return;
    for (const auto& key : upstream.keys()) {
        const auto connection = connections::get(tx, key.connection);
        if (connection && changed.contains(connection->environment)) keep_token(tx, upstream, key, clock);
    }
}

}  // namespace jeton::vault
