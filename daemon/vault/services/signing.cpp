#include "daemon/vault/services/signing.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/signing_keys.hpp"

namespace jeton::vault {
namespace {

std::size_t rs256_pairs_for(Transaction& tx, const Environment& environment) {
    return environment.kind == EnvironmentKind::local &&
                   signing_key_of(tx, environment).algorithm == SigningAlgorithm::rs256
               ? 1
               : 0;
}

}  // namespace

SigningKey signing_key_of(Transaction& tx, const Environment& environment) {
    auto keys = signing_keys::of(tx, environment.id);
    const auto found = std::ranges::find_if(keys, &SigningKey::signs);
    if (found == keys.end()) throw Tampered("signing_keys", environment.id.text);
    return std::move(*found);
}

std::vector<SigningKey> published_keys(Transaction& tx, const Environment& environment, UtcSeconds now) {
    auto keys = signing_keys::of(tx, environment.id);
    std::erase_if(keys, [at = judged_at(tx, now)](const SigningKey& key) { return !key.is_published(at); });
    const auto signing = std::ranges::find_if(keys, &SigningKey::signs);
    if (signing == keys.end()) throw Tampered("signing_keys", environment.id.text);
    std::rotate(keys.begin(), signing, std::next(signing));
    return keys;
}

ReplacedKey replace_signing_key(Transaction& tx, const Environment& environment, SigningAlgorithm algorithm,
                                KeyPairs& pairs, UtcSeconds now) {
    auto before = signing_key_of(tx, environment);
    before.sealed_private_key.clear();
    before.key_generation = environment.key_generation;  // nothing of it is under an older one
    before.published_until = end_after(tx, now, local_token_life);
    tx.update(before);
    tx.destroys_key();
    auto next = make_signing_key(tx.data_key(environment), environment, pairs.take(algorithm), now);
    tx.insert(next);
    return {std::move(next), std::move(before)};
}

std::string described(const ReplacedKey& replaced) {
    return fmt::format("{} signs ({}), {} is published until {}", replaced.now.kid, name_of(replaced.now.algorithm),
                       replaced.before.kid, rfc3339(*replaced.before.published_until));
}

std::size_t rs256_pairs_for(Transaction& tx, std::string_view environment) {
    const auto found = environments::find(tx, environment);
    return found ? rs256_pairs_for(tx, *found) : 0;
}

std::size_t rs256_pairs_for(Transaction& tx, std::string_view environment, std::string_view algorithm) {
    const auto found = environments::find(tx, environment);
    const bool signs_so = !found || found->kind != EnvironmentKind::local || rs256_pairs_for(tx, *found) != 0;
    return !signs_so && signing_algorithm(algorithm) == SigningAlgorithm::rs256 ? 1 : 0;
}

std::size_t rs256_pairs_for_all(Transaction& tx) {
    std::size_t count = 0;
    for (const auto& environment : environments::list(tx)) count += rs256_pairs_for(tx, environment);
    return count;
}

bool erase_ended_keys(Transaction& tx, UtcSeconds now) {
    const auto ended = signing_keys::ended(tx, judged_at(tx, now));
    for (const auto& key : ended) {
        const auto environment = environments::get(tx, key.environment);
        tx.erase(key);
        tx.append_audit(audit::own_entry(
            now, "key.erased",
            fmt::format("signing key {} of {}", key.kid, environment ? environment->name : key.environment.brief()),
            "its last token has expired"));
    }
    return !ended.empty();
}

}  // namespace jeton::vault
