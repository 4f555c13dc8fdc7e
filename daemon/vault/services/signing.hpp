/// Signing keys of local environments: which one signs, by which ones tokens are checked, and how one follows another.
/// The private half of a key that signs no longer is erased at once; its public half goes when its last token has
/// expired (decision 0028).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// The one key that signs in `environment`, a local one. Throws Tampered where there is none.
[[nodiscard]] SigningKey signing_key_of(Transaction& tx, const Environment& environment);

/// The keys by which a token of `environment` may be checked now, that which signs first: what the JWKS shows.
[[nodiscard]] std::vector<SigningKey> published_keys(Transaction& tx, const Environment& environment, UtcSeconds now);

struct ReplacedKey {
    SigningKey now;
    SigningKey before;  ///< its public half, with the end of its time
};
/// Gives `environment`, a local one, a new key of `algorithm` under its data key of now. The one before it stays
/// published for as long as its last token lives, in the store's time (T48); its private half is erased from all files.
/// The caller writes the audit entry.
[[nodiscard]] ReplacedKey replace_signing_key(Transaction& tx, const Environment& environment,
                                              SigningAlgorithm algorithm, KeyPairs& pairs, UtcSeconds now);
/// For the audit and for people: which key signs instead of which one, and until when that is published.
[[nodiscard]] std::string described(const ReplacedKey& replaced);

/// How many RS256 pairs it takes to rotate the key of this environment, to rotate those of all, or to change what this
/// one signs with; to be made before the change runs. 0 where there is no such environment or algorithm.
[[nodiscard]] std::size_t rs256_pairs_for(Transaction& tx, std::string_view environment);
[[nodiscard]] std::size_t rs256_pairs_for(Transaction& tx, std::string_view environment, std::string_view algorithm);
[[nodiscard]] std::size_t rs256_pairs_for_all(Transaction& tx);

/// Erases the keys whose time is over, with an entry of the vault's own for each. False: there was none.
bool erase_ended_keys(Transaction& tx, UtcSeconds now);

}  // namespace jeton::vault
