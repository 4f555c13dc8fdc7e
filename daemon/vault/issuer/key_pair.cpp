#include "daemon/vault/issuer/key_pair.hpp"

#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "daemon/vault/issuer/libcrypto_handles.hpp"

namespace jeton::vault {
namespace {

constexpr int p256_size = 32;  ///< of a scalar and a coordinate

/// In the order of RFC 8017 A.1.2.
constexpr std::array rsa_numbers{OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                                 OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                 OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                 OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

/// A private number of a key, in the library's locked memory.
Number private_number(const EVP_PKEY* key, const char* name) {
    auto number = require<Number>(BN_secure_new());
    auto* into = number.get();
    require_success(EVP_PKEY_get_bn_param(key, name, &into));
    return number;
}

Number private_number(std::span<const unsigned char> bytes) {
    auto number = require<Number>(BN_secure_new());
    if (BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), number.get()) == nullptr) throw_libcrypto_fault();
    return number;
}

void write_number(const BIGNUM* number, std::span<unsigned char> at) {
    if (BN_bn2binpad(number, at.data(), static_cast<int>(at.size())) < 0) throw_libcrypto_fault();
}

SecretBytes rsa_private_key(const EVP_PKEY* key) {
    std::vector<Number> numbers;
    std::size_t size = 0;
    for (const auto* name : rsa_numbers) {
        numbers.push_back(private_number(key, name));
        size += 2 + static_cast<std::size_t>(BN_num_bytes(numbers.back().get()));
    }
    SecretBytes bytes(size);
    auto rest = bytes.span();
    for (const auto& number : numbers) {
        const auto length = static_cast<std::size_t>(BN_num_bytes(number.get()));
        rest[0] = static_cast<unsigned char>(length >> 8U);
        rest[1] = static_cast<unsigned char>(length);
        write_number(number.get(), rest.subspan(2, length));
        rest = rest.subspan(2 + length);
    }
    return bytes;
}

/// The next number of `rest`, which is moved behind it.
std::span<const unsigned char> next_number(std::span<const unsigned char>& rest) {
    const auto length = rest.size() < 2 ? rest.size() : (std::size_t{rest[0]} << 8U) + rest[1];
    if (rest.size() < 2 + length) throw std::runtime_error("a stored RSA key is none");
    const auto number = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    return number;
}

/// Of a key that was just made: sound, and of one of our kinds.
PublicKey public_half(const EVP_PKEY* key) {
    auto half = public_key_of(key);
    if (!half) throw std::logic_error("a key of our own making is refused: " + half.error().what);
    return *std::move(half);
}

KeyHandle made_of(const char* type, OSSL_PARAM_BLD* builder) {
    const auto params = require<Params>(OSSL_PARAM_BLD_to_param(builder));
    const auto context = require<KeyContext>(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    require_success(EVP_PKEY_fromdata_init(context.get()));
    EVP_PKEY* key = nullptr;
    require_success(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()));
    return KeyHandle{key};
}

KeyHandle rsa_key(const SecretBytes& private_key) {
    const auto builder = require<ParamBuilder>(OSSL_PARAM_BLD_new());
    std::vector<Number> numbers;  // the builder looks at them when it builds
    auto rest = private_key.span();
    for (const auto* name : rsa_numbers) {
        numbers.push_back(private_number(next_number(rest)));
        require_success(OSSL_PARAM_BLD_push_BN(builder.get(), name, numbers.back().get()));
    }
    return made_of("RSA", builder.get());
}

KeyHandle ec_key(const SecretBytes& private_key) {
    const auto builder = require<ParamBuilder>(OSSL_PARAM_BLD_new());
    const auto scalar = private_number(private_key.span());
    // OpenSSL would sign with it.
    if (std::cmp_not_equal(private_key.size(), p256_size) || BN_is_zero(scalar.get()) == 1) {
        throw std::runtime_error("a stored P-256 key is none");
    }
    require_success(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0));
    require_success(OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get(), p256_size));
    return made_of("EC", builder.get());
}

Bytes sign_by_libcrypto(EVP_PKEY* key, std::string_view signed_part) {
    const auto context = require<DigestContext>(EVP_MD_CTX_new());
    require_success(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key));
    std::size_t size = 0;
    const auto message = bytes_of(signed_part);
    require_success(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()));
    Bytes signature(size);
    require_success(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()));
    signature.resize(size);
    return signature;
}

/// `r || s` of what OpenSSL writes in DER.
Bytes raw_signature(const Bytes& der) {
    const auto* at = der.data();
    const auto parts = require<EcdsaSignature>(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    Bytes raw(2UZ * p256_size);
    const auto halves = std::span{raw};
    write_number(ECDSA_SIG_get0_r(parts.get()), halves.first(p256_size));
    write_number(ECDSA_SIG_get0_s(parts.get()), halves.last(p256_size));
    return raw;
}

}  // namespace

KeyPair generate_key_pair(SigningAlgorithm algorithm) {
    prepare_libcrypto();
    switch (algorithm) {
        case SigningAlgorithm::rs256: {
            const auto key = require<KeyHandle>(EVP_RSA_gen(rsa_signing_bits));
            return {public_half(key.get()), rsa_private_key(key.get())};
        }
        case SigningAlgorithm::es256: {
            const auto key = require<KeyHandle>(EVP_EC_gen(SN_X9_62_prime256v1));
            SecretBytes scalar(p256_size);
            write_number(private_number(key.get(), OSSL_PKEY_PARAM_PRIV_KEY).get(), scalar.span());
            return {public_half(key.get()), std::move(scalar)};
        }
        case SigningAlgorithm::eddsa: break;
    }
    KeyPair pair{{SigningAlgorithm::eddsa, Bytes(crypto_sign_PUBLICKEYBYTES)}, SecretBytes{crypto_sign_SECRETKEYBYTES}};
    crypto_sign_keypair(pair.public_key.encoded.data(), pair.private_key.data());
    return pair;
}

Bytes sign(SigningAlgorithm algorithm, const SecretBytes& private_key, std::string_view signed_part) {
    prepare_libcrypto();
    switch (algorithm) {
        case SigningAlgorithm::rs256: return sign_by_libcrypto(rsa_key(private_key).get(), signed_part);
        case SigningAlgorithm::es256: return raw_signature(sign_by_libcrypto(ec_key(private_key).get(), signed_part));
        case SigningAlgorithm::eddsa: break;
    }
    if (private_key.size() != crypto_sign_SECRETKEYBYTES) throw std::runtime_error("a stored Ed25519 key is none");
    Bytes signature(crypto_sign_BYTES);
    crypto_sign_detached(signature.data(), nullptr, bytes_of(signed_part).data(), signed_part.size(),
                         private_key.data());
    return signature;
}

void KeyPairs::add(KeyPairs more) { std::ranges::move(more.rs256_, std::back_inserter(rs256_)); }

KeyPair KeyPairs::take(SigningAlgorithm algorithm) {
    if (algorithm != SigningAlgorithm::rs256 || rs256_.empty()) return generate_key_pair(algorithm);
    auto pair = std::move(rs256_.back());
    rs256_.pop_back();
    return pair;
}

}  // namespace jeton::vault
