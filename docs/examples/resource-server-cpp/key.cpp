#include "key.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "bearer.hpp"

namespace example {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, Free>>;

using Number = Owned<BIGNUM, BN_free>;
using PublicKey = std::shared_ptr<evp_pkey_st>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// The decoded member; empty where it is missing or malformed.
std::string bytes_in(const json::object& jwk, std::string_view name) {
    return from_base64url(text_in(jwk, name)).value_or("");
}

Number number_of(std::string_view big_endian) {
    return Number{BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr)};
}

PublicKey key_of(const char* type, OSSL_PARAM_BLD* builder) {
    const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters{OSSL_PARAM_BLD_to_param(builder)};
    const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return nullptr;
    }
    return {key, EVP_PKEY_free};
}

PublicKey ed25519_key(const json::object& jwk) {
    const auto x = bytes_in(jwk, "x");
    auto* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(x), x.size());
    return key == nullptr ? nullptr : PublicKey{key, EVP_PKEY_free};
}

PublicKey rsa_key(const json::object& jwk) {
    const auto n = number_of(bytes_in(jwk, "n"));
    const auto e = number_of(bytes_in(jwk, "e"));
    const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder{OSSL_PARAM_BLD_new()};
    if (!n || !e || !builder || BN_num_bits(n.get()) < 2048 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return nullptr;
    }
    return key_of("RSA", builder.get());
}

PublicKey p256_key(const json::object& jwk) {
    const auto x = bytes_in(jwk, "x");
    const auto y = bytes_in(jwk, "y");
    if (text_in(jwk, "crv") != "P-256" || x.size() != 32 || y.size() != 32) return nullptr;
    const auto point = "\x04" + x + y;  // uncompressed (SEC 1 §2.3.3); libcrypto checks that it is on the curve
    const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder{OSSL_PARAM_BLD_new()};
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
        return nullptr;
    }
    return key_of("EC", builder.get());
}

PublicKey public_key(std::string_view algorithm, const json::object& jwk) {
    const auto type = text_in(jwk, "kty");
    if (algorithm == "EdDSA" && type == "OKP" && text_in(jwk, "crv") == "Ed25519") return ed25519_key(jwk);
    if (algorithm == "RS256" && type == "RSA") return rsa_key(jwk);
    if (algorithm == "ES256" && type == "EC") return p256_key(jwk);
    return nullptr;
}

/// JOSE has r and s side by side (RFC 7518 §3.4), libcrypto wants them in DER.
std::string der_of(std::string_view signature) {
    if (signature.size() != 64) return {};
    const Owned<ECDSA_SIG, ECDSA_SIG_free> both{ECDSA_SIG_new()};
    auto r = number_of(signature.substr(0, 32));
    auto s = number_of(signature.substr(32));
    if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    static_cast<void>(r.release());  // theirs now
    static_cast<void>(s.release());
    unsigned char* der = nullptr;
    const auto size = i2d_ECDSA_SIG(both.get(), &der);
    std::string text(der, der + (size > 0 ? size : 0));
    OPENSSL_free(der);
    return text;
}

int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
}

}  // namespace

std::optional<Key> Key::read(const json::object& jwk) {
    if (const auto use = text_in(jwk, "use"); !use.empty() && use != "sig") return std::nullopt;
    Key key;
    key.algorithm_ = text_in(jwk, "alg");
    key.key_ = public_key(key.algorithm_, jwk);
    if (!key.key_) return std::nullopt;
    return key;
}

bool Key::verifies(std::string_view signed_part, std::string_view signature) const {
    const auto given = algorithm_ == "ES256" ? der_of(signature) : std::string{signature};
    const auto* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();  // Ed25519 hashes by itself
    const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
    return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes(given), given.size(), bytes(signed_part), signed_part.size()) == 1;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string plain;
    unsigned held = 0, bits = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return std::nullopt;
        held = (held << 6U) | static_cast<unsigned>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        plain += static_cast<char>((held >> bits) & 0xFFU);
    }
    if (bits >= 6) return std::nullopt;  // one character alone says less than a byte
    return plain;
}

}  // namespace example
