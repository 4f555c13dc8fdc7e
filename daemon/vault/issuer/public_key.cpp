#include "daemon/vault/issuer/public_key.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "daemon/vault/issuer/libcrypto_handles.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::vault {
namespace {

using protocol::text_in;

constexpr int p256_coordinate_size = 32;
constexpr std::size_t p256_signature_size = 64;

boost::json::string_view json_text(std::string_view text) { return {text.data(), text.size()}; }

std::string base64url_of(const BIGNUM* number, int size) {
    Bytes bytes(static_cast<std::size_t>(size));
    if (BN_bn2binpad(number, bytes.data(), size) != size) throw_libcrypto_fault();
    return base64url(bytes);
}

/// As many bytes as the number has, none of them a leading 0 (RFC 7518 §6.3.1.1).
std::string base64url_of(const BIGNUM* number) { return base64url_of(number, BN_num_bytes(number)); }

/// An integer parameter of a key; nothing where it has none.
Number number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1) forget_errors();
    return Number{number};
}

std::optional<Bytes> encoded(const EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) {
        forget_errors();
        return std::nullopt;
    }
    Bytes bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
}

/// Nothing where `key.encoded` is no such key.
KeyHandle decoded(const PublicKey& key) {
    prepare_libcrypto();
    const auto* at = key.encoded.data();
    KeyHandle handle{d2i_PUBKEY(nullptr, &at, static_cast<long>(key.encoded.size()))};
    const int type = key.algorithm == SigningAlgorithm::rs256 ? EVP_PKEY_RSA : EVP_PKEY_EC;
    if (handle && EVP_PKEY_get_base_id(handle.get()) != type) handle.reset();
    if (!handle) forget_errors();
    return handle;
}

/// The members that make the key, in lexicographic order (RFC 7638 §3.2).
std::vector<std::pair<std::string, std::string>> required_members(const PublicKey& key) {
    if (key.algorithm == SigningAlgorithm::eddsa) {
        return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", base64url(key.encoded)}};
    }
    const auto handle = decoded(key);
    const auto [first, second] = key.algorithm == SigningAlgorithm::rs256
                                     ? std::pair{OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_N}
                                     : std::pair{OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y};
    const auto one = handle ? number_of(handle.get(), first) : Number{};
    const auto other = handle ? number_of(handle.get(), second) : Number{};
    if (!one || !other) throw std::runtime_error("a stored public key is none");
    if (key.algorithm == SigningAlgorithm::rs256) {
        return {{"e", base64url_of(one.get())}, {"kty", "RSA"}, {"n", base64url_of(other.get())}};
    }
    return {{"crv", "P-256"},
            {"kty", "EC"},
            {"x", base64url_of(one.get(), p256_coordinate_size)},
            {"y", base64url_of(other.get(), p256_coordinate_size)}};
}

Error refuse_key(std::string what, std::string next) {
    return refuse(Errc::bad_input, std::move(what), std::move(next));
}

Error no_key() {
    return refuse_key("this is no public key in PEM or as a JWK",
                      "give what `openssl pkey -in KEY.pem -pubout` prints, or a JWK with `kty`");
}

Error private_key_given() {
    return refuse_key(
        "this is a private key; it stays with the client, and nothing of it was kept",
        "it should be considered seen: make a new one, and give its public key alone (openssl pkey -in KEY.pem "
        "-pubout; a JWK without \"d\")");
}

Error other_kind_of_key(std::string_view kind) {
    return refuse_key(fmt::format("{} is no key for EdDSA, RS256 or ES256", kind),
                      "give an Ed25519 key, an RSA key of 2048 to 4096 bits, or an EC key on P-256");
}

/// The parts of a public key come in many encodings; what is kept is made from the numbers anew, in one.
KeyHandle made_of(const char* type, OSSL_PARAM_BLD* builder) {
    const auto params = require<Params>(OSSL_PARAM_BLD_to_param(builder));
    const auto context = require<KeyContext>(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    require_success(EVP_PKEY_fromdata_init(context.get()));
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) forget_errors();
    return KeyHandle{key};
}

/// On the curve; for RSA: an odd exponent above 1 and a modulus that is no prime and has no small factor. One of
/// thousands is found by chance: whoever made such a key has weakened its own.
bool is_sound(EVP_PKEY* key) {
    const auto context = require<KeyContext>(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    const bool sound = EVP_PKEY_public_check(context.get()) == 1;
    forget_errors();
    return sound;
}

Result<PublicKey> eddsa_key(Bytes x) {
    if (x.size() != crypto_sign_PUBLICKEYBYTES || crypto_core_ed25519_is_valid_point(x.data()) != 1) {
        return refuse_key("this is no sound Ed25519 key", "make a fresh one: openssl genpkey -algorithm ed25519");
    }
    return PublicKey{SigningAlgorithm::eddsa, std::move(x)};
}

Result<PublicKey> rs256_key(const BIGNUM* modulus, const BIGNUM* exponent) {
    const int bits = BN_num_bits(modulus);
    if (bits < rsa_bits_min || bits > rsa_bits_max) {
        return refuse_key(
            fmt::format("an RSA key of {} bits is not taken", bits),
            "give one of 2048 to 4096 bits: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072");
    }
    const auto builder = require<ParamBuilder>(OSSL_PARAM_BLD_new());
    require_success(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus));
    require_success(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent));
    const auto key = made_of("RSA", builder.get());
    // A long exponent makes each check as dear as a signature.
    if (!key || BN_num_bits(exponent) > 64 || !is_sound(key.get())) {
        return refuse_key("this is no sound RSA key",
                          "make a fresh one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072");
    }
    auto der = encoded(key.get());
    if (!der) return no_key();
    return PublicKey{SigningAlgorithm::rs256, *std::move(der)};
}

Result<PublicKey> es256_key(std::span<const unsigned char> x, std::span<const unsigned char> y) {
    Bytes point{POINT_CONVERSION_UNCOMPRESSED};
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    const auto builder = require<ParamBuilder>(OSSL_PARAM_BLD_new());
    require_success(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0));
    require_success(
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()));
    const auto key = made_of("EC", builder.get());
    auto der = key && is_sound(key.get()) ? encoded(key.get()) : std::nullopt;
    if (!der) {
        return refuse_key("this is no point on P-256",
                          "make a fresh key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    }
    return PublicKey{SigningAlgorithm::es256, *std::move(der)};
}

}  // namespace

Result<PublicKey> public_key_of(const EVP_PKEY* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_ED25519: {
            Bytes x(crypto_sign_PUBLICKEYBYTES);
            std::size_t size = x.size();
            if (EVP_PKEY_get_raw_public_key(key, x.data(), &size) != 1 || size != x.size()) return no_key();
            return eddsa_key(std::move(x));
        }
        case EVP_PKEY_RSA: {
            const auto modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
            const auto exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
            if (!modulus || !exponent) return no_key();
            return rs256_key(modulus.get(), exponent.get());
        }
        case EVP_PKEY_EC: {
            std::array<char, 64> curve{};
            std::size_t size = 0;
            const bool is_named = EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &size) == 1;
            forget_errors();
            if (!is_named || std::string_view{curve.data(), size} != SN_X9_62_prime256v1) {
                return other_kind_of_key("an EC key on another curve than P-256");
            }
            const auto x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X);
            const auto y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y);
            std::array<unsigned char, p256_coordinate_size> x_bytes{};
            std::array<unsigned char, p256_coordinate_size> y_bytes{};
            if (!x || !y || BN_bn2binpad(x.get(), x_bytes.data(), p256_coordinate_size) < 0 ||
                BN_bn2binpad(y.get(), y_bytes.data(), p256_coordinate_size) < 0) {
                return no_key();
            }
            return es256_key(x_bytes, y_bytes);
        }
        default: {
            const char* name = EVP_PKEY_get0_type_name(key);
            return other_kind_of_key(fmt::format("a key of the type {}", name == nullptr ? "unknown" : name));
        }
    }
}

namespace {

/// What PEM_read_bio hands out, freed at the end.
struct PemBlock {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;

    PemBlock() = default;
    PemBlock(const PemBlock&) = delete;
    PemBlock& operator=(const PemBlock&) = delete;
    ~PemBlock() {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
};

Result<PublicKey> from_pem(std::string_view text) {
    if (text.contains("PRIVATE KEY-----")) return private_key_given();
    if (text.find("-----BEGIN ") != text.rfind("-----BEGIN ")) {
        return refuse_key("there is more than one PEM block", "give one public key at a time");
    }
    const auto input = require<InputBuffer>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    PemBlock block;
    const bool is_read = PEM_read_bio(input.get(), &block.name, &block.header, &block.data, &block.size) == 1;
    forget_errors();
    if (!is_read) return no_key();
    const std::string_view name{block.name};
    if (name.contains("CERTIFICATE")) {
        return refuse_key("this is a certificate; nobody would look at its names, dates or issuer",
                          "give its public key: openssl x509 -in FILE -pubkey -noout");
    }
    const unsigned char* at = block.data;
    KeyHandle key;
    if (name == "PUBLIC KEY") key.reset(d2i_PUBKEY(nullptr, &at, block.size));
    if (name == "RSA PUBLIC KEY") key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, block.size));
    forget_errors();
    if (!key || at != block.data + block.size) return no_key();
    return public_key_of(key.get());
}

std::optional<Bytes> bytes_in(const boost::json::value& jwk, std::string_view name) {
    auto bytes = from_base64url(text_in(jwk, name));
    if (bytes && bytes->empty()) bytes.reset();
    return bytes;
}

/// A JWK that says what it is for says nothing else than this.
bool is_for(const boost::json::value& jwk, SigningAlgorithm algorithm) {
    const auto& members = jwk.get_object();
    if (members.contains("use") && text_in(jwk, "use") != "sig") return false;
    if (const auto* operations = members.if_contains("key_ops")) {
        if (!operations->is_array()) return false;
        const auto& list = operations->get_array();
        const auto verifies = [](const boost::json::value& one) {
            return one.is_string() && one.get_string() == "verify";
        };
        if (std::ranges::none_of(list, verifies)) return false;
    }
    if (!members.contains("alg")) return true;
    return is_name_of(text_in(jwk, "alg"), algorithm);
}

Result<PublicKey> from_jwk_members(const boost::json::value& jwk) {
    const auto type = text_in(jwk, "kty");
    const auto curve = text_in(jwk, "crv");
    const auto x = bytes_in(jwk, "x");
    if (type == "OKP") {
        if (curve != "Ed25519") return other_kind_of_key("an OKP key on another curve than Ed25519");
        if (!x) return no_key();
        return eddsa_key(*x);
    }
    if (type == "EC") {
        if (curve != "P-256") return other_kind_of_key("an EC key on another curve than P-256");
        const auto y = bytes_in(jwk, "y");
        // RFC 7518 §6.2.1.2: both as long as the field, zeros in front included.
        if (!x || !y || x->size() != p256_coordinate_size || y->size() != p256_coordinate_size) return no_key();
        return es256_key(*x, *y);
    }
    if (type == "RSA") {
        const auto n = bytes_in(jwk, "n");
        const auto e = bytes_in(jwk, "e");
        if (!n || !e) return no_key();
        const auto modulus = require<Number>(BN_bin2bn(n->data(), static_cast<int>(n->size()), nullptr));
        const auto exponent = require<Number>(BN_bin2bn(e->data(), static_cast<int>(e->size()), nullptr));
        return rs256_key(modulus.get(), exponent.get());
    }
    if (type == "oct") {
        return refuse_key("this is a shared key; whoever checks by it could sign as well",
                          "give a public key: openssl genpkey -algorithm ed25519, then openssl pkey -pubout");
    }
    return no_key();
}

Result<PublicKey> from_jwk(std::string_view text) {
    const auto jwk = protocol::parse_strict(text, protocol::wiped_storage());
    if (!jwk || !jwk->is_object()) return no_key();
    const auto& members = jwk->get_object();
    if (members.contains("keys")) {
        return refuse_key("this is a set of keys", "give one of its `keys` at a time");
    }
    // RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2.
    static constexpr std::array private_members{"d", "p", "q", "dp", "dq", "qi", "oth"};
    if (std::ranges::any_of(private_members, [&](const char* name) { return members.contains(name); })) {
        return private_key_given();
    }
    auto key = from_jwk_members(*jwk);
    if (key && !is_for(*jwk, key->algorithm)) {
        return refuse_key(
            fmt::format("the JWK's `alg`, `use` or `key_ops` says that it is not for {} signatures",
                        name_of(key->algorithm)),
            fmt::format("give one with \"alg\":\"{}\" and \"use\":\"sig\", or with neither", name_of(key->algorithm)));
    }
    return key;
}

/// `r || s` as the DER that OpenSSL reads; nothing where it has not the length of one.
std::optional<Bytes> der_signature(std::span<const unsigned char> raw) {
    if (raw.size() != p256_signature_size) return std::nullopt;
    const auto half = raw.size() / 2;
    const auto parts = require<EcdsaSignature>(ECDSA_SIG_new());
    auto r = require<Number>(BN_bin2bn(raw.data(), p256_coordinate_size, nullptr));
    auto s = require<Number>(BN_bin2bn(raw.data() + half, p256_coordinate_size, nullptr));
    require_success(ECDSA_SIG_set0(parts.get(), r.release(), s.release()));
    Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)));
    auto* at = der.data();
    i2d_ECDSA_SIG(parts.get(), &at);
    return der;
}

bool verifies_by_libcrypto(const PublicKey& key, std::string_view signed_part,
                           std::span<const unsigned char> signature) {
    const auto handle = decoded(key);
    if (!handle) return false;
    std::optional<Bytes> der;
    if (key.algorithm == SigningAlgorithm::es256) {
        der = der_signature(signature);
        if (!der) return false;
        signature = *der;
    }
    const auto context = require<DigestContext>(EVP_MD_CTX_new());
    const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, handle.get()) == 1 &&
                      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(signed_part).data(),
                                       signed_part.size()) == 1;
    forget_errors();
    return good;
}

}  // namespace

bool is_name_of(std::string_view alg, SigningAlgorithm algorithm) {
    return alg == name_of(algorithm) || (algorithm == SigningAlgorithm::eddsa && alg == "Ed25519");
}

std::string thumbprint(const PublicKey& key) {
    // RFC 7638 §3.3: no white space; no value of ours needs an escape.
    std::string members;
    for (const auto& [name, value] : required_members(key)) {
        members += fmt::format(R"({}"{}":"{}")", members.empty() ? "{" : ",", name, value);
    }
    members += "}";
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), bytes_of(members).data(), members.size());
    return base64url(digest);
}

boost::json::object jwk_of(const PublicKey& key) {
    boost::json::object jwk;
    for (const auto& [name, value] : required_members(key)) jwk[name] = value;
    jwk["use"] = "sig";
    jwk["alg"] = json_text(name_of(key.algorithm));
    jwk["kid"] = thumbprint(key);
    return jwk;
}

Result<PublicKey> read_public_key(std::string_view pem_or_jwk) {
    prepare_libcrypto();
    const auto first = pem_or_jwk.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return no_key();
    if (pem_or_jwk[first] == '{') return from_jwk(pem_or_jwk);
    return from_pem(pem_or_jwk);
}

bool verifies(const PublicKey& key, std::string_view signed_part, std::span<const unsigned char> signature) {
    if (key.algorithm != SigningAlgorithm::eddsa) return verifies_by_libcrypto(key, signed_part, signature);
    return signature.size() == crypto_sign_BYTES && key.encoded.size() == crypto_sign_PUBLICKEYBYTES &&
           crypto_sign_verify_detached(signature.data(), bytes_of(signed_part).data(), signed_part.size(),
                                       key.encoded.data()) == 0;
}

}  // namespace jeton::vault
