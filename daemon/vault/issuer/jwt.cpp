#include "daemon/vault/issuer/jwt.hpp"

#include <boost/json/serialize.hpp>

#include "daemon/vault/issuer/key_pair.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::vault {

std::string sign_jwt(SigningAlgorithm algorithm, boost::json::object header, const boost::json::object& claims,
                     const SecretBytes& private_key) {
    const auto name = name_of(algorithm);
    header["alg"] = boost::json::string_view{name.data(), name.size()};
    auto token = base64url(boost::json::serialize(header)) + "." + base64url(boost::json::serialize(claims));
    const auto signature = sign(algorithm, private_key, token);
    return token + "." + base64url(signature);
}

std::optional<ParsedJwt> parse_jwt(std::string_view token) {
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == std::string_view::npos || first == last) return std::nullopt;
    const auto header = from_base64url(token.substr(0, first));
    const auto claims = from_base64url(token.substr(first + 1, last - first - 1));
    auto signature = from_base64url(token.substr(last + 1));
    if (!header || !claims || !signature) return std::nullopt;
    auto parsed_header = protocol::parse_strict(text_of(*header));
    auto parsed_claims = protocol::parse_strict(text_of(*claims));
    if (!parsed_header || !parsed_claims || !parsed_header->is_object() || !parsed_claims->is_object()) {
        return std::nullopt;
    }
    return ParsedJwt{parsed_header->get_object(), parsed_claims->get_object(), token.substr(0, last),
                     *std::move(signature)};
}

}  // namespace jeton::vault
