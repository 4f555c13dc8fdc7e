/// Where upstream secrets go. A secret is imported for one destination (token endpoint, CA file, client authentication)
/// and is never sent to another one: where its environment's destination was changed it is *stranded*, until its pair
/// is imported anew or the change is taken back.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/base/error.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/upstream_answer.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Of the environment as it is now; empty where it is local.
[[nodiscard]] std::string destination_of(const Environment& environment);

/// Imported for another destination than the environment has now.
[[nodiscard]] bool is_stranded(const Secret& secret, const Environment& environment);

/// Active and not stranded, oldest first.
[[nodiscard]] std::vector<Secret> usable_secrets(Transaction& tx, const FoundConnection& found);
/// Active and stranded, oldest first.
[[nodiscard]] std::vector<Secret> stranded_secrets(Transaction& tx, const FoundConnection& found);

/// Why a stranded secret is of no use, and what to do, for a person.
[[nodiscard]] std::string stranded_text(const Secret& secret, const FoundConnection& found);

/// Why an upstream connection gets no token although it is connected: no active secret, or stranded ones alone.
/// `temporarily_unavailable`; what only the operator is told stands in `operator_note`.
[[nodiscard]] Error lacks_secret(Transaction& tx, const FoundConnection& found);

/// How many connections of the environment have active secrets, all of them stranded.
[[nodiscard]] std::size_t count_stranded(Transaction& tx, const Environment& environment);
/// How many of them have an active secret that would be stranded were the destination another one.
[[nodiscard]] std::size_t count_bound(Transaction& tx, const Environment& environment);

/// Secrets of a store older than schema 3 name no destination: theirs is the one that the environment has had since it
/// was made. Before that changes, this seals each of them to it. The caller writes the audit entry.
void name_destinations(Transaction& tx, const Environment& before);

/// The request that sends `secret` to its environment's destination. Its seal is opened with the very destination that
/// stands in the request: one for anywhere else cannot be made. Throws Tampered where the secret is stranded (callers
/// look first) or altered.
[[nodiscard]] ExchangeRequest sealed_request(Transaction& tx, const FoundConnection& found, const Secret& secret,
                                             std::string scope);

/// Where a sealed secret belongs: its row, its environment, for an upstream secret its own destination, and the
/// generation of the data key that it is sealed under. `place` looks into it.
struct SecretPlace {
    std::string id;
    std::string environment_text;
    std::int64_t generation;
    [[nodiscard]] SealedPlace place() const { return {"secrets", id, environment_text, generation}; }
};
[[nodiscard]] SecretPlace place_of(const Secret& secret, const Environment& environment);

}  // namespace jeton::vault
