#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t hash_size = 32;

Fields place_of_verifier(const SealedPlace& place) {
    Fields fields{"jeton verifier"};
    fields.text(place.table).text(place.id).text(place.environment).number(place.generation);
    return fields;
}

void hash_secret(unsigned char* hash, const unsigned char* key, std::string_view secret) {
    const auto bytes = bytes_of(secret);
    crypto_generichash(hash, hash_size, bytes.data(), bytes.size(), key, key_size);
}

/// Its key and, behind it, the hash.
SecretBytes open_verifier(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> sealed) {
    auto verifier = detail::open_box(key.verifier_key(), place_of_verifier(place).span(), sealed);
    if (!verifier || verifier->size() != key_size + hash_size) throw Tampered(place.table, place.id);
    return *std::move(verifier);
}

}  // namespace

Bytes make_verifier(const DataKey& key, const SealedPlace& place, std::string_view secret) {
    SecretBytes verifier{key_size + hash_size};
    randombytes_buf(verifier.data(), key_size);
    hash_secret(verifier.data() + key_size, verifier.data(), secret);
    return detail::close_box(key.verifier_key(), place_of_verifier(place).span(), verifier.span());
}

bool check_verifier(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> sealed,
                    std::string_view secret) {
    const auto verifier = open_verifier(key, place, sealed);
    SecretBytes hash{hash_size};
    hash_secret(hash.data(), verifier.data(), secret);
    return sodium_memcmp(hash.data(), verifier.data() + key_size, hash_size) == 0;
}

Bytes reseal_verifier(const SealedUnder& from, const SealedUnder& to, std::span<const unsigned char> sealed) {
    const auto verifier = open_verifier(from.key, from.place, sealed);
    return detail::close_box(to.key.verifier_key(), place_of_verifier(to.place).span(), verifier.span());
}

}  // namespace jeton::vault
