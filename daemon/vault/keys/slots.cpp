#include "daemon/vault/keys/slots.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t salt_size = 32;
constexpr std::size_t public_key_size = crypto_scalarmult_BYTES;
constexpr std::size_t authenticator_size = 32;
constexpr std::size_t sealed_key_size = detail::box_overhead + key_size;
constexpr std::size_t wrapped_size = 32 + sealed_key_size;  // both forms: commitment or ephemeral key, then a box

/// Keyed BLAKE2b-512(salt, purpose || kind || secret): two keys of 32 bytes. The secret is random or stretched, so that
/// a slow hash would add nothing.
SecretBytes derive(std::string_view purpose, const KeySlot& slot, const SlotSecret& secret) {
    Fields prefix{purpose};
    prefix.text(name_of(slot.kind)).number(static_cast<std::int64_t>(secret.bytes.size()));
    crypto_generichash_state state;
    SecretBytes material{2 * key_size};
    crypto_generichash_init(&state, slot.salt.data(), slot.salt.size(), material.size());
    crypto_generichash_update(&state, prefix.span().data(), prefix.span().size());
    crypto_generichash_update(&state, secret.bytes.data(), secret.bytes.size());
    crypto_generichash_final(&state, material.data(), material.size());
    sodium_memzero(&state, sizeof state);
    return material;
}

/// What a slot's secret is made into: an X25519 secret key, and a key for the authenticator.
class SlotKeys {
public:
    SlotKeys(const KeySlot& slot, const SlotSecret& secret) : material_(derive("jeton key slot 2", slot, secret)) {}
    [[nodiscard]] std::span<const unsigned char> secret_key() const { return material_.span().first(key_size); }
    [[nodiscard]] std::span<const unsigned char> authenticator_key() const {
        return material_.span().subspan(key_size);
    }
    [[nodiscard]] Bytes public_key() const {
        Bytes key(public_key_size);
        crypto_scalarmult_base(key.data(), secret_key().data());
        return key;
    }

private:
    SecretBytes material_;
};

Bytes place_of(const KeySlot& slot) {
    Fields place{"jeton key slot 2"};
    place.text(slot.id.text).text(name_of(slot.kind)).text(slot.label).bytes(slot.salt);
    place.number(slot.passes).number(slot.memory).bytes(slot.public_key);
    return place.take();
}

/// The key of the box: keyed BLAKE2b-256(X25519(one's secret key, other's public key), purpose || ephemeral key ||
/// slot's public key). Nothing where the point is one of the few that give everybody the same.
std::optional<SecretBytes> shared_key(std::span<const unsigned char> secret_key,
                                      std::span<const unsigned char> other_public_key,
                                      std::span<const unsigned char> ephemeral_key, const KeySlot& slot) {
    SecretBytes point{crypto_scalarmult_BYTES};
    if (crypto_scalarmult(point.data(), secret_key.data(), other_public_key.data()) != 0) return std::nullopt;
    Fields content{"jeton key slot box"};
    content.bytes(ephemeral_key).bytes(slot.public_key);
    SecretBytes key{key_size};
    crypto_generichash(key.data(), key.size(), content.span().data(), content.span().size(), point.data(),
                       point.size());
    return key;
}

/// Ephemeral public key, then the box.
std::optional<Bytes> sealed_to(const KeySlot& slot, const RootKey& root) {
    SecretBytes ephemeral_secret{key_size};
    randombytes_buf(ephemeral_secret.data(), ephemeral_secret.size());
    Bytes sealed(public_key_size);
    crypto_scalarmult_base(sealed.data(), ephemeral_secret.data());
    const auto key = shared_key(ephemeral_secret.span(), slot.public_key, sealed, slot);
    if (!key) return std::nullopt;
    const auto box = detail::close_box(key->span(), place_of(slot), root.reveal());
    sealed.insert(sealed.end(), box.begin(), box.end());
    return sealed;
}

Bytes authenticator_of(const KeySlot& slot, std::span<const unsigned char> key) {
    Fields content{"jeton slot authenticator"};
    content.bytes(place_of(slot)).bytes(slot.wrapped);
    Bytes mac(authenticator_size);
    crypto_generichash(mac.data(), mac.size(), content.span().data(), content.span().size(), key.data(), key.size());
    return mac;
}

bool same(std::span<const unsigned char> left, std::span<const unsigned char> right) {
    return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

Bytes place_of_authenticator_key(const KeySlot& slot) {
    Fields place{"jeton slot authenticator key"};
    place.bytes(place_of(slot));
    return place.take();
}

std::optional<SecretBytes> authenticator_key_of(const KeySlot& slot, const RootKey& root) {
    return detail::open_box(root.subkey(RootPurpose::slot_authenticator), place_of_authenticator_key(slot),
                            slot.authenticator_key);
}

/// Everything that hangs on the root key.
bool fill(KeySlot& slot, const RootKey& root, std::span<const unsigned char> authenticator_key) {
    auto sealed = sealed_to(slot, root);
    if (!sealed) return false;
    slot.wrapped = *std::move(sealed);
    slot.authenticator = authenticator_of(slot, authenticator_key);
    slot.authenticator_key = detail::close_box(root.subkey(RootPurpose::slot_authenticator),
                                               place_of_authenticator_key(slot), authenticator_key);
    return true;
}

bool has_form(const KeySlot& slot) { return slot.salt.size() == salt_size && slot.wrapped.size() == wrapped_size; }

/// A slot of schema 2: a box under the slot's own key, behind a commitment to that key.
std::optional<RootKey> open_without_public_key(const KeySlot& slot, const SlotSecret& secret) {
    const auto material = derive("jeton key slot", slot, secret);
    const auto wrapped = std::span{slot.wrapped};
    if (!same(material.span().subspan(key_size), wrapped.first(key_size))) return std::nullopt;
    Fields place{"jeton key slot"};
    place.text(slot.id.text).text(name_of(slot.kind)).text(slot.label);
    auto root = detail::open_box(material.span().first(key_size), place.span(), wrapped.subspan(key_size));
    if (!root) return std::nullopt;
    return RootKey{*std::move(root)};
}

}  // namespace

KeySlot draft_slot(KeySlotKind kind, std::string label, UtcSeconds now) {
    KeySlot slot;
    slot.id = KeySlotId::fresh();
    slot.kind = kind;
    slot.label = std::move(label);
    slot.created_at = now;
    slot.salt.resize(salt_size);
    randombytes_buf(slot.salt.data(), slot.salt.size());
    return slot;
}

KeySlot make_slot(const RootKey& root, KeySlot draft, const SlotSecret& secret) {
    if (secret.bytes.size() < slot_secret_min) throw std::invalid_argument("the secret of a key slot is too short");
    const SlotKeys keys{draft, secret};
    draft.public_key = keys.public_key();
    if (!fill(draft, root, keys.authenticator_key())) throw std::logic_error("a derived key is no key");
    return draft;
}

KeySlot make_slot(const RootKey& root, KeySlotKind kind, std::string label, const SlotSecret& secret, UtcSeconds now) {
    return make_slot(root, draft_slot(kind, std::move(label), now), secret);
}

std::optional<RootKey> open_slot(const KeySlot& slot, const SlotSecret& secret) {
    if (!has_form(slot) || secret.bytes.size() < slot_secret_min) return std::nullopt;
    if (!slot.has_public_key()) {
        const bool is_old = slot.authenticator.empty() && slot.authenticator_key.empty() && slot.passes == 0 &&
                            slot.memory == 0 && slot.kind != KeySlotKind::passphrase;
        return is_old ? open_without_public_key(slot, secret) : std::nullopt;
    }
    const SlotKeys keys{slot, secret};
    // Anybody can seal to a public key: what was sealed is believed only with the authenticator.
    if (!same(keys.public_key(), slot.public_key)) return std::nullopt;
    if (!same(authenticator_of(slot, keys.authenticator_key()), slot.authenticator)) return std::nullopt;
    const auto ephemeral_key = std::span{slot.wrapped}.first(public_key_size);
    const auto key = shared_key(keys.secret_key(), ephemeral_key, ephemeral_key, slot);
    if (!key) return std::nullopt;
    auto bytes = detail::open_box(key->span(), place_of(slot), std::span{slot.wrapped}.subspan(public_key_size));
    if (!bytes) return std::nullopt;
    RootKey root{*std::move(bytes)};
    const auto kept = authenticator_key_of(slot, root);
    if (!kept || !same(kept->span(), keys.authenticator_key())) return std::nullopt;
    return root;
}

std::optional<KeySlot> rewrapped(const KeySlot& slot, const RootKey& old_root, const RootKey& new_root) {
    if (!slot.has_public_key()) return std::nullopt;
    const auto key = authenticator_key_of(slot, old_root);
    if (!key || !same(authenticator_of(slot, key->span()), slot.authenticator))
        throw Tampered("key_slots", slot.id.text);
    auto renewed = slot;
    if (!fill(renewed, new_root, key->span())) throw Tampered("key_slots", slot.id.text);
    return renewed;
}

}  // namespace jeton::vault
