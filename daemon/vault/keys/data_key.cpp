#include "daemon/vault/keys/data_key.hpp"

#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {
namespace {

constexpr const char* context = "jetondk1";

SecretBytes derive(const SecretBytes& key, std::uint64_t id) {
    SecretBytes subkey{key_size};
    crypto_kdf_derive_from_key(subkey.data(), subkey.size(), id, context, key.data());
    return subkey;
}

Fields place_of_data_key(std::string_view environment_id, std::int64_t generation) {
    Fields place{"jeton data key"};
    place.text(environment_id).number(generation);
    return place;
}

Fields place_of_value(const SealedPlace& place) {
    Fields fields{"jeton value"};
    fields.text(place.table).text(place.id).text(place.environment).number(place.generation);
    return fields;
}

}  // namespace

DataKey DataKey::generate() {
    SecretBytes bytes{key_size};
    randombytes_buf(bytes.data(), bytes.size());
    return DataKey{std::move(bytes)};
}

DataKey::DataKey(SecretBytes bytes) : bytes_(std::move(bytes)) {
    if (bytes_.size() != key_size) throw std::invalid_argument("a data key has 32 bytes");
    value_key_ = derive(bytes_, 1);
    verifier_key_ = derive(bytes_, 2);
}

Bytes wrap_data_key(const RootKey& root, const DataKey& key, std::string_view environment_id, std::int64_t generation) {
    return detail::close_box(root.subkey(RootPurpose::environment_wrap),
                             place_of_data_key(environment_id, generation).span(), key.reveal());
}

std::optional<DataKey> unwrap_data_key(const RootKey& root, std::span<const unsigned char> wrapped,
                                       std::string_view environment_id, std::int64_t generation) {
    auto bytes = detail::open_box(root.subkey(RootPurpose::environment_wrap),
                                  place_of_data_key(environment_id, generation).span(), wrapped);
    if (!bytes || bytes->size() != key_size) return std::nullopt;
    return DataKey{*std::move(bytes)};
}

Bytes seal(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> plain) {
    return detail::close_box(key.value_key(), place_of_value(place).span(), plain);
}

SecretBytes open(const DataKey& key, const SealedPlace& place, std::span<const unsigned char> sealed) {
    auto plain = detail::open_box(key.value_key(), place_of_value(place).span(), sealed);
    if (!plain) throw Tampered(place.table, place.id);
    return *std::move(plain);
}

Bytes reseal(const SealedUnder& from, const SealedUnder& to, std::span<const unsigned char> sealed) {
    return seal(to.key, to.place, open(from.key, from.place, sealed).span());
}

}  // namespace jeton::vault
