#include "access_token.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <boost/beast/core/string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "bearer.hpp"

namespace example {
namespace {

json::object object_in(std::string_view part) {
    const auto text = from_base64url(part);
    boost::system::error_code error;
    auto value = json::parse(text.value_or(""), error);
    if (error || !value.is_object()) throw invalid_token("this is no access token");
    return std::move(value.get_object());
}

/// Another kind of JWT of the same issuer is no access token; `crit` names what we would have to understand.
void require_type(const json::object& header) {
    const auto type = text_in(header, "typ");
    if (header.contains("crit") ||
        !(boost::beast::iequals(type, "at+jwt") || boost::beast::iequals(type, "application/at+jwt"))) {
        throw invalid_token("this is no access token");
    }
}

void require_audience(const json::object& claims, std::string_view audience) {
    const auto* found = claims.if_contains("aud");
    const auto is_ours = [&](const json::value& one) { return one.is_string() && one.get_string() == audience; };
    const bool ours =
        found != nullptr && (found->is_array() ? std::ranges::any_of(found->get_array(), is_ours) : is_ours(*found));
    if (!ours) throw invalid_token("the token is for somebody else");
}

void require_lifetime(const json::object& claims) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const auto* expires = claims.if_contains("exp");
    if (expires == nullptr || !expires->is_int64() || now >= expires->get_int64())
        throw invalid_token("the token has expired");
    const auto* begins = claims.if_contains("nbf");
    if (begins != nullptr && (!begins->is_int64() || now < begins->get_int64()))
        throw invalid_token("the token is not valid yet");
}

}  // namespace

json::object check_access_token(KeySet& keys, std::string_view audience, std::string_view token) {
    const auto first = token.find('.'), last = token.rfind('.');
    if (first == last) throw invalid_token("this is no access token");  // one dot, or none
    const auto header = object_in(token.substr(0, first));
    require_type(header);
    const auto key = keys.find(text_in(header, "kid"));
    if (!key) throw invalid_token("the token is signed with a key that is not known here");
    const auto signature = from_base64url(token.substr(last + 1));
    if (text_in(header, "alg") != key->algorithm() || !signature || !key->verifies(token.substr(0, last), *signature))
        throw invalid_token("the signature is not the issuer's");

    auto claims = object_in(token.substr(first + 1, last - first - 1));
    for (const std::string_view name : {"sub", "client_id", "jti"}) {  // RFC 9068 §2.2
        if (text_in(claims, name).empty()) throw invalid_token("this is no access token");
    }
    if (text_in(claims, "iss") != keys.issuer()) throw invalid_token("the token is of another issuer");
    require_audience(claims, audience);
    require_lifetime(claims);
    return claims;
}

}  // namespace example
