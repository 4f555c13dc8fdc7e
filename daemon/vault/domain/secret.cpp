#include "daemon/vault/domain/secret.hpp"

#include <string>

#include "libclient/protocol/local_values.hpp"

namespace jeton::vault {
namespace {

SecretText generate(const protocol::LocalShape& shape) {
    SecretText text{shape.head};
    text.append(random_base36(shape.characters - protocol::local_checksum_size).reveal());
    const auto sum = protocol::local_checksum(text.reveal());
    text.append({sum.data(), sum.size()});
    return text;
}

}  // namespace

std::string generate_client_id() { return std::string{generate(protocol::client_id_shape).reveal()}; }
SecretText generate_client_secret() { return generate(protocol::client_secret_shape); }
std::string generate_app_key() { return std::string{generate(protocol::app_key_shape).reveal()}; }
SecretText generate_ticket() { return generate(protocol::ticket_shape); }

std::optional<bool> checksum_holds(std::string_view value) { return protocol::local_checksum_holds(value); }

std::string_view trim(std::string_view value) {
    constexpr std::string_view blank = " \t\r\n\v\f";
    const auto first = value.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return value.substr(first, value.find_last_not_of(blank) - first + 1);
}

}  // namespace jeton::vault
