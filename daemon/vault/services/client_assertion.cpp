#include "daemon/vault/services/client_assertion.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/issuer/jwt.hpp"
#include "daemon/vault/issuer/public_key.hpp"
#include "daemon/vault/services/client_keys.hpp"
#include "daemon/vault/store/used_assertions.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::vault {
namespace {

namespace json = boost::json;

/// For the operator; the caller gets the one answer of services/authentication.
Error wrong(std::string what) { return refuse(Errc::invalid_client, std::move(what), {}); }

const json::value* member(const json::object& of, std::string_view name) {
    return of.if_contains(json::string_view{name.data(), name.size()});
}

/// Empty where it is absent or no text.
std::string_view text_in(const json::object& of, std::string_view name) {
    const auto* value = member(of, name);
    if (value == nullptr || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
}

/// RFC 7519 §5.1: a media type, so its case does not matter. rfc7523bis names the second.
bool is_known_type(const json::object& header) {
    if (member(header, "typ") == nullptr) return true;
    const auto type = protocol::lower_case(text_in(header, "typ"));
    return type == "jwt" || type == "client-authentication+jwt";
}

/// The issuer as a text, or as the only element of an array: anything else is for another server too.
bool is_sole_audience(const json::object& claims, std::string_view audience) {
    const auto* value = member(claims, "aud");
    if (value != nullptr && value->is_array() && value->get_array().size() == 1) value = &value->get_array().front();
    return value != nullptr && value->is_string() &&
           std::string_view{value->get_string().data(), value->get_string().size()} == audience;
}

/// A NumericDate of RFC 7519 §2, of whole seconds as all our JSON. Not before 1970 and not after 9999.
Result<std::optional<UtcSeconds>> time_in(const json::object& claims, std::string_view name) {
    constexpr std::int64_t end_of_9999 = 253'402'300'799;
    const auto* value = member(claims, name);
    if (value == nullptr) return std::optional<UtcSeconds>{};
    if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > end_of_9999) {
        return wrong(fmt::format("{} is no time in whole seconds", name));
    }
    return std::optional{UtcSeconds{std::chrono::seconds{value->get_int64()}}};
}

Result<void> check_times(const json::object& claims, ShownAt at) {
    const auto expires = time_in(claims, "exp");
    if (!expires) return expires.error();
    if (!*expires) return wrong("exp is missing");
    // What was shown is remembered for an hour longer than it lives: so far the wall clock may be set back.
    if (at.wall >= **expires || at.judged >= **expires + assertion_life_max) {
        return wrong("it has expired: " + rfc3339(**expires));
    }
    if (**expires - at.wall > assertion_life_max) {
        return wrong("exp is more than an hour away: " + rfc3339(**expires));
    }
    for (const std::string_view name : {"iat", "nbf"}) {
        const auto time = time_in(claims, name);
        if (!time) return time.error();
        if (*time && **time > at.wall + assertion_skew) {
            return wrong(fmt::format("{} is ahead of this host's clock: {}", name, rfc3339(**time)));
        }
    }
    return {};
}

std::string_view jti_of(const ClientAssertion& assertion) { return text_in(assertion.claims, "jti"); }

Result<ClientKey> signer_of(Transaction& tx, const FoundConnection& found, const ClientAssertion& assertion) {
    auto keys = active_client_keys(tx, found.connection.id);
    if (keys.empty()) return wrong("the connection has no active key");
    if (member(assertion.header, "kid") != nullptr) {
        const auto kid = text_in(assertion.header, "kid");
        std::erase_if(keys, [&](const ClientKey& key) { return key.kid != kid; });
        if (keys.empty()) return wrong("kid names no active key of the connection");
    }
    const auto algorithm = text_in(assertion.header, "alg");
    std::erase_if(keys, [&](const ClientKey& key) { return !is_name_of(algorithm, key.algorithm); });
    if (keys.empty()) return wrong("alg is not that of an active key of the connection");
    for (auto& key : keys) {
        if (verifies({key.algorithm, key.public_key}, assertion.signed_part, assertion.signature)) {
            return std::move(key);
        }
    }
    return wrong("the signature is not by an active key of the connection");
}

}  // namespace

Result<ClientAssertion> read_client_assertion(std::string_view text) {
    if (text.size() > assertion_bytes_max) {
        return wrong(fmt::format("it is longer than {} characters", assertion_bytes_max));
    }
    auto parsed = parse_jwt(text);
    if (!parsed) return wrong("it is no JWS in compact form, or its JSON is not strict");
    if (member(parsed->header, "crit") != nullptr) return wrong("its header has crit, of which nothing is understood");
    if (!is_known_type(parsed->header)) return wrong("typ is neither JWT nor client-authentication+jwt");
    const auto client_id = std::string{text_in(parsed->claims, "sub")};
    if (client_id.empty() || client_id != text_in(parsed->claims, "iss")) {
        return wrong("iss and sub are not both the client ID");
    }
    return ClientAssertion{parsed->signed_part, std::move(parsed->signature), std::move(parsed->header),
                           std::move(parsed->claims), client_id};
}

Result<ClientKey> check_client_assertion(Transaction& tx, const FoundConnection& found,
                                         const ClientAssertion& assertion, std::optional<ShownAt> at) {
    auto key = signer_of(tx, found, assertion);
    if (!key) return key.error();
    const auto audience = assertion_audience(found.environment);
    if (!is_sole_audience(assertion.claims, audience)) return wrong("aud is not " + audience + " alone");
    if (at) {
        if (auto times = check_times(assertion.claims, *at); !times) return times.error();
    }
    if (jti_of(assertion).empty() || jti_of(assertion).size() > jti_bytes_max) {
        return wrong(fmt::format("jti is missing, or no text of 1 to {} bytes", jti_bytes_max));
    }
    return key;
}

Result<void> use_client_assertion(Transaction& tx, const FoundConnection& found, const ClientAssertion& assertion,
                                  ShownAt at) {
    used_assertions::erase_until(tx, at.judged - assertion_life_max);
    if (used_assertions::count(tx, found.connection.id) >= assertions_per_client_max) {
        auto error = refuse(Errc::temporarily_unavailable,
                            fmt::format("this client has shown {} assertions that live", assertions_per_client_max),
                            "keep the token for its life, and give assertions a short one");
        error.retry_after = 60;
        return error;
    }
    const auto expires = time_in(assertion.claims, "exp");
    if (!expires || !*expires) return wrong("exp is missing");
    if (used_assertions::add(tx, found.connection.id, jti_of(assertion), **expires)) return {};
    return wrong("it was shown before: a jti is good for one request");
}

}  // namespace jeton::vault
