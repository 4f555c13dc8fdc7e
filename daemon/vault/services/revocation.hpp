/// Tokens that end before their time: one, for the client that it was given to (RFC 7009), or all that a connection has
/// got so far.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/authentication.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// Revoked tokens of one connection that are remembered one by one. One more ends all that it has got so far.
inline constexpr std::int64_t revoked_tokens_limit = 10'000;

/// RFC 7009 §2.1: authenticates `request` as a token request does, and ends the token `text` where it was given to that
/// client (a bound peer is the client of every connection that it is bound to). Done, and nothing changed, where the
/// token is none of this environment, has ended, or was revoked before (§2.2). Refuses like `authenticate`;
/// `unauthorized_client` for another client's token; `unsupported_token_type` where tokens are issued elsewhere;
/// `invalid_request` where `text` is empty. Throws StoreFault: then nothing is revoked.
[[nodiscard]] Result<void> revoke_token(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                        std::string_view text, UtcSeconds now);

/// Ends all tokens that the connection has got so far: local ones are inactive from now on; those of a token endpoint
/// are the caller's to forget (`drop_tokens`), and live on at their issuer. Refuses: not_found.
[[nodiscard]] Result<FoundConnection> revoke_all_tokens(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                                        UtcSeconds now);

/// Rows of tokens that have ended go, at most a thousand at once, with an entry of the vault's own. Whether any went.
bool forget_expired_revocations(Transaction& tx, UtcSeconds now);

}  // namespace jeton::vault
