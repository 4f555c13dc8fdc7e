/// OpenSSL's objects, each owned by one handle that frees it, and how its library is set up. Only for files of this
/// folder, and `prepare_libcrypto` for the program.
#pragma once

#include <memory>

#include <openssl/bn.h>
#include <openssl/core.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/types.h>

namespace jeton::vault {

/// Sets the library up without the host's openssl.cnf (which could load providers and engines into this process), and
/// gives it locked memory for private numbers: 64 KiB, out of core dumps. What it computes with on the way lies on the
/// ordinary heap, which it wipes as it frees, and on the stack, where a piece may stay until another call writes over
/// it. Called once, early in `main`, before anything else uses the library; a first use calls it too. Throws
/// std::runtime_error with the reason and the mend where the kernel refuses to lock, std::logic_error where the library
/// was used before. Thread-safe.
void prepare_libcrypto();

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

template <class Handle>
Handle require(typename Handle::pointer object) {
    if (object == nullptr) throw_libcrypto_fault();
    return Handle{object};
}

}  // namespace jeton::vault
