#include "daemon/front/tokens/fingerprint.hpp"

#include <array>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {

TEST_CASE("fingerprint: everything that decides the answer is in it, and what is not is not") {
    const Fingerprinter prints;
    const std::array<Field, 2> fields{Field{"Host", "a"}, Field{"Content-Type", "f"}};
    const Request request{
        .method = "POST", .target = "/token", .path = "/token", .query = {}, .fields = fields, .body = "x=1"};
    const auto print = prints.of(some_peer(), request);
    CHECK(print == prints.of(some_peer(), request));

    auto changed = request;
    SUBCASE("another user") { CHECK(print != prints.of(some_peer(1001), request)); }
    SUBCASE("a foreign process") {
        auto peer = some_peer();
        peer.foreign = true;
        CHECK(print != prints.of(peer, request));
    }
    SUBCASE("another target") {
        changed.target = "/token?x";
        CHECK(print != prints.of(some_peer(), changed));
    }
    SUBCASE("another body") {
        changed.body = "x=2";
        CHECK(print != prints.of(some_peer(), changed));
    }
    SUBCASE("a header more") {
        const std::array<Field, 3> more{fields[0], fields[1], Field{"authorization", ""}};
        changed.fields = more;
        CHECK(print != prints.of(some_peer(), changed));
    }
    SUBCASE("a header that decides nothing") {
        const std::array<Field, 3> more{fields[0], fields[1], Field{"User-Agent", "u"}};
        changed.fields = more;
        CHECK(print == prints.of(some_peer(), changed));
    }
    SUBCASE("another start of the daemon") { CHECK(print != Fingerprinter{}.of(some_peer(), request)); }
}

}  // namespace jeton::front::test
