#include "daemon/vault/keys/root_key.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"

namespace jeton::vault {
namespace {

constexpr const char* context = "jetonrk1";
static_assert(key_size == crypto_kdf_KEYBYTES);

/// In this order they stand in the inheritance. Not among them: the set hash, which is one sum, made anew with a new
/// key.
constexpr std::array inherited{RootPurpose::row_mac, RootPurpose::audit_chain, RootPurpose::anchor};

std::size_t index_of(RootPurpose purpose) { return static_cast<std::size_t>(purpose) - 1; }

std::span<const unsigned char> place_of_inheritance() { return bytes_of("jeton inheritance"); }

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
    return subkeys_.at(index_of(purpose)).span();
}

RootKey RootKey::copy() const {
    RootKey same{bytes_.copy()};
    for (const auto purpose : inherited) same.subkeys_.at(index_of(purpose)) = subkeys_.at(index_of(purpose)).copy();
    same.sealed_inheritance_ = sealed_inheritance_;
    return same;
}

RootKey RootKey::successor() const {
    auto next = generate();
    SecretBytes keys{inherited.size() * key_size};
    for (std::size_t i = 0; i < inherited.size(); ++i) {
        const auto& key = subkeys_.at(index_of(inherited.at(i)));
        std::ranges::copy(key.span(), keys.data() + i * key_size);
        next.subkeys_.at(index_of(inherited.at(i))) = key.copy();
    }
    next.sealed_inheritance_ =
        detail::close_box(next.subkey(RootPurpose::inheritance_seal), place_of_inheritance(), keys.span());
    return next;
}

bool RootKey::inherit(std::span<const unsigned char> sealed) {
    const auto keys = detail::open_box(subkey(RootPurpose::inheritance_seal), place_of_inheritance(), sealed);
    if (!keys || keys->size() != inherited.size() * key_size) return false;
    for (std::size_t i = 0; i < inherited.size(); ++i) {
        SecretBytes key{key_size};
        std::ranges::copy(keys->span().subspan(i * key_size, key_size), key.data());
        subkeys_.at(index_of(inherited.at(i))) = std::move(key);
    }
    sealed_inheritance_.assign(sealed.begin(), sealed.end());
    return true;
}

}  // namespace jeton::vault
