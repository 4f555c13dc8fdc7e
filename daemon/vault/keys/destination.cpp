#include "daemon/vault/keys/destination.hpp"

#include <array>

#include <sodium.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {

std::string destination_digest(std::string_view endpoint, std::string_view ca_file, std::string_view client_auth) {
    Fields fields{"jeton destination"};
    fields.text(endpoint).text(ca_file).text(client_auth);
    const auto bytes = fields.span();
    std::array<unsigned char, 32> hash{};
    crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(), nullptr, 0);
    return hex(hash);
}

}  // namespace jeton::vault
