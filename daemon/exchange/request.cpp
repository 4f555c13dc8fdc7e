#include "daemon/exchange/request.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>

#include <arpa/inet.h>

#include <curl/curl.h>

#include "daemon/base/frames.hpp"
#include "libclient/protocol/fields.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::exchange {
namespace {

namespace json = boost::json;

constexpr std::size_t id_limit = 1024;
constexpr std::size_t secret_limit = 4096;
constexpr std::size_t text_limit = 8192;

struct CurlUrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct CurlTextDeleter {
    void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, CurlTextDeleter> owner{text};
    return text;
}

/// curl reads `localhost` as the loopback whatever the resolver says, and has written out short forms as `127.1`.
bool is_loopback(const std::string& host) {
    in_addr address{};
    const bool numeric = ::inet_pton(AF_INET, host.c_str(), &address) == 1;
    return host == "localhost" || host == "[::1]" || (numeric && (ntohl(address.s_addr) >> 24U) == 127);
}

Error bad(std::string what) {
    return refuse(Errc::bad_input, std::move(what), "correct the environment's token endpoint");
}

/// curl's own reading of the endpoint, so that what is checked is what is used. What is not encrypted goes through no
/// proxy, which would read it; what is on this host only where that is said.
Result<void> read_endpoint(TokenRequest& request, bool allow_loopback_http, bool proxy_loopback) {
    const std::unique_ptr<CURLU, CurlUrlDeleter> url{curl_url()};
    if (!url || curl_url_set(url.get(), CURLUPART_URL, request.endpoint.c_str(), 0) != CURLUE_OK) {
        return bad("the token endpoint is not a URL");
    }
    for (const auto unwanted : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
        if (!part_of(url.get(), unwanted).empty()) return bad("the token endpoint has a user, password or fragment");
    }
    const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
    const auto host = part_of(url.get(), CURLUPART_HOST);
    const auto port = part_of(url.get(), CURLUPART_PORT);
    const bool is_printable = std::ranges::all_of(host, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!is_printable) return bad("the token endpoint's host is no name");
    request.host = port.empty() ? host : host + ":" + port;
    request.encrypted = scheme == "https";
    if (!request.encrypted || (is_loopback(host) && !proxy_loopback)) request.proxy.clear();
    if (request.encrypted) return {};
    if (scheme != "http") return bad("the token endpoint does not begin with https://");
    if (!allow_loopback_http)
        return bad("the token endpoint is not encrypted (http), and the environment does not allow that");
    if (!is_loopback(host))
        return bad("an endpoint without encryption (http) must be on this host: localhost, 127.0.0.1 or [::1]");
    return {};
}

void append_member(SecretText& body, std::string_view name, std::string_view value) {
    if (!body.empty()) body.append("&");
    append_form_encoded(body, name);
    body.append("=");
    append_form_encoded(body, value);
}

/// Members that the environment adds to the form, as `tenant`. They cannot replace one of ours.
Result<void> append_extra(SecretText& body, const json::object* form) {
    if (form == nullptr) return {};
    for (const auto& member : *form) {
        const std::string_view name{member.key().data(), member.key().size()};
        for (const std::string_view ours : {"grant_type", "client_id", "client_secret", "scope", "resource",
                                            "client_assertion", "client_assertion_type"}) {
            if (name == ours) return bad("member \"form\" must not hold " + std::string{ours});
        }
        const auto* value = member.value().if_string();
        if (name.empty() || value == nullptr) return bad("member \"form\" must hold texts");
        append_member(body, name, {value->data(), value->size()});
    }
    return {};
}

Result<TokenRequest> read_members(protocol::Fields& in) {
    TokenRequest request;
    request.endpoint = in.text("endpoint");
    const auto client_auth = in.text_or("client_auth", "post");
    const auto client_id = in.secret("client_id");
    const auto secret = in.secret("client_secret");
    const auto scope = in.optional_secret("scope");
    const auto* form = in.object("form");
    request.authorities = in.text_or("authorities", "");
    const bool allow_loopback_http = in.flag("allow_loopback_http");
    request.proxy = in.text_or("proxy", "");
    const bool proxy_loopback = in.flag("proxy_loopback");
    request.timeout =
        std::chrono::milliseconds{in.optional_integer("timeout_ms", 1, longest_request.count()).value_or(10'000)};
    if (auto problem = in.problem()) return bad(std::move(*problem));
    if (client_id.empty() || client_id.size() > id_limit) return bad("member \"client_id\" must have 1 to 1024 bytes");
    if (secret.empty() || secret.size() > secret_limit)
        return bad("member \"client_secret\" must have 1 to 4096 bytes");
    if (scope.size() > text_limit || request.endpoint.size() > text_limit)
        return bad("a member is longer than 8192 bytes");
    if (client_auth != "post" && client_auth != "basic")
        return bad("member \"client_auth\" must be \"post\" or \"basic\"");
    if (const auto read = read_endpoint(request, allow_loopback_http, proxy_loopback); !read) return read.error();

    request.client_auth = client_auth == "basic" ? ClientAuth::basic : ClientAuth::post;
    request.secret = SecretText{secret};
    append_member(request.body, "grant_type", "client_credentials");
    if (request.client_auth == ClientAuth::basic) {
        append_form_encoded(request.user, client_id);
        append_form_encoded(request.password, secret);
    } else {
        append_member(request.body, "client_id", client_id);
        append_member(request.body, "client_secret", secret);
    }
    if (!scope.empty()) append_member(request.body, "scope", scope);
    if (const auto added = append_extra(request.body, form); !added) return added.error();
    return request;
}

}  // namespace

Asked read_request(std::string_view payload) {
    const auto parsed = protocol::parse_strict(payload, protocol::wiped_storage());
    if (!parsed) throw FrameFault("a frame of the vault is " + parsed.error().what);
    protocol::Fields in{*parsed};
    const auto id = in.optional_integer("id", 0, INT64_MAX);
    if (!id) throw FrameFault("a frame of the vault has no id");
    try {
        return {*id, read_members(in)};
    } catch (const std::bad_alloc&) {  // the requests in flight hold all the locked memory
        return {*id, refuse(Errc::temporarily_unavailable, std::string{no_memory}, "try again later")};
    }
}

void append_form_encoded(SecretText& into, std::string_view value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : value) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                           c == '_' || c == '*' || c == '-';
        if (plain) {
            into.append({&c, 1});
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        const std::array<char, 3> escaped{'%', digits[byte >> 4U], digits[byte & 0xfU]};
        into.append({escaped.data(), escaped.size()});
    }
}

}  // namespace jeton::exchange
