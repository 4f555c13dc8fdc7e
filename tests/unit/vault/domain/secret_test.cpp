#include "daemon/vault/domain/secret.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

using namespace jeton;
using namespace jeton::vault;
using namespace std::chrono_literals;

TEST_CASE("T-6, T-9: generated values have their shape, only [0-9a-z], and never repeat") {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const std::string id = generate_client_id();
        const std::string secret{generate_client_secret().reveal()};
        CHECK(id.size() == 4 + 25);
        CHECK(secret.size() == 4 + 50);
        CHECK(id.starts_with("jid."));
        CHECK(secret.starts_with("jcs."));
        CHECK(generate_app_key().starts_with("jak."));
        const std::string ticket{generate_ticket().reveal()};
        CHECK(ticket.starts_with("jtk."));
        CHECK(ticket.size() == 4 + 25);
        CHECK(has_valid_checksum(ticket));
        CHECK(seen.insert(ticket).second);
        CHECK(std::ranges::all_of(secret.substr(4),
                                  [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }));
        CHECK(seen.insert(id).second);
        CHECK(seen.insert(secret).second);
        CHECK(has_valid_checksum(secret));
    }
}

TEST_CASE("a typing error breaks the checksum") {
    std::string secret{generate_client_secret().reveal()};
    secret[10] = secret[10] == 'a' ? 'b' : 'a';
    CHECK_FALSE(has_valid_checksum(secret));
    CHECK_FALSE(has_valid_checksum("cs1.0123456789"));
    CHECK_FALSE(has_valid_checksum(""));
    CHECK(checksum_holds(secret) == false);
    CHECK(checksum_holds("jcs.") == false);
    CHECK(checksum_holds("cs1.0123456789") == std::nullopt);
    CHECK(checksum_holds("") == std::nullopt);
}

TEST_CASE("a checksum is the CRC-32 of zlib in base 36, least digit first") {
    // Computed outside this code: zlib.crc32 of the first 23 characters is 0x37a40799.
    CHECK(has_valid_checksum("jid.0000000000000000000po2sff"));
}

TEST_CASE("S37: white space around a pasted value is taken off, inside it stays") {
    CHECK(trim("  cid.x \r\n") == "cid.x");
    CHECK(trim("\t \n").empty());
    CHECK(trim("a b") == "a b");
}

TEST_CASE("a secret with a deadline works to its last second") {
    Secret secret;
    const UtcSeconds end{1000s};
    secret.deactivates_at = end;
    CHECK(secret.is_active(end - 1s));
    CHECK_FALSE(secret.is_active(end));
    secret.state = SecretState::deactivated;
    CHECK_FALSE(secret.is_active(end - 1s));
}
