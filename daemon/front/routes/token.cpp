#include "daemon/front/routes/token.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/front/routes/route.hpp"
#include "libclient/protocol/fields.hpp"

namespace jeton::front {
namespace {

constexpr std::array<std::string_view, 4> paths{"/token", "/connect/token", "/{environment}/token",
                                                "/{environment}/connect/token"};  // POST

constexpr std::chrono::seconds patience{15};
constexpr std::int64_t min_ttl_limit = 86'400;

/// What belongs into the body only: a query ends up in logs and histories.
constexpr std::array<std::string_view, 12> body_parameters{
    "grant_type", "client_id",  "client_secret", "client_assertion", "client_assertion_type", "scope",
    "resource",   "connection", "min_ttl",       "rejected_token",   "access_token",          "password"};

Error invalid_request(std::string what, std::string next) {
    return refuse(Errc::invalid_request, std::move(what), std::move(next));
}

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

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

Result<Form> read_form(const Request& request) {
    if (!is_form(request.field("Content-Type"))) {
        return invalid_request("the content type is not application/x-www-form-urlencoded",
                               "send the parameters as a form");
    }
    auto form = Form::parse(request.body);
    if (!form) return form;
    if (const auto name = form->repeated("resource")) {
        return invalid_request(fmt::format("parameter {} stands more than once", name->substr(0, 64)), "send it once");
    }
    return form;
}

Result<void> check_grant_type(const Form& form) {
    const auto grant_type = form.value("grant_type");
    if (!grant_type) return invalid_request("grant_type is missing", "send grant_type=client_credentials");
    if (*grant_type == "client_credentials") return {};
    return refuse(Errc::unsupported_grant_type, "only client_credentials is granted here",
                  "send grant_type=client_credentials");
}

json::object describe(const Credentials& credentials) {
    json::object auth(protocol::wiped_storage());
    switch (credentials.method) {
        case ClientAuth::peer: auth["method"] = "peer"; break;
        case ClientAuth::basic: auth["method"] = "basic"; break;
        case ClientAuth::post: auth["method"] = "post"; break;
    }
    if (credentials.client_id) auth["client_id"] = view(*credentials.client_id);
    if (credentials.client_secret) auth["client_secret"] = view(*credentials.client_secret);
    return auth;
}

Result<void> add_min_ttl(json::object& body, const Form& form) {
    const auto text = form.value("min_ttl");
    if (!text) return {};
    std::int64_t seconds = -1;
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, seconds);
    if (read.ec != std::errc{} || read.ptr != end || seconds < 0 || seconds > min_ttl_limit) {
        return invalid_request("min_ttl is not a number of seconds from 0 to 86400", "send seconds, or leave it out");
    }
    body["min_ttl"] = seconds;
    return {};
}

void add_resources(json::object& body, const Form& form) {
    json::array resources(protocol::wiped_storage());
    for (const auto& parameter : form.parameters()) {
        if (parameter.name == "resource" && !parameter.value.empty()) resources.emplace_back(view(parameter.value));
    }
    if (!resources.empty()) body["resources"] = std::move(resources);
}

/// The members of `done` of `token.issue`.
Result<Grant> read_grant(const json::value& done) {
    protocol::Fields fields{done};
    Grant grant;
    grant.access_token = fields.text("access_token");
    grant.token_type = fields.text("token_type");
    grant.expires_in = std::chrono::seconds{fields.integer("expires_in", 0, 1'000'000'000)};
    grant.scope = fields.text("scope");
    grant.connection = fields.text("connection");
    grant.app_key = fields.optional_text("app_key");
    grant.reuse = std::chrono::seconds{fields.integer("reuse_seconds", 0, 1'000'000'000)};
    grant.secret_prefix = fields.optional_text("secret_prefix");
    if (const auto problem = fields.problem()) {
        log::error("the vault's answer to token.issue is not understood: {}", *problem);
        return refuse(Errc::server_error, "the daemon met an error, which is in its log", "ask the operator");
    }
    return grant;
}

bool is_oauth(Errc code) {
    switch (code) {
        case Errc::invalid_request:
        case Errc::invalid_client:
        case Errc::unauthorized_client:
        case Errc::unsupported_grant_type:
        case Errc::invalid_scope:
        case Errc::invalid_target:
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

std::span<const std::string_view> token_paths() { return paths; }

std::optional<TokenPath> match_token_path(std::string_view path) {
    if (!path.ends_with("/token")) return std::nullopt;
    for (const auto pattern : paths) {
        auto names = match_path(pattern, path);
        if (!names) continue;
        if (names->empty()) return TokenPath{};
        return TokenPath{std::move(names->front().second)};
    }
    return std::nullopt;
}

Result<TokenRequest> read_token_request(const Request& request, const Form& form, const TokenPath& path) {
    if (const auto checked = check_query(request.query); !checked) return checked.error();
    if (const auto checked = check_grant_type(form); !checked) return checked.error();
    const auto credentials = read_credentials(form, request.field("Authorization"));
    if (!credentials) return credentials.error();
    const auto host = request.field("Host").value_or("");
    if (!is_utf8(host)) return invalid_request("Host is not readable", "send the name of the endpoint's host");

    TokenRequest asked{.body = json::object(protocol::wiped_storage()), .repeatable = true};
    if (path.environment) asked.body["environment"] = *path.environment;
    asked.body["host"] = view(host);
    asked.body["auth"] = describe(*credentials);
    for (const std::string_view name : {"connection", "scope", "rejected_token"}) {
        if (const auto value = form.value(name)) asked.body[view(name)] = view(*value);
    }
    add_resources(asked.body, form);
    if (const auto added = add_min_ttl(asked.body, form); !added) return added.error();
    asked.repeatable = !asked.body.contains("rejected_token") && !asked.body.contains("min_ttl");
    return asked;
}

std::optional<Response> token_now(Desk& desk, const Caller& caller, const Request& request) {
    if (request.method != "POST" || !request.path.ends_with("/token")) return std::nullopt;
    return desk.decisions.find(desk.fingerprinter.of(caller.peer, request), caller.peer);
}

Task<Response> token(Desk& desk, const Caller& caller, const Request& request, TokenPath path) {
    if (request.method != "POST") {
        const auto refusal = invalid_request("the token endpoint answers POST only", "send a form by POST");
        auto body = fmt::format(R"({{"error":"invalid_request","error_description":"{}"}})", description(refusal));
        co_return json_response(405, body, "Allow: POST\r\nPragma: no-cache\r\n");
    }
    const auto authorization = request.field("Authorization");
    const auto form = read_form(request);
    if (!form) co_return token_refusal(form.error(), authorization ? ClientAuth::basic : ClientAuth::peer);
    const auto method = method_of(*form, authorization);
    auto asked = read_token_request(request, *form, path);
    if (!asked) co_return token_refusal(asked.error(), method);

    auto question = question_of(desk, caller, "token.issue", json::value(std::move(asked->body)));
    question.patience = patience;
    const auto answer = co_await desk.vault.ask(std::move(question));
    if (answer.refused) co_return token_refusal(*answer.refused, method);
    auto grant = read_grant(answer.done);
    if (!grant) co_return token_refusal(grant.error(), method);
    auto response = token_response(*grant, answer.era, grant->expires_in, grant->reuse);
    if (asked->repeatable && grant->reuse.count() > 0) {
        desk.decisions.keep(desk.fingerprinter.of(caller.peer, request), caller.peer, caller.command(),
                            std::move(*grant), answer.era);
    }
    co_return response;
}

Response token_refusal(const Error& error, ClientAuth method) {
    const auto code = oauth_word(error.code);
    const auto& word = protocol::word_of(code);
    int status = word.status;
    std::string fields = "Pragma: no-cache\r\n";
    if (code == Errc::invalid_client && method != ClientAuth::post) status = 401;
    if (code == Errc::invalid_client && method == ClientAuth::basic)
        fields += "WWW-Authenticate: Basic realm=\"jeton\"\r\n";
    if (code == Errc::temporarily_unavailable || code == Errc::too_many_requests) {
        fields += fmt::format("Retry-After: {}\r\n", error.retry_after.value_or(5));
    }
    const auto body = fmt::format(R"({{"error":"{}","error_description":"{}"}})", word.name, description(error));
    return json_response(status, body + "\n", fields);
}

}  // namespace jeton::front
