#include "daemon/vault/keys/audit_signature.hpp"

#include <sodium.h>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"

namespace jeton::vault {

static_assert(key_size == crypto_sign_SEEDBYTES);

AuditSignature sign_audit_head(const RootKey& root, std::string_view text) {
    AuditSignature made;
    static_assert(sizeof made.signature == crypto_sign_BYTES && sizeof made.public_key == crypto_sign_PUBLICKEYBYTES);
    SecretBytes private_key{crypto_sign_SECRETKEYBYTES};
    crypto_sign_seed_keypair(made.public_key.data(), private_key.data(),
                             root.subkey(RootPurpose::audit_signature).data());
    crypto_sign_detached(made.signature.data(), nullptr, bytes_of(text).data(), text.size(), private_key.data());
    return made;
}

}  // namespace jeton::vault
