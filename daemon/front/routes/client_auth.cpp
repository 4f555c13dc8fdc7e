#include "daemon/front/routes/client_auth.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "daemon/base/encoding.hpp"
#include "daemon/front/http/message.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::front {
namespace {

namespace json = protocol::json;

constexpr const char* one_method = "authenticate in one way: Basic, form, assertion, or as the process you are";
constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";  // RFC 7523 §2.2

Error not_basic() {
    return refuse(Errc::invalid_client, "the Authorization header is not a readable Basic pair",
                  "send Basic base64(form-encoded client_id:client_secret)");
}

Result<Credentials> read_basic(std::string_view value) {
    const auto space = value.find(' ');
    if (!equal_ignoring_case(value.substr(0, space), "Basic") || space == std::string_view::npos) return not_basic();
    auto encoded = value.substr(space);
    encoded.remove_prefix(std::min(encoded.find_first_not_of(' '), encoded.size()));
    auto decoded = from_base64(encoded);
    if (!decoded) return not_basic();
    const auto pair = text_of(*decoded);
    const auto colon = pair.find(':');
    Credentials credentials;
    credentials.method = ClientAuth::basic;
    if (colon != std::string_view::npos) {
        credentials.client_id = form_decode(pair.substr(0, colon));
        credentials.client_secret = form_decode(pair.substr(colon + 1));
    }
    sodium_memzero(decoded->data(), decoded->size());
    if (!credentials.client_id || credentials.client_id->empty() || !credentials.client_secret) return not_basic();
    return credentials;
}

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

json::object describe(const Credentials& credentials) {
    json::object auth(protocol::wiped_storage());
    switch (credentials.method) {
        case ClientAuth::peer: auth["method"] = "peer"; break;
        case ClientAuth::basic: auth["method"] = "basic"; break;
        case ClientAuth::post: auth["method"] = "post"; break;
        case ClientAuth::assertion: auth["method"] = "assertion"; break;
    }
    if (credentials.client_id) auth["client_id"] = view(*credentials.client_id);
    if (credentials.client_secret) auth["client_secret"] = view(*credentials.client_secret);
    if (credentials.client_assertion) auth["client_assertion"] = view(*credentials.client_assertion);
    return auth;
}

bool has_assertion(const Form& form) {
    return form.value("client_assertion").has_value() || form.value("client_assertion_type").has_value();
}

Result<Credentials> read_assertion(const Form& form) {
    const auto type = form.value("client_assertion_type");
    const auto assertion = form.value("client_assertion");
    if (!type || !assertion || *type != jwt_bearer) {
        return refuse(Errc::invalid_client,
                      !type || !assertion ? "client_assertion and client_assertion_type stand only together"
                                          : "this kind of client assertion is not taken here",
                      fmt::format("send client_assertion, and client_assertion_type={}", jwt_bearer));
    }
    Credentials credentials;
    credentials.method = ClientAuth::assertion;
    if (const auto client_id = form.value("client_id")) credentials.client_id = std::string{*client_id};
    credentials.client_assertion = std::string{*assertion};
    return credentials;
}

}  // namespace

Credentials::~Credentials() {
    if (client_secret) protocol::wipe(*client_secret);
    if (client_assertion) protocol::wipe(*client_assertion);
}

ClientAuth method_of(const Form& form, const std::optional<std::string_view>& authorization) {
    if (authorization) return ClientAuth::basic;
    if (has_assertion(form)) return ClientAuth::assertion;
    return form.value("client_secret") ? ClientAuth::post : ClientAuth::peer;
}

Result<Credentials> read_credentials(const Form& form, const std::optional<std::string_view>& authorization) {
    const auto client_id = form.value("client_id");
    const auto client_secret = form.value("client_secret");
    const int methods = (authorization ? 1 : 0) + (client_secret ? 1 : 0) + (has_assertion(form) ? 1 : 0);
    if (methods > 1) return refuse(Errc::invalid_request, "the client authenticates in more than one way", one_method);
    if (has_assertion(form)) return read_assertion(form);
    if (authorization) {
        auto credentials = read_basic(*authorization);
        if (credentials && client_id && *client_id != *credentials->client_id) {
            return refuse(Errc::invalid_request, "client_id differs from the one in the Authorization header",
                          one_method);
        }
        return credentials;
    }
    if (client_secret && !client_id) {
        return refuse(Errc::invalid_request, "client_secret stands without a client_id", "send both, or neither");
    }
    Credentials credentials;
    credentials.method = client_secret ? ClientAuth::post : ClientAuth::peer;
    if (client_id) credentials.client_id = std::string{*client_id};
    if (client_secret) credentials.client_secret = std::string{*client_secret};
    return credentials;
}

Result<json::object> read_client(const Request& request, const Form& form,
                                 const std::optional<std::string>& environment) {
    const auto credentials = read_credentials(form, request.field("Authorization"));
    if (!credentials) return credentials.error();
    const auto host = request.field("Host").value_or("");
    if (!is_utf8(host)) {
        return refuse(Errc::invalid_request, "Host is not readable", "send the name of the endpoint's host");
    }
    json::object client(protocol::wiped_storage());
    if (environment) client["environment"] = *environment;
    client["host"] = view(host);
    client["auth"] = describe(*credentials);
    if (const auto connection = form.value("connection")) client["connection"] = view(*connection);
    return client;
}

std::optional<ClientThrottle::Try> guess_in(std::uint64_t user, const json::object& client) {
    const auto& auth = client.at("auth").as_object();
    const auto text_of = [&](std::string_view name) {
        const auto* value = auth.if_contains(view(name));
        return value == nullptr ? std::string_view{} : std::string_view{value->get_string()};
    };
    const bool has_assertion = !text_of("client_assertion").empty();
    if (!has_assertion && (text_of("client_id").empty() || text_of("client_secret").empty())) return std::nullopt;
    return ClientThrottle::of(user, text_of("client_id"));
}

}  // namespace jeton::front
