#include "daemon/vault/keys/root_key.hpp"

#include <stdexcept>
#include <utility>

#include <sodium.h>

namespace jeton::vault {
namespace {

constexpr const char* context = "jetonrk1";
static_assert(key_size == crypto_kdf_KEYBYTES);

}  // namespace

RootKey RootKey::generate() {
    SecretBytes bytes{key_size};
    randombytes_buf(bytes.data(), bytes.size());
    return RootKey{std::move(bytes)};
}

RootKey::RootKey(SecretBytes bytes) : bytes_(std::move(bytes)) {
    if (bytes_.size() != key_size) throw std::invalid_argument("a root key has 32 bytes");
    for (std::size_t i = 0; i < subkeys_.size(); ++i) {
        subkeys_[i] = SecretBytes{key_size};
        crypto_kdf_derive_from_key(subkeys_[i].data(), key_size, i + 1, context, bytes_.data());
    }
}

std::span<const unsigned char> RootKey::subkey(RootPurpose purpose) const {
    return subkeys_.at(static_cast<std::size_t>(purpose) - 1).span();
}

}  // namespace jeton::vault
