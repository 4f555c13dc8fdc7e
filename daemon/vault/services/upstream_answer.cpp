#include "daemon/vault/services/upstream_answer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/base/log.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/services/versions.hpp"
#include "libclient/protocol/ascii.hpp"
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

/// Text of an upstream as it may stand in words for people.
std::string as_words(std::string_view text) { return log::escape(std::string{text.substr(0, 130)}); }

Error mismatch(std::string what, std::string next) { return refuse(Errc::mismatch, std::move(what), std::move(next)); }

Result<void> check_subject(const json::object& claims, const ExpectedClaims& expected, const std::string& host) {
    const auto other = [&](std::string_view claim, const std::optional<std::string>& found, const std::string& wanted) {
        return mismatch(fmt::format("{} answered with a token whose {} is {}, not {}", host, claim,
                                    found ? as_words(*found) : "missing", wanted),
                        "check which tenant and environment the pair was made for");
    };
    const auto tenant = text_claim(claims, "tenant");
    if (tenant ? *tenant != expected.tenant : expected.tenant_required) return other("tenant", tenant, expected.tenant);
    const auto client_id = text_claim(claims, "client_id");
    if (client_id && *client_id != expected.client_id) return other("client_id", client_id, expected.client_id);
    return {};
}

/// Who made the token: the environment's issuer, or, while it has none, whoever the token names.
Result<std::string> issuer_of(const json::object& claims, const ExpectedClaims& expected, const std::string& host) {
    const auto issuer = text_claim(claims, "iss");
    if (!issuer && expected.issuer.empty()) return std::string{};
    const bool is_name = issuer && !issuer->empty() && issuer->size() <= issuer_limit &&
                         std::ranges::all_of(*issuer, [](char c) { return c > 0x20 && c < 0x7f; });
    if (is_name && (expected.issuer.empty() || *issuer == expected.issuer)) return *issuer;
    return mismatch(
        fmt::format("{} answered with a token whose issuer is {}, not {}", host, issuer ? as_words(*issuer) : "missing",
                    expected.issuer.empty() ? "a name" : expected.issuer),
        fmt::format("find out who answers there; if the issuer itself has another name now: jeton environment "
                    "edit {} --forget-issuer",
                    expected.environment));
}

/// The words of a claim `scope`: an array of texts or one text with spaces. Nothing: it is of another kind.
std::optional<std::vector<std::string>> scope_claim(const json::value& claim) {
    std::vector<std::string> words;
    const auto add = [&words](std::string_view text) {
        while (!text.empty()) {
            const auto end = std::min(text.find(' '), text.size());
            if (end > 0) words.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    };
    if (const auto* text = claim.if_string()) {
        add({text->data(), text->size()});
        return words;
    }
    const auto* list = claim.if_array();
    if (list == nullptr) return std::nullopt;
    for (const auto& one : *list) {
        const auto* text = one.if_string();
        if (text == nullptr) return std::nullopt;
        add({text->data(), text->size()});
    }
    return words;
}

Result<void> check_scopes(const std::vector<std::string>& granted, const ExpectedClaims& expected,
                          const std::string& host) {
    const auto is_beyond = [&](const std::string& scope) {
        return !std::ranges::binary_search(expected.scopes, scope);
    };
    const auto beyond = std::ranges::count_if(granted, is_beyond);
    if (beyond == 0) return {};
    const auto more = beyond > 1 ? fmt::format(" and {} more", beyond - 1) : std::string{};
    return mismatch(fmt::format("{} grants {}{}, which is not in the version that the tenant accepted for {}", host,
                                as_words(*std::ranges::find_if(granted, is_beyond)), more, expected.connection),
                    "where the portal has a newer version of the app: jeton app publish APP --add SCOPE, then jeton "
                    "access record; else have the scope taken away there");
}

/// What is granted: what the answer says; where it says nothing, what the token says of itself (RFC 6749 §5.1 leaves
/// `scope` out where all was granted). Neither may be more than the tenant accepted: the token is handed over as it is.
Result<std::string> scope_of(const ExchangeAnswer& answer, const json::object& claims, const ExpectedClaims& expected,
                             const std::string& host) {
    const auto* claim = claims.if_contains("scope");
    const auto in_token = claim == nullptr || claim->is_null() ? std::vector<std::string>{} : scope_claim(*claim);
    if (!in_token) {
        return mismatch(fmt::format("{} answered with a token whose scope is neither text nor a list of texts", host),
                        "check what answers there");
    }
    const auto answered = scope_claim(json::value{json::string_view{answer.scope.data(), answer.scope.size()}}).value();
    for (const auto* granted : {&answered, &*in_token}) {
        if (auto fits = check_scopes(*granted, expected, host); !fits) return fits.error();
    }
    return answered.empty() ? join_scope(*in_token) : answer.scope;
}

/// Words of RFC 6749 §5.2 about this one client: the endpoint itself is well, and others may be served by it.
bool is_about_client(const ExchangeAnswer& answer) {
    constexpr auto words = std::to_array<std::string_view>(
        {"unauthorized_client", "access_denied", "invalid_request", "invalid_grant", "unsupported_grant_type"});
    const bool is_refusal = answer.status == 200 || (answer.status >= 400 && answer.status <= 403);
    return is_refusal && std::ranges::find(words, answer.error) != words.end();
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
    if (is_about_client(answer)) {
        return refuse(Errc::unauthorized_client, fmt::format("{} refuses this client: {}", host, answer.error),
                      "ask the operator: what the client may do is set at the token endpoint's own portal");
    }
    const auto said =
        answer.error.empty() ? std::string{} : fmt::format(", {}", log::escape(answer.error.substr(0, 80)));
    return unavailable(fmt::format("{} answered {}{}", host, answer.status, said), answer.retry_after);
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
    const bool is_refused_with_200 = answer.access_token.empty() && !answer.error.empty();  // as some gateways do
    if (answer.status != 200 || is_refused_with_200) return refusal_of(answer, host);
    if (answer.access_token.empty() || protocol::lower_case(answer.token_type) != "bearer") {
        return unavailable(fmt::format("{} answered without a bearer token", host), answer.retry_after);
    }
    const auto claims = claims_of(answer.access_token.reveal()).value_or(json::object{});
    if (auto subject = check_subject(claims, expected, host); !subject) return subject.error();
    auto issuer = issuer_of(claims, expected, host);
    if (!issuer) return issuer.error();
    auto scope = scope_of(answer, claims, expected, host);
    if (!scope) return scope.error();
    UpstreamToken token{answer.access_token.copy(), *std::move(scope), life_when_unsaid, *std::move(issuer)};
    if (answer.expires_in)
        token.life = std::clamp(std::chrono::seconds{*answer.expires_in}, std::chrono::seconds{0}, life_limit);
    return token;
}

ExchangeRequest exchange_request(const FoundConnection& found, SecretText secret_value, std::string scope) {
    const auto& environment = found.environment;
    return {environment.token_endpoint,
            environment.client_auth,
            found.connection.client_id,
            std::move(secret_value),
            std::move(scope),
            environment.ca_file,
            environment.allow_loopback_http,
            form_fields_in(found.connection.form_fields),
            environment.name};
}

ExpectedClaims expected_claims(Transaction& tx, const FoundConnection& found) {
    const auto accepted = accepted_version(tx, found.connection);
    return {.client_id = found.connection.client_id,
            .tenant = found.tenant.tenant,
            .tenant_required = found.environment.tenant_claim_required,
            .issuer = found.environment.issuer,
            .scopes = accepted ? accepted->scopes : std::vector<std::string>{},
            .connection = found.name(),
            .environment = found.environment.name};
}

}  // namespace jeton::vault
