/// Assertions and public keys that clients bring.
#include <string>

#include <boost/json/serialize.hpp>

#include "daemon/vault/issuer/public_key.hpp"
#include "daemon/vault/services/client_assertion.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {

void client_assertion(std::string_view input) {
    const auto read = vault::read_client_assertion(input);
    if (!read) return;
    require(!read->client_id.empty(), "an assertion names its client");
    require(!read->header.contains("crit"), "nothing critical is passed over");
    require(input.starts_with(read->signed_part), "what is signed stands in the text");
}

void public_key(std::string_view input) {
    const auto key = vault::read_public_key(input);
    if (!key) {
        require(!key.error().what.empty() && !key.error().next.empty(), "a refusal says what and next");
        return;
    }
    const auto jwk = vault::jwk_of(*key);
    for (const char* part : {"d", "p", "q", "dp", "dq", "qi", "k"}) require(!jwk.contains(part), "a JWK is public");
    const auto again = vault::read_public_key(boost::json::serialize(jwk));
    // Of an RSA modulus that is the product of many, the check finds a factor by chance, or not.
    const bool drew_a_factor =
        !again && key->algorithm == vault::SigningAlgorithm::rs256 && again.error().what == "this is no sound RSA key";
    require(drew_a_factor || (again && *again == *key), "a key is read as it is written");
    require(!vault::verifies(*key, "text", {}), "nothing is not a signature");
}

}  // namespace jeton::fuzz
