/// Where an upstream secret may be sent, as a digest: a part of the associated data of its seal.
#pragma once

#include <string>
#include <string_view>

namespace jeton::vault {

/// 64 characters `[0-9a-f]`: BLAKE2b-256 over `Fields("jeton destination", endpoint, ca_file, client_auth)`.
/// No secret; the same for the same destination in every store. Whether plain HTTP to the loopback is allowed is no
/// part of it: the scheme of `endpoint` says whether it is used.
[[nodiscard]] std::string destination_digest(std::string_view endpoint, std::string_view ca_file,
                                             std::string_view client_auth);

}  // namespace jeton::vault
