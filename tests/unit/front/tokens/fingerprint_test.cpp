#include "daemon/front/tokens/fingerprint.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {

namespace {

/// What a caller asks.
struct Prints : Fingerprinter {
    using Fingerprinter::of;
    [[nodiscard]] Fingerprint of(const Peer& peer, const Request& request) const { return of(identity(peer), request); }
};

}  // namespace

TEST_CASE("fingerprint: everything that decides the answer is in it, and what is not is not") {
    const Prints prints;
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
    SUBCASE("groups, once they are asked for") {
        auto asked = some_peer();
        asked.groups = {1000};
        CHECK(print != prints.of(asked, request));
        auto more = asked;
        more.groups = {1000, 1001};
        CHECK(prints.of(more, request) != prints.of(asked, request));
        asked.groups.emplace();
        CHECK(print != prints.of(asked, request));
    }
    SUBCASE("the unit, once it is asked for; why there is none is no matter") {
        auto asked = some_peer();
        asked.unit = Unit{"worker.service", ""};
        const auto worker = prints.of(asked, request);
        CHECK(print != worker);
        asked.unit = Unit{"other.service", ""};
        CHECK(worker != prints.of(asked, request));
        asked.unit = no_unit("one reason");
        const auto unknown = prints.of(asked, request);
        CHECK(unknown != worker);
        CHECK(unknown != print);
        asked.unit = no_unit("another reason");
        CHECK(unknown == prints.of(asked, request));
    }
    SUBCASE("another process of the same user") {
        auto other = some_peer();
        other.pid = 1;
        CHECK(print == prints.of(other, request));
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
    SUBCASE("another start of the daemon") { CHECK(print != Prints{}.of(some_peer(), request)); }
}

TEST_CASE("fingerprint: the print of a request is that of all its bytes and of who sent them") {
    const Fingerprinter prints;
    const std::string bytes = "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx=1";
    const auto sender = prints.identity(some_peer());
    const auto print = prints.print(sender, bytes);
    CHECK(print == prints.print(sender, bytes));
    CHECK(print.size == bytes.size());
    CHECK(print != prints.print(prints.identity(some_peer(1001)), bytes));
    CHECK(print != prints.print(sender, ""));
    CHECK(print != prints.print(sender, bytes + bytes));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK(print != prints.print(sender, bytes.substr(0, i)));
        CHECK(print != prints.print(sender, bytes.substr(0, i) + '~' + bytes.substr(i + 1)));
        CHECK(print != prints.print(sender, bytes.substr(0, i) + '~' + bytes.substr(i)));
    }
    CHECK(Fingerprinter{}.print(sender, bytes).bytes != print.bytes);  // another start of the daemon
}

}  // namespace jeton::front::test
