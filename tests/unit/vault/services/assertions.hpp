/// A client with a private key: it makes assertions as real ones do, and as forgers would.
#pragma once

#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/services/client_keys.hpp"
#include "tests/unit/vault/office.hpp"

namespace jeton::vault::test {

inline const std::string keyed = "dispatcher/1@integration";

/// `base64url(header).base64url(claims)`.
inline std::string unsigned_jwt(const json::object& header, const json::object& claims) {
    return base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
}

struct Keyed : Office {
    explicit Keyed(const std::string& name = keyed, EnvironmentKind kind = EnvironmentKind::local) : name_(name) {
        connected(name, kind);
    }

    Result<ClientKey> add(const KeyPair& pair, std::optional<std::chrono::seconds> life = {}) {
        const auto text = json::serialize(jwk_of(pair.public_key));
        return run(
            [&](Transaction& tx) { return add_client_key(tx, admin, connection(name_), text, life, clock.now()); });
    }

    std::string client_id() { return row(name_).client_id; }
    [[nodiscard]] std::int64_t now() const { return clock.now().time_since_epoch().count(); }
    /// What a client of today sends.
    json::object claims() {
        return {{"iss", client_id()}, {"sub", client_id()}, {"aud", "http://localhost/integration"},
                {"exp", now() + 60},  {"iat", now()},       {"jti", random_hex(16)}};
    }
    static json::object header(const KeyPair& pair) {
        return {{"alg", name_of(pair.public_key.algorithm)}, {"typ", "JWT"}};
    }
    static std::string sign_with(const KeyPair& pair, const json::object& header, const json::object& claims) {
        const auto part = unsigned_jwt(header, claims);
        return part + "." + base64url(sign(pair.public_key.algorithm, pair.private_key, part));
    }
    std::string assertion(const KeyPair& pair) { return sign_with(pair, header(pair), claims()); }

    /// A request that was refused leaves what it wrote, as the verb sees to it.
    Result<TokenDecision> present(const std::string& text, std::string_view client_id = {}) {
        TokenRequest request;
        request.authentication = ClientAuthentication::assertion;
        request.client_assertion = text;
        request.client_id = client_id;
        request.environment = connection(name_).tenant.environment;
        request.scope = scope;
        request.asked_at = clock.now();
        return decide(request);
    }
    /// Empty: taken.
    std::string refused(const std::string& text) {
        const auto decision = present(text);
        if (decision) return {};
        CHECK(decision.error().code == Errc::invalid_client);
        CHECK(decision.error().what == "the client assertion is not accepted");
        return decision.error().operator_note;
    }
    bool takes(const std::string& text) { return refused(text).empty(); }

    std::string scope;

private:
    std::string name_;
};

}  // namespace jeton::vault::test
