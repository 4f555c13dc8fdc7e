/// OpenSSL's objects, each owned by one handle that frees it. For files of this folder alone.
#pragma once

#include <memory>

#include <openssl/bn.h>
#include <openssl/core.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/types.h>

#include "daemon/base/error.hpp"
#include "daemon/vault/issuer/libcrypto.hpp"
#include "daemon/vault/issuer/public_key.hpp"

namespace jeton::vault {

namespace detail {
template <auto Free>
struct FreeBy {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
}  // namespace detail

using KeyHandle = std::unique_ptr<EVP_PKEY, detail::FreeBy<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, detail::FreeBy<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, detail::FreeBy<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, detail::FreeBy<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, detail::FreeBy<ECDSA_SIG_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, detail::FreeBy<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, detail::FreeBy<OSSL_PARAM_free>>;
using InputBuffer = std::unique_ptr<BIO, detail::FreeBy<BIO_free_all>>;

/// `object`, or std::runtime_error with OpenSSL's reason: what cannot fail but for want of memory.
template <class Handle>
[[nodiscard]] Handle require(typename Handle::pointer object);
/// Throws std::runtime_error with OpenSSL's reason unless `result` is 1.
void require_success(int result);
/// Forgets what went wrong: the library keeps a queue of errors for each thread.
void forget_errors() noexcept;

[[noreturn]] void throw_libcrypto_fault();

/// The public half of any key, in our form; refuses as `read_public_key` does.
[[nodiscard]] Result<PublicKey> public_key_of(const EVP_PKEY* key);

template <class Handle>
Handle require(typename Handle::pointer object) {
    if (object == nullptr) throw_libcrypto_fault();
    return Handle{object};
}

}  // namespace jeton::vault
