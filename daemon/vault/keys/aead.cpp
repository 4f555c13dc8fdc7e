#include "daemon/vault/keys/aead.hpp"

#include <stdexcept>

#include <sodium.h>

namespace jeton::vault::detail {
namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(box_overhead == 1 + nonce_size + tag_size);

Bytes with_version(std::span<const unsigned char> associated) {
    Bytes all;
    all.reserve(1 + associated.size());
    all.push_back(box_version);
    all.insert(all.end(), associated.begin(), associated.end());
    return all;
}

void check_key(std::span<const unsigned char> key) {
    if (key.size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
        throw std::invalid_argument("a key of 32 bytes is needed");
}

}  // namespace

Bytes close_box(std::span<const unsigned char> key, std::span<const unsigned char> associated,
                std::span<const unsigned char> plain) {
    check_key(key);
    Bytes box(box_overhead + plain.size());
    box[0] = box_version;
    unsigned char* const nonce = box.data() + 1;
    randombytes_buf(nonce, nonce_size);
    const auto bound = with_version(associated);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + nonce_size, nullptr, plain.data(), plain.size(), bound.data(),
                                               bound.size(), nullptr, nonce, key.data());
    return box;
}

std::optional<SecretBytes> open_box(std::span<const unsigned char> key, std::span<const unsigned char> associated,
                                    std::span<const unsigned char> box) {
    check_key(key);
    if (box.size() < box_overhead || box[0] != box_version) return std::nullopt;
    SecretBytes plain{box.size() - box_overhead};
    const auto bound = with_version(associated);
    const auto sealed = box.subspan(1 + nonce_size);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                   bound.data(), bound.size(), box.data() + 1, key.data()) != 0) {
        return std::nullopt;
    }
    return plain;
}

}  // namespace jeton::vault::detail
