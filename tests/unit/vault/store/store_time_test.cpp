#include "daemon/vault/store/store_time.hpp"

#include "daemon/vault/store/ends.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;
using namespace std::chrono_literals;

namespace {

struct TwoClocks final : Clock {
    UtcSeconds wall{1'800'000'000s};
    BootTime boot{1'000s};
    [[nodiscard]] UtcSeconds now() const override { return wall; }
    [[nodiscard]] BootTime boot_time() const override { return boot; }
};

/// A secret whose overlap ends an hour from now.
Secret add_ending(Place& place) {
    Secret secret;
    secret.id = SecretId::fresh();
    secret.connection = ConnectionId::fresh();
    secret.prefix = "jcs.aaaa";
    secret.sealed = Bytes{1};
    secret.deactivates_at = place.clock.wall + 1h;
    place.run([&](Transaction& tx) {
        tx.insert(secret);
        tx.append_audit(entry("secret.rotated"));
    });
    return secret;
}

}  // namespace

TEST_CASE("T48 store time: follows the wall clock forward and the boot clock where the wall clock was set back") {
    TwoClocks clock;
    StoreTime time{clock};
    const auto begin = clock.wall;
    CHECK(time.now() == begin);
    SUBCASE("both go on") {
        clock.wall += 1h;
        clock.boot += 1h;
        CHECK(time.now() == begin + 1h);
        CHECK(time.behind() == 0s);
    }
    SUBCASE("a suspend, which only the boot clock has noticed") {
        clock.boot += 8h;
        CHECK(time.now() == begin + 8h);
        CHECK(time.behind() == 8h);
    }
    SUBCASE("set back by an hour, or ten years") {
        for (const auto step : {std::chrono::seconds{1h}, std::chrono::seconds{24h * 3650}}) {
            clock.wall -= step;
            CHECK(time.now() == begin);
            CHECK(time.behind() >= step);
        }
        clock.boot += 90s;
        clock.wall += 90s;
        CHECK(time.now() == begin + 90s);
    }
    SUBCASE("set forward and back: it was that late once") {
        clock.wall += 24h * 3650;
        CHECK(time.now() == begin + 24h * 3650);
        clock.wall -= 24h * 3650;
        clock.boot += 60s;
        CHECK(time.now() == begin + 24h * 3650 + 60s);
    }
    SUBCASE("many looks within a second do not add up") {
        clock.wall -= 1h;
        for (int look = 0; look < 20; ++look) {
            clock.boot += 100ms;
            (void)time.now();
        }
        CHECK(time.now() == begin + 2s);
    }
    SUBCASE("a host without a clock of its own, which begins in 1970") {
        TwoClocks young;
        young.wall = UtcSeconds{100s};
        young.boot = 100s;
        StoreTime later{young};
        later.has_seen(begin);
        CHECK(later.now() == begin);
        young.boot += 30s;
        young.wall += 30s;
        CHECK(later.now() == begin + 30s);
        CHECK(later.behind() == begin - UtcSeconds{100s});
        young.wall = begin + 1h;  // it has learned the time
        CHECK(later.now() == begin + 1h);
        CHECK(later.behind() == 0s);
    }
}

TEST_CASE("T48: that an end has passed is remembered over a crash, though nothing else was written") {
    Place place;
    place.begin();
    const auto secret = add_ending(place);
    const auto is_active = [&] {
        return place.run(
            [&](Transaction& tx) { return secrets::of(tx, secret.connection).front().is_active(tx.high_water()); });
    };
    place.clock.wall += 1h - 1s;
    const auto before = place.save();
    place.store().note_ends();
    CHECK(place.save().log == before.log);  // nothing has ended: nothing is written
    place.clock.wall += 1s;
    SUBCASE("noted by the second") {
        place.store().note_ends();
        const auto after = place.save();
        CHECK(after.log != before.log);
        place.store().note_ends();
        CHECK(place.save().log == after.log);  // once is enough
    }
    SUBCASE("kept at the end of the daemon") { place.store().keep_time(); }
    CHECK_FALSE(is_active());
    place.crash();
    place.clock.wall -= 24h;
    place.open();
    REQUIRE(place.unseal());
    CHECK_FALSE(is_active());
    CHECK(place.store().clock_is_behind() == 24h);
}

TEST_CASE("T48: the next end is the first of all tables; none where nothing ends") {
    Place place;
    place.begin();
    auto& database = *place.engine().database;
    CHECK_FALSE(next_end(database, place.clock.wall));
    const auto secret = add_ending(place);
    CHECK(next_end(database, place.clock.wall) == secret.deactivates_at);
    CHECK_FALSE(next_end(database, *secret.deactivates_at));
    Binding binding;
    binding.id = BindingId::fresh();
    binding.expires_at = place.clock.wall + 10min;
    place.run([&](Transaction& tx) {
        tx.insert(binding);
        tx.append_audit(entry("binding.added"));
    });
    CHECK(next_end(database, place.clock.wall) == binding.expires_at);
}
