#include "daemon/vault/store/group.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/usage.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

void insert_app(Transaction& tx, const std::string& name) {
    tx.insert(app_named(name));
    tx.append_audit(entry("app.created", name));
}

bool has(Place& place, const std::string& name) {
    return place.run([&](Transaction& tx) { return apps::find(tx, name).has_value(); });
}

}  // namespace

TEST_CASE("group: a refusal or an exception undoes its own savepoint, memory too, and no other") {
    Place place;
    auto& store = place.begin();
    const auto start = store.epoch();
    {
        auto group = store.group();
        group.attempt([](Transaction& tx) { insert_app(tx, "first"); });
        const auto refused = group.attempt([](Transaction& tx) -> Result<void> {
            insert_app(tx, "refused");
            return refuse(Errc::forbidden, "no", "ask");
        });
        CHECK_FALSE(refused);
        CHECK_THROWS_AS(group.attempt([](Transaction& tx) {
            insert_app(tx, "thrown");
            throw std::runtime_error("oops");
        }),
                        std::runtime_error);
        const auto kept = group.attempt([](Transaction& tx) -> Result<std::int64_t> {
            insert_app(tx, "second");
            CHECK_FALSE(apps::find(tx, "refused"));
            CHECK(apps::list(tx).size() == 2);
            return tx.epoch();
        });
        REQUIRE(kept);
        CHECK(*kept == start + 2);
        CHECK_FALSE(group.lost());
        group.commit();
    }
    CHECK(store.epoch() == start + 2);
    place.open();
    REQUIRE(place.unseal());
    CHECK(has(place, "first"));
    CHECK(has(place, "second"));
    CHECK_FALSE(has(place, "refused"));
    CHECK_FALSE(has(place, "thrown"));
    place.run([](Transaction& tx) { CHECK(audit::verify(tx)->entries == 3); });
}

TEST_CASE("group: without commit nothing has happened, in memory neither") {
    Place place;
    auto& store = place.begin();
    const auto app = add_app(place, "kept");
    const auto before = place.engine().authority.counters();
    {
        auto group = store.group();
        group.attempt([&](Transaction& tx) {
            insert_app(tx, "gone");
            auto changed = app;
            changed.organization = "changed";
            tx.update(changed);
            tx.append_audit(entry("app.edited"));
        });
        group.attempt([&](Transaction& tx) {
            tx.erase(app);
            tx.append_audit(entry("app.deleted"));
        });
        CHECK(store.epoch() == before.epoch + 2);
    }
    CHECK(place.engine().authority.counters() == before);
    CHECK_FALSE(has(place, "gone"));
    CHECK(place.run([](Transaction& tx) { return apps::find(tx, "kept")->organization; }) == "Acme");
    place.open();
    CHECK(place.unseal());
}

TEST_CASE("group: a change of authority without an audit entry is not possible (T33)") {
    Place place;
    auto& store = place.begin();
    const auto before = place.engine().authority.counters();
    auto group = store.group();
    CHECK_THROWS_AS(group.attempt([](Transaction& tx) { tx.insert(app_named("silent")); }), std::logic_error);
    CHECK_THROWS_AS(group.attempt([](Transaction& tx) {
        tx.append_audit(entry("too.early"));
        tx.insert(app_named("silent"));
    }),
                    std::logic_error);
    group.commit();
    CHECK(place.engine().authority.counters() == before);
    CHECK_FALSE(has(place, "silent"));
}

TEST_CASE("group: one savepoint with many changes grows the epoch by one, one without changes by none") {
    Place place;
    auto& store = place.begin();
    const auto start = store.epoch();
    place.run([](Transaction& tx) {
        insert_app(tx, "a");
        insert_app(tx, "b");
    });
    CHECK(store.epoch() == start + 1);
    place.run([](Transaction& tx) { tx.append_audit(entry("token.refused")); });
    place.run([](Transaction& tx) { usage::add(tx, {ConnectionId::fresh(), "", 1, "x", 1, {}}); });
    CHECK(store.epoch() == start + 1);
}

TEST_CASE("group: reading writes nothing to the disk") {
    Place place;
    auto& store = place.begin();
    add_app(place, "a");
    const auto before = place.save();
    auto group = store.group();
    group.attempt([](Transaction& tx) { CHECK(apps::list(tx).size() == 1); });
    group.attempt([](Transaction& tx) -> Result<void> {
        insert_app(tx, "refused");
        return refuse(Errc::forbidden, "no", "ask");
    });
    group.commit();
    const auto after = place.save();
    CHECK(before.log == after.log);
    CHECK(before.database == after.database);
    CHECK(before.anchor == after.anchor);
}

TEST_CASE("group: the wall clock's high-water mark survives a clock that is set back (T48)") {
    Place place;
    place.begin();
    const auto late = place.clock.wall + std::chrono::hours{5};
    place.clock.wall = late;
    add_app(place, "a");
    place.clock.wall -= std::chrono::years{1};
    place.open();
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) { CHECK(tx.high_water() == late); });
}

TEST_CASE("group: only one at a time, and none while sealed") {
    Place place;
    auto& store = place.begin();
    {
        auto group = store.group();
        CHECK_THROWS_AS((void)store.group(), std::logic_error);
    }
    store.seal();
    CHECK_THROWS_AS((void)store.group(), std::logic_error);
}
