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

std::array<unsigned char, crypto_shorthash_siphashx24_BYTES> print_of_bytes(std::string_view text,
                                                                            const SecretBytes& key) {
    std::array<unsigned char, crypto_shorthash_siphashx24_BYTES> print;
    crypto_shorthash_siphashx24(print.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                key.data());
    return print;
}

}  // namespace

Fingerprinter::Fingerprinter() : key_(crypto_generichash_KEYBYTES), bytes_key_(crypto_shorthash_siphashx24_KEYBYTES) {
    randombytes_buf(key_.data(), key_.size());
    randombytes_buf(bytes_key_.data(), bytes_key_.size());
}

Fingerprint Fingerprinter::of(const Peer& peer, const Request& request) const {
    std::optional<std::string_view> host, authorization, content_type;
    for (const auto& field : request.fields) {
        // The lengths differ: most fields cost one comparison of a number.
        if (equal_ignoring_case(field.name, "Host")) host = field.value;
        if (equal_ignoring_case(field.name, "Authorization")) authorization = field.value;
        if (equal_ignoring_case(field.name, "Content-Type")) content_type = field.value;
    }
    Hash hash;
    crypto_generichash_init(&hash, key_.data(), key_.size(), Fingerprint{}.size());
    add(hash, peer);
    add(hash, request.target);
    add(hash, host);
    add(hash, authorization);
    add(hash, content_type);
    add(hash, request.body);
    Fingerprint print;
    crypto_generichash_final(&hash, print.data(), print.size());
    sodium_memzero(&hash, sizeof hash);
    return print;
}

RequestPrint Fingerprinter::print(const Request& request, const Fingerprint& question) const {
    return {.size = request.raw.size(), .bytes = print_of_bytes(request.raw, bytes_key_), .question = question};
}

bool Fingerprinter::begins_with(std::string_view input, const RequestPrint& request) const {
    return input.size() >= request.size && print_of_bytes(input.substr(0, request.size), bytes_key_) == request.bytes;
}

}  // namespace jeton::front
