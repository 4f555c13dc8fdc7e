#include "daemon/front/routes/oauth.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace jeton::front {
namespace {

/// What belongs into the body only: a query ends up in logs and histories.
constexpr std::array<std::string_view, 13> body_parameters{
    "grant_type",   "client_id", "client_secret", "client_assertion", "client_assertion_type",
    "scope",        "resource",  "connection",    "min_ttl",          "rejected_token",
    "access_token", "password",  "token"};

Error invalid_request(std::string what, std::string next) {
    return refuse(Errc::invalid_request, std::move(what), std::move(next));
}

Result<void> check_query(std::string_view query) {
    const auto form = Form::parse(query);
    if (!form) return form.error();
    for (const auto& parameter : form->parameters()) {
        if (std::ranges::find(body_parameters, parameter.name) != body_parameters.end()) {
            return invalid_request(fmt::format("{} stands in the query", parameter.name), "send it in the form body");
        }
    }
    return {};
}

bool is_form(const std::optional<std::string_view>& content_type) {
    if (!content_type) return false;
    auto type = content_type->substr(0, content_type->find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    return equal_ignoring_case(type, "application/x-www-form-urlencoded");
}

bool is_oauth(Errc code) {
    switch (code) {
        case Errc::invalid_request:
        case Errc::invalid_client:
        case Errc::unauthorized_client:
        case Errc::unsupported_grant_type:
        case Errc::invalid_scope:
        case Errc::invalid_target:
        case Errc::unsupported_token_type:
        case Errc::temporarily_unavailable:
        case Errc::too_many_requests:
        case Errc::server_error: return true;
        default: return false;
    }
}

Errc oauth_word(Errc code) {
    if (is_oauth(code)) return code;
    if (code == Errc::sealed || code == Errc::uninitialised) return Errc::temporarily_unavailable;
    return code == Errc::forbidden ? Errc::unauthorized_client : Errc::invalid_request;
}

/// %x20-21 / %x23-5B / %x5D-7E (RFC 6749 §5.2).
std::string description(const Error& error) {
    auto text = error.next.empty() ? error.what : fmt::format("{}; {}", error.what, error.next);
    for (char& c : text) {
        if (c == '"') c = '\'';
        if (c == '\\') c = '/';
        if (c < ' ' || c > '~') c = '?';
    }
    return text;
}

}  // namespace

Result<Form> read_oauth_form(const Request& request, std::string_view repeatable) {
    if (const auto checked = check_query(request.query); !checked) return checked.error();
    if (!is_form(request.field("Content-Type"))) {
        return invalid_request("the content type is not application/x-www-form-urlencoded",
                               "send the parameters as a form");
    }
    auto form = Form::parse(request.body);
    if (!form) return form;
    if (const auto name = form->repeated(repeatable)) {
        return invalid_request(fmt::format("parameter {} stands more than once", name->substr(0, 64)), "send it once");
    }
    return form;
}

Response oauth_post_only(const Request& request) {
    constexpr std::string_view fields = "Allow: POST\r\nPragma: no-cache\r\n";
    if (request.method == "OPTIONS") return empty_response(fields);
    const auto refusal = invalid_request("this endpoint answers POST only", "send a form by POST");
    const auto body = fmt::format(R"({{"error":"invalid_request","error_description":"{}"}})", description(refusal));
    return json_response(405, body + "\n", fields);
}

Response oauth_refusal(const Error& error, ClientAuth method, std::string_view challenge) {
    const auto code = oauth_word(error.code);
    const auto& word = protocol::word_of(code);
    int status = word.status;
    std::string fields = "Pragma: no-cache\r\n";
    const bool in_form = method == ClientAuth::post || method == ClientAuth::assertion;
    if (code == Errc::invalid_client && !in_form) status = 401;
    if (challenge.empty() && method == ClientAuth::basic) challenge = "Basic realm=\"jeton\"";
    if (status == 401 && !challenge.empty()) fields += fmt::format("WWW-Authenticate: {}\r\n", challenge);
    if (code == Errc::temporarily_unavailable || code == Errc::too_many_requests) {
        fields += fmt::format("Retry-After: {}\r\n", error.retry_after.value_or(5));
    }
    const auto body = fmt::format(R"({{"error":"{}","error_description":"{}"}})", word.name, description(error));
    return json_response(status, body + "\n", fields);
}

}  // namespace jeton::front
