#include "daemon/vault/keys/backup_stream.hpp"

#include <doctest/doctest.h>

using namespace jeton;
using namespace jeton::vault;

namespace {

const Bytes clear{'h', 'e', 'a', 'd'};

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("a backup's frames open behind the same clear part, under the same root key, in their order") {
    const auto root = RootKey::generate();
    BackupSealer sealer{root, clear};
    CHECK(sealer.start().size() == backup_start_size);
    const auto first = sealer.seal(bytes("one"), false);
    const auto last = sealer.seal({}, true);
    CHECK(first.size() == 3 + backup_frame_overhead);
    CHECK_THROWS_AS((void)sealer.seal({}, true), std::logic_error);

    SUBCASE("as they were sealed") {
        auto opener = BackupOpener::open(root, clear, sealer.start());
        REQUIRE(opener);
        const auto one = opener->open(first);
        REQUIRE(one);
        CHECK(one->plain == bytes("one"));
        CHECK_FALSE(one->is_last);
        const auto two = opener->open(last);
        REQUIRE(two);
        CHECK(two->is_last);
        CHECK_FALSE(opener->open(last));
    }
    SUBCASE("another root key, another clear part, another start") {
        CHECK_FALSE(BackupOpener::open(RootKey::generate(), clear, sealer.start()));
        CHECK_FALSE(BackupOpener::open(root, bytes("heaD"), sealer.start()));
        CHECK_FALSE(BackupOpener::open(root, clear, std::span{sealer.start()}.first(50)));
        for (std::size_t at = 0; at < 73; ++at) {
            auto altered = sealer.start();
            altered[at] ^= 1;
            CHECK_FALSE(BackupOpener::open(root, clear, altered));
        }
        for (std::size_t at = 73; at < backup_start_size; ++at) {
            auto altered = sealer.start();
            altered[at] ^= 1;
            auto opener = BackupOpener::open(root, clear, altered);
            REQUIRE(opener);
            CHECK_FALSE(opener->open(first));
        }
    }
    SUBCASE("the second frame first, and then nothing any more") {
        auto opener = BackupOpener::open(root, clear, sealer.start());
        CHECK_FALSE(opener->open(last));
        CHECK_FALSE(opener->open(first));
    }
    SUBCASE("every bit of a frame") {
        for (std::size_t at = 0; at < first.size(); ++at) {
            auto altered = first;
            altered[at] ^= 0x80;
            auto opener = BackupOpener::open(root, clear, sealer.start());
            CHECK_FALSE(opener->open(altered));
        }
        auto opener = BackupOpener::open(root, clear, sealer.start());
        CHECK_FALSE(opener->open(std::span{first}.first(backup_frame_overhead - 1)));
    }
}

TEST_CASE("two backups of one store have nothing in common") {
    const auto root = RootKey::generate();
    BackupSealer one{root, clear};
    BackupSealer two{root, clear};
    CHECK(one.start() != two.start());
    CHECK(one.seal(bytes("same"), true) != two.seal(bytes("same"), true));
}

TEST_CASE("a frame that is too long is a programming error") {
    BackupSealer sealer{RootKey::generate(), clear};
    CHECK_THROWS_AS((void)sealer.seal(Bytes(backup_frame_plain_max + 1), false), std::invalid_argument);
}
