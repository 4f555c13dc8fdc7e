/// A key slot as jeton made it up to schema 2: without a public key, wrapped under the slot's own key.
#pragma once

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/keys/slots.hpp"

namespace jeton::vault::test {

inline KeySlot old_slot(const RootKey& root, KeySlotKind kind, const std::string& label, const SlotSecret& secret,
                        UtcSeconds now) {
    auto slot = draft_slot(kind, label, now);
    Fields content{"jeton key slot"};
    content.text(name_of(kind)).number(static_cast<std::int64_t>(secret.bytes.size()));
    auto hashed = content.take();
    hashed.insert(hashed.end(), secret.bytes.span().begin(), secret.bytes.span().end());
    Bytes material(64);
    crypto_generichash(material.data(), material.size(), hashed.data(), hashed.size(), slot.salt.data(),
                       slot.salt.size());
    Fields place{"jeton key slot"};
    place.text(slot.id.text).text(name_of(kind)).text(label);
    const auto box = detail::close_box(std::span{material}.first(32), place.span(), root.reveal());
    slot.wrapped.assign(material.begin() + 32, material.end());
    slot.wrapped.insert(slot.wrapped.end(), box.begin(), box.end());
    return slot;
}

}  // namespace jeton::vault::test
