#include "daemon/vault/keys/slots.hpp"

#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t salt_size = 32;
constexpr std::size_t commitment_size = 32;
constexpr std::size_t wrapped_size = commitment_size + detail::box_overhead + key_size;

/// Keyed BLAKE2b-512(salt, purpose || kind || secret): 32 bytes of key, then 32 of commitment. The secret is random and
/// long, so that a slow hash would add nothing.
SecretBytes derive(std::span<const unsigned char> salt, KeySlotKind kind, const SlotSecret& secret) {
    Fields prefix{"jeton key slot"};
    prefix.text(name_of(kind)).number(static_cast<std::int64_t>(secret.bytes.size()));
    crypto_generichash_state state;
    SecretBytes material{key_size + commitment_size};
    crypto_generichash_init(&state, salt.data(), salt.size(), material.size());
    crypto_generichash_update(&state, prefix.span().data(), prefix.span().size());
    crypto_generichash_update(&state, secret.bytes.data(), secret.bytes.size());
    crypto_generichash_final(&state, material.data(), material.size());
    sodium_memzero(&state, sizeof state);
    return material;
}

Fields place_of(const KeySlot& slot) {
    Fields fields{"jeton key slot"};
    fields.text(slot.id.text).text(name_of(slot.kind)).text(slot.label);
    return fields;
}

}  // namespace

KeySlot make_slot(const RootKey& root, KeySlotKind kind, std::string label, const SlotSecret& secret, UtcSeconds now) {
    if (secret.bytes.size() < slot_secret_min) throw std::invalid_argument("the secret of a key slot is too short");
    KeySlot slot;
    slot.id = KeySlotId::fresh();
    slot.kind = kind;
    slot.label = std::move(label);
    slot.created_at = now;
    slot.salt.resize(salt_size);
    randombytes_buf(slot.salt.data(), slot.salt.size());

    const auto material = derive(slot.salt, kind, secret);
    const auto commitment = material.span().subspan(key_size);
    slot.wrapped.assign(commitment.begin(), commitment.end());
    const auto box = detail::close_box(material.span().first(key_size), place_of(slot).span(), root.reveal());
    slot.wrapped.insert(slot.wrapped.end(), box.begin(), box.end());
    return slot;
}

std::optional<RootKey> open_slot(const KeySlot& slot, const SlotSecret& secret) {
    if (slot.salt.size() != salt_size || slot.wrapped.size() != wrapped_size) return std::nullopt;
    if (secret.bytes.size() < slot_secret_min) return std::nullopt;
    const auto material = derive(slot.salt, slot.kind, secret);
    if (sodium_memcmp(material.data() + key_size, slot.wrapped.data(), commitment_size) != 0) return std::nullopt;
    auto root = detail::open_box(material.span().first(key_size), place_of(slot).span(),
                                 std::span{slot.wrapped}.subspan(commitment_size));
    if (!root) return std::nullopt;
    return RootKey{*std::move(root)};
}

}  // namespace jeton::vault
