#include "daemon/front/tokens/fingerprint.hpp"

#include <cstdint>

#include <sodium.h>

namespace jeton::front {
namespace {

using Hash = crypto_generichash_state;

/// Each part with its length before it, so that no two questions share their bytes. Absent and empty differ.
void add(Hash& hash, const std::optional<std::string_view>& part) {
    const std::uint64_t length = part ? part->size() : ~std::uint64_t{0};
    crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(&length), sizeof length);
    if (part) crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(part->data()), part->size());
}

void add(Hash& hash, const Peer& peer) {
    const std::array<std::uint64_t, 3> who{peer.uid, peer.gid, peer.foreign ? 1U : 0U};
    crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(who.data()), sizeof who);
    std::optional<std::string_view> groups, unit;
    if (peer.groups) {
        groups =
            std::string_view{reinterpret_cast<const char*>(peer.groups->data()), peer.groups->size() * sizeof(gid_t)};
    }
    if (peer.unit) unit = peer.unit->name;  // empty where it is unknown
    add(hash, groups);
    add(hash, unit);
}

Digest digest_of(const void* bytes, std::size_t size, const SecretBytes& key) {
    Digest digest;
    static_assert(sizeof digest == crypto_shorthash_siphashx24_BYTES);
    crypto_shorthash_siphashx24(digest.data(), static_cast<const unsigned char*>(bytes), size, key.data());
    return digest;
}

/// Absent and empty differ.
struct Part {
    std::uint64_t size = ~std::uint64_t{0};
    Digest digest{};
};

Part part_of(const std::optional<std::string_view>& text, const SecretBytes& key) {
    if (!text) return {};
    return {.size = text->size(), .digest = digest_of(text->data(), text->size(), key)};
}

}  // namespace

Fingerprinter::Fingerprinter()
    : identity_key_(crypto_generichash_KEYBYTES), digest_key_(crypto_shorthash_siphashx24_KEYBYTES) {
    randombytes_buf(identity_key_.data(), identity_key_.size());
    randombytes_buf(digest_key_.data(), digest_key_.size());
}

Identity Fingerprinter::identity(const Peer& peer) const {
    Hash hash;
    Identity identity;
    crypto_generichash_init(&hash, identity_key_.data(), identity_key_.size(), identity.size());
    add(hash, peer);
    crypto_generichash_final(&hash, identity.data(), identity.size());
    return identity;
}

Fingerprint Fingerprinter::of(const Identity& asker, const Request& request) const {
    std::optional<std::string_view> host, authorization, content_type;
    for (const auto& field : request.fields) {
        // The lengths differ: most fields cost one comparison of a number.
        if (equal_ignoring_case(field.name, "Host")) host = field.value;
        if (equal_ignoring_case(field.name, "Authorization")) authorization = field.value;
        if (equal_ignoring_case(field.name, "Content-Type")) content_type = field.value;
    }
    const auto part = [&](const std::optional<std::string_view>& text) { return part_of(text, digest_key_); };
    const std::array parts{part(request.target), part(host), part(authorization), part(content_type),
                           part(request.body)};
    return {.question = digest_of(parts.data(), sizeof parts, digest_key_), .asker = asker};
}

RequestPrint Fingerprinter::print(const Identity& sender, std::string_view bytes) const {
    return {.size = bytes.size(), .bytes = digest_of(bytes.data(), bytes.size(), digest_key_), .sender = sender};
}

}  // namespace jeton::front
