#include "cli/found_values.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "libclient/protocol/local_values.hpp"

namespace jeton::cli {
namespace {

/// A value of jeton's own shape, checksum and all.
std::string local(std::string_view head, std::size_t characters) {
    auto text = std::string{head} + std::string(characters - protocol::local_checksum_size, 'a');
    const auto checksum = protocol::local_checksum(text);
    return text.append(checksum.data(), checksum.size());
}

const std::string portal_id = "cid." + std::string(25, 'x');
const std::string portal_secret = "cs1." + std::string(50, 'y');

TEST_CASE("P12 find: the portal's shapes wherever they stand, with their lines") {
    const auto text =
        fmt::format("const a = '{}';\n\n  secret: {}\nak1.{}\n", portal_id, portal_secret, std::string(25, 'z'));
    const auto found = find_values(text);
    REQUIRE(found.size() == 3);
    CHECK(found[0].kind == FoundKind::client_id);
    CHECK(found[0].value == portal_id);
    CHECK(found[1].kind == FoundKind::client_secret);
    CHECK(found[1].line == 3);
    CHECK(found[2].kind == FoundKind::app_key);
    CHECK_FALSE(found[2].is_local);
}

TEST_CASE("P12 find: jeton's own only with a good checksum") {
    const auto good = local("jcs.", 50);
    auto bad = good;
    bad[10] = 'b';
    const auto text = good + "\n" + bad + "\n";
    const auto found = find_values(text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].value == good);
    CHECK(found[0].is_local);
    CHECK(find_values(local("jid.", 25)).at(0).kind == FoundKind::client_id);
}

TEST_CASE("P12 find: secrets of other shapes by their name, no code and no placeholders") {
    for (const auto* line : {"CLIENT_SECRET=abcdef0123456789abcd", "export ST_CLIENT_SECRET='abcdef0123456789abcd'",
                             "  \"client_secret\": \"abcdef0123456789abcd\",", "client-secret: abcdef0123456789abcd"}) {
        INFO(line);
        const std::string text = line;
        const auto found = find_values(text);
        REQUIRE(found.size() == 1);
        CHECK(found[0].value == "abcdef0123456789abcd");
    }
    for (const auto* line :
         {"CLIENT_SECRET=", "CLIENT_SECRET=your-client-secret", "client_secret = os.environ['ST_CLIENT_SECRET_1']",
          "CLIENT_SECRET=${OTHER_SECRET_0123456}", "CLIENT_SECRET_FILE=/etc/secrets/number1/file",
          "if client_secret == abcdef0123456789abcd:", "CLIENT_SECRET=jeton://a/1@production/client_secret"}) {
        INFO(line);
        CHECK(find_values(line).empty());
    }
    // Told by name and by shape: once.
    CHECK(find_values("ST_CLIENT_SECRET=" + portal_secret).size() == 1);
}

}  // namespace
}  // namespace jeton::cli
