#include "daemon/vault/keys/stretching.hpp"

#include <new>
#include <stdexcept>

#include <sodium.h>

namespace jeton::vault {
namespace {

constexpr std::size_t salt_size = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::uint64_t kibibyte = 1024;

}  // namespace

bool is_acceptable(const StretchCost& cost, const StretchCost& least) {
    return cost.passes >= least.passes && cost.memory >= least.memory && cost.passes <= stretch_cost_max.passes &&
           cost.memory <= stretch_cost_max.memory;
}

SlotSecret stretch(std::string_view passphrase, std::span<const unsigned char> salt, const StretchCost& cost) {
    const StretchCost possible{crypto_pwhash_argon2id_OPSLIMIT_MIN, crypto_pwhash_argon2id_MEMLIMIT_MIN / kibibyte};
    if (salt.size() < salt_size || !is_acceptable(cost, possible))
        throw std::invalid_argument("no passphrase can be stretched like this");
    SlotSecret secret{SecretBytes{key_size}};
    if (crypto_pwhash_argon2id(secret.bytes.data(), secret.bytes.size(), passphrase.data(), passphrase.size(),
                               salt.data(), static_cast<unsigned long long>(cost.passes),
                               static_cast<std::size_t>(cost.memory) * kibibyte,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        throw std::bad_alloc{};
    }
    return secret;
}

}  // namespace jeton::vault
