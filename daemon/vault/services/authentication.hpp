/// Which connection a token request or a revocation may use: by client ID and secret, by a local pair, by a signed
/// assertion, or by a binding of the attested peer (S1, S3, S4, S23).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault {

/// The last one: a signed assertion (RFC 7523).
enum class ClientAuthentication { peer, basic, post, assertion };

/// A token request whose form the front has checked. The views live as long as the request's body.
struct TokenRequest {
    std::optional<std::string> environment;  ///< from the path
    std::string host;                        ///< the Host header
    ClientAuthentication authentication = ClientAuthentication::peer;
    std::string_view client_id;
    std::string_view client_secret;
    std::string_view client_assertion;
    /// This request was authenticated before it waited for the upstream: its assertion counts as not shown yet.
    bool is_resumed = false;
    UtcSeconds asked_at{};  ///< by the wall clock, by which assertions are made
    std::optional<std::string> connection;
    std::string scope;
    std::vector<std::string> resources;
    std::int64_t min_ttl = 0;         ///< seconds that must be left
    std::string_view rejected_token;  ///< the token that a resource server refused
};

/// The connection that the caller may use, and how it showed that.
struct Authenticated {
    FoundConnection found;
    std::string credential = {};  ///< prefix of the secret, client ID of the local pair, `kid` of the key; empty for a
                                  ///< binding: names the use that is counted
    std::string via = {};         ///< for the audit: "secret jcs.ab12", "pair jid.…", "key KID", "binding 3f2a9c01"
    std::optional<UtcSeconds> ends =
        {};  ///< when that stops being enough: deadline of a secret, end of pair, key or binding
};

/// Path, host, connection and credentials together name one connection, or the request is refused (RFC 6749 §5.2):
/// `invalid_request` where they contradict each other or choose nothing, `invalid_client` where the caller showed
/// nothing that holds; `operator_note` then says what the caller is not told. Looks at no state of the connection. An
/// assertion that held is used up, in `tx`: the caller keeps that, whatever becomes of the request.
[[nodiscard]] Result<Authenticated> authenticate(Transaction& tx, const Peer& peer, const TokenRequest& request,
                                                 UtcSeconds now);

}  // namespace jeton::vault
