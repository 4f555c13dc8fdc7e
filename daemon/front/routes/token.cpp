#include "daemon/front/routes/token.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/base/log.hpp"
#include "daemon/front/routes/client_question.hpp"
#include "daemon/front/routes/oauth.hpp"
#include "daemon/front/routes/route.hpp"
#include "daemon/front/routes/usage.hpp"
#include "libclient/protocol/fields.hpp"

namespace jeton::front {
namespace {

constexpr std::array<std::string_view, 4> paths{"/token", "/connect/token", "/{environment}/token",
                                                "/{environment}/connect/token"};  // POST

constexpr std::chrono::seconds patience{15};
constexpr std::int64_t min_ttl_limit = 86'400;

Error invalid_request(std::string what, std::string next) {
    return refuse(Errc::invalid_request, std::move(what), std::move(next));
}

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

Result<void> check_grant_type(const Form& form) {
    const auto grant_type = form.value("grant_type");
    if (!grant_type) return invalid_request("grant_type is missing", "send grant_type=client_credentials");
    if (*grant_type == "client_credentials") return {};
    return refuse(Errc::unsupported_grant_type, "only client_credentials is granted here",
                  "send grant_type=client_credentials");
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
    grant.noted_each = fields.flag("noted_each");
    grant.secret_prefix = fields.optional_text("secret_prefix");
    grant.via = fields.optional_text("via");
    if (const auto problem = fields.problem()) {
        log::error("the vault's answer to token.issue is not understood: {}", *problem);
        return refuse(Errc::server_error, "the daemon met an error, which is in its log", "ask the operator");
    }
    return grant;
}

/// However the question was recognised.
std::optional<Response> counted(Desk& desk, std::optional<Response> repeated) {
    if (repeated) ++desk.counters->tokens_repeated;
    return repeated;
}

Response refused(Desk& desk, const Error& error, ClientAuth method) {
    desk.counters->refuse_token(error);
    return oauth_refusal(error, method);
}

/// The answer of a decision whose uses are each noted before it is repeated. Nothing: it is to be decided anew.
Task<std::optional<Result<Response>>> repeat_noted(Desk& desk, Caller& caller, const Fingerprint& question) {
    auto use = desk.decisions.use_to_note(question, caller.peer, caller.early_glimpse());
    if (!use) co_return std::nullopt;
    const auto noted = co_await note_use(desk, *std::move(use));
    if (!noted) co_return noted.error();
    if (!*noted) co_return std::nullopt;
    auto repeated = counted(desk, desk.decisions.find_noted(question, caller.peer));
    if (!repeated) co_return std::nullopt;
    co_return *std::move(repeated);
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
    if (const auto checked = check_grant_type(form); !checked) return checked.error();
    auto client = read_client(request, form, path.environment);
    if (!client) return client.error();
    TokenRequest asked{.body = *std::move(client), .repeatable = true};
    for (const std::string_view name : {"scope", "rejected_token"}) {
        if (const auto value = form.value(name)) asked.body[view(name)] = view(*value);
    }
    add_resources(asked.body, form);
    if (const auto added = add_min_ttl(asked.body, form); !added) return added.error();
    // An assertion is good for one request: the same bytes must not be answered again.
    const bool by_assertion = method_of(form, request.field("Authorization")) == ClientAuth::assertion;
    asked.repeatable = !asked.body.contains("rejected_token") && !asked.body.contains("min_ttl") && !by_assertion;
    return asked;
}

std::optional<Response> token_now(Desk& desk, Caller& caller, const Request& request,
                                  const std::optional<RequestPrint>& print) {
    if (request.method != "POST" || !request.path.ends_with("/token")) return std::nullopt;
    const auto& identity = caller.identity(desk.fingerprinter);
    const auto question = desk.fingerprinter.of(identity, request);
    auto repeated = counted(desk, desk.decisions.find(question, caller.peer));
    // The bytes may have come in pieces, and the caller have been attested anew meanwhile. What ends its session is
    // read.
    const bool is_its_print = print && print->size == request.raw.size() && print->sender == identity;
    if (repeated && is_its_print && request.keep_alive) desk.decisions.recognise(*print, question);
    return repeated;
}

std::optional<Response> token_again(Desk& desk, const Caller& caller, const RequestPrint& print) {
    return counted(desk, desk.decisions.find_again(print, caller.peer));
}

Task<Response> token(Desk& desk, Caller& caller, const Request& request, TokenPath path) {
    if (request.method != "POST") co_return oauth_post_only(request);
    const auto authorization = request.field("Authorization");
    const auto form = read_oauth_form(request, "resource");
    if (!form) co_return refused(desk, form.error(), authorization ? ClientAuth::basic : ClientAuth::peer);
    const auto method = method_of(*form, authorization);
    const auto fingerprint = desk.fingerprinter.of(caller.identity(desk.fingerprinter), request);
    auto noted = co_await repeat_noted(desk, caller, fingerprint);
    if (noted && !*noted) co_return refused(desk, noted->error(), method);
    if (noted) co_return **std::move(noted);
    auto asked = read_token_request(request, *form, path);
    if (!asked) co_return refused(desk, asked.error(), method);
    const auto guess = allowed_guess(desk, caller, asked->body);
    if (!guess) co_return refused(desk, guess.error(), method);
    const auto& glimpse = caller.early_glimpse();
    auto question = question_of(desk, caller, glimpse, "token.issue", json::value(std::move(asked->body)));
    question.patience = patience;
    const auto answer = co_await ask_for_client(desk, std::move(question), *guess);
    if (answer.refused) co_return refused(desk, *answer.refused, method);
    auto grant = read_grant(answer.done);
    if (!grant) co_return refused(desk, grant.error(), method);
    ++desk.counters->tokens_decided;
    auto response = token_response(*grant, answer.era, grant->expires_in, grant->reuse);
    if (asked->repeatable && grant->reuse.count() > 0) {
        desk.decisions.keep(fingerprint, caller.peer, glimpse, std::move(*grant), answer.era);
    }
    co_return response;
}

}  // namespace jeton::front
