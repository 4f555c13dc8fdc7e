/// An isolated world: own data key, signing key, client IDs, issuer and host aliases (S4, S22, S23).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/id.hpp"
#include "daemon/vault/domain/signing_algorithm.hpp"

namespace jeton::vault {

/// `local`: jeton issues pairs and signs tokens. `upstream`: pairs come from a portal elsewhere and are exchanged
/// there.
enum class EnvironmentKind { local, upstream };

/// How the exchange authenticates at the token endpoint (RFC 6749 §2.3.1).
enum class ClientAuth { post, basic };

struct Environment {
    EnvironmentId id;
    std::string name;
    EnvironmentKind kind = EnvironmentKind::local;
    std::string token_endpoint;  ///< absolute URL; upstream only
    ClientAuth client_auth = ClientAuth::post;
    std::vector<std::string>
        host_aliases;                    ///< `Host` values that select this environment; unique over all environments
    std::string ca_file;                 ///< PEM; empty = the system's authorities
    bool allow_loopback_http = false;    ///< plain http to this host's own loopback
    bool developer_access = false;       ///< may developers hold secrets here (S35)
    bool tenant_claim_required = false;  ///< a token without a `tenant` claim is a mismatch
    /// `local`: who the tokens say made them (RFC 8414). `upstream`: the one that the first token named; every other
    /// one is a mismatch. Empty until then.
    std::string issuer;
    std::int64_t key_generation = 1;  ///< grows when the data key is rotated
    Bytes wrapped_data_key;           ///< under the root key
    Bytes retiring_data_key;  ///< the one before it, also wrapped, while rows are still sealed under it; empty: none
    /// `local`: whom a token may be for beside the issuer (RFC 8707): absolute URIs, compared byte by byte.
    std::vector<std::string> resources;
    bool rotation_pending = false;  ///< the data key is rotated once more when the retiring one is erased
    UtcSeconds created_at{};
};

[[nodiscard]] std::string_view name_of(EnvironmentKind kind);
[[nodiscard]] std::optional<EnvironmentKind> environment_kind(std::string_view name);
[[nodiscard]] std::string_view name_of(ClientAuth auth);
[[nodiscard]] std::optional<ClientAuth> client_auth(std::string_view name);

/// What tokens of a local environment are signed with. One of its keys signs; those that did before it are public
/// halves, by which their last tokens are checked.
struct SigningKey {
    SigningKeyId id;
    EnvironmentId environment;
    std::string kid;                  ///< RFC 7638 thumbprint
    Bytes public_key;                 ///< as `PublicKey::encoded` of the issuer
    Bytes sealed_private_key;         ///< under the data key; empty when it signs no longer
    std::int64_t key_generation = 1;  ///< of the data key that it is sealed under
    UtcSeconds created_at{};
    SigningAlgorithm algorithm = SigningAlgorithm::eddsa;
    /// Of a key that signs no longer: when its last token has expired, in the store's time. Then nobody needs it.
    std::optional<UtcSeconds> published_until;

    [[nodiscard]] bool signs() const { return !published_until; }
    [[nodiscard]] bool is_published(UtcSeconds at) const { return !published_until || at < *published_until; }
};

}  // namespace jeton::vault
