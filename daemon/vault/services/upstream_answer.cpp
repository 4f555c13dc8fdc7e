#include "daemon/vault/services/upstream_answer.hpp"

#include <algorithm>
#include <cctype>

#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/base/log.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::vault {
namespace {

namespace json = boost::json;

/// An answer without `expires_in` is used, but hardly kept (RFC 6749 §5.1 leaves it to the documentation; P19).
constexpr std::chrono::seconds life_when_unsaid{30};
constexpr std::chrono::seconds life_limit{24 * 3600};

std::string host_of(std::string_view endpoint) {
    const auto url = boost::urls::parse_uri(endpoint);
    return url ? std::string{url->encoded_host()} : std::string{"the token endpoint"};
}

/// The claims of a JWT, unverified: good enough to notice a mix-up, not to believe a token.
std::optional<json::object> claims_of(std::string_view token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto payload = from_base64url(token.substr(first + 1, second - first - 1));
    if (!payload) return std::nullopt;
    boost::system::error_code ec;
    const auto text = text_of(*payload);
    auto value = json::parse(json::string_view{text.data(), text.size()}, ec);
    if (ec || !value.is_object()) return std::nullopt;
    return std::move(value.as_object());
}

/// A claim as text, whether it was a string or an integer.
std::optional<std::string> text_claim(const json::object& claims, std::string_view name) {
    const auto* value = claims.if_contains(json::string_view{name.data(), name.size()});
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->if_string()) return std::string{text->data(), text->size()};
    if (const auto* number = value->if_int64()) return std::to_string(*number);
    if (const auto* number = value->if_uint64()) return std::to_string(*number);
    return std::string{};
}

Result<void> check_claims(std::string_view token, const ExpectedClaims& expected, const std::string& host) {
    const auto claims = claims_of(token);
    const auto mismatch = [&](std::string_view claim, const std::optional<std::string>& found,
                              const std::string& wanted) {
        return refuse(Errc::mismatch,
                      fmt::format("{} answered with a token whose {} is {}, not {}", host, claim,
                                  found ? log::escape(found->substr(0, 130)) : "missing", wanted),
                      "check which tenant and environment the pair was made for");
    };
    const auto tenant = claims ? text_claim(*claims, "tenant") : std::nullopt;
    if (tenant ? *tenant != expected.tenant : expected.tenant_required)
        return mismatch("tenant", tenant, expected.tenant);
    const auto client_id = claims ? text_claim(*claims, "client_id") : std::nullopt;
    if (client_id && *client_id != expected.client_id) return mismatch("client_id", client_id, expected.client_id);
    return {};
}

Error refusal_of(const ExchangeAnswer& answer, const std::string& host) {
    if (answer.error == "invalid_client") {
        return refuse(Errc::invalid_client, fmt::format("{} does not accept this client ID and secret", host),
                      "import a pair that works there: jeton secret import CONNECTION --client-id ID");
    }
    if (answer.error == "invalid_scope") {
        return refuse(Errc::invalid_scope, fmt::format("{} does not grant this scope to the client", host),
                      "ask for less, or have the tenant allow more there");
    }
    const auto said =
        answer.error.empty() ? std::string{} : fmt::format(", {}", log::escape(answer.error.substr(0, 80)));
    return unavailable(fmt::format("{} answered {}{}", host, answer.status, said), answer.retry_after);
}

bool is_bearer(std::string type) {
    std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return type == "bearer";
}

}  // namespace

Error unavailable(std::string what, std::optional<std::int64_t> retry_after) {
    auto error =
        refuse(Errc::temporarily_unavailable, std::move(what), "try again later; operators see more in: jeton status");
    error.retry_after = static_cast<int>(std::clamp<std::int64_t>(retry_after.value_or(2), 1, 3600));
    return error;
}

Result<UpstreamToken> judge(const ExchangeAnswer& answer, const ExpectedClaims& expected, std::string_view endpoint) {
    const auto host = host_of(endpoint);
    if (!answer.failure.empty()) return unavailable(answer.failure, answer.retry_after);
    if (answer.status != 200) return refusal_of(answer, host);
    if (answer.access_token.empty() || !is_bearer(answer.token_type)) {
        return unavailable(fmt::format("{} answered without a bearer token", host), answer.retry_after);
    }
    if (auto claims = check_claims(answer.access_token.reveal(), expected, host); !claims) return claims.error();
    UpstreamToken token{answer.access_token.copy(), answer.scope, life_when_unsaid};
    if (answer.expires_in)
        token.life = std::clamp(std::chrono::seconds{*answer.expires_in}, std::chrono::seconds{0}, life_limit);
    return token;
}

ExchangeRequest exchange_request(const FoundConnection& found, SecretText secret_value, std::string scope) {
    const auto& environment = found.environment;
    return {environment.token_endpoint,     environment.client_auth, found.connection.client_id,
            std::move(secret_value),        std::move(scope),        environment.ca_file,
            environment.allow_loopback_http};
}

ExpectedClaims expected_claims(const FoundConnection& found) {
    return {found.connection.client_id, found.tenant.tenant, found.environment.tenant_claim_required};
}

}  // namespace jeton::vault
