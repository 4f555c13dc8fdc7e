/// All that is sealed under the data key of an environment: where each value belongs, and how it moves to a new key.
/// A table with a sealed column has its line here, or its values are lost with the next rotation; a test holds this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/domain/pair.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/domain/ticket.hpp"
#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

// Where a sealed value belongs, under the generation of the data key that it is sealed under. What is sealed anew
// takes its environment's generation first. Views look into the arguments. Of a signing key: issuer.hpp; of a
// secret: destinations.hpp.

[[nodiscard]] SealedPlace place_of(const Pair& pair, const Environment& environment);
[[nodiscard]] SealedPlace place_of(const Ticket& ticket, const Environment& environment);

/// How far a walk over all sealed rows has come. A value: a slice that was not committed is walked again from a copy.
struct SealedWalk {
    std::size_t table = 0;  ///< which of `sealed_tables`
    std::string after;      ///< id of the last row seen in it
    [[nodiscard]] bool is_at_end() const;
};

/// The tables that are walked, in this order.
[[nodiscard]] std::vector<std::string_view> sealed_tables();

/// Looks at the next `limit` rows of one table; those of `environment` that are under its retiring key are sealed under
/// its data key of now. Gives back how many. What is inserted meanwhile is under the key of now already, so that a walk
/// that began after the rotation did misses none. Writes no audit entry. Throws Tampered, StoreFault.
[[nodiscard]] std::int64_t reseal_next(Transaction& tx, const Environment& environment, SealedWalk& walk,
                                       std::int64_t limit);

}  // namespace jeton::vault
