/// The disk fails or is full: nothing acknowledged is lost, nothing refused is there, memory agrees with the disk (T30,
/// T31).
#include "daemon/vault/store/faults.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "daemon/vault/domain/environment.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "tests/unit/vault/store/fault_vfs.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

std::set<std::string> names(Place& place) {
    std::set<std::string> found;
    place.run([&](Transaction& tx) {
        for (const auto& app : apps::list(tx)) found.insert(app.name);
    });
    return found;
}

void insert_app(Transaction& tx, const std::string& name) {
    auto app = app_named(name);
    app.homepage = std::string(3000, 'x');  // several pages a commit
    tx.insert(app);
    tx.append_audit(entry("app.created", name));
}

/// What the files say is exactly `expected`, with an audit entry each.
void check_apps_after_restart(Place& place, const std::set<std::string>& expected) {
    place.open();
    REQUIRE(place.unseal());
    CHECK(names(place) == expected);
    place.run([&](Transaction& tx) {
        CHECK(audit::verify(tx));
        audit::Filter created;
        created.event_glob = "app.created";
        CHECK(audit::list(tx, created).size() == expected.size());
    });
}

/// So it is now, and again after a restart.
void check_apps(Place& place, const std::set<std::string>& expected) {
    CHECK(names(place) == expected);
    check_apps_after_restart(place, expected);
}

}  // namespace

TEST_CASE("faults: whichever operation of a series of commits fails once, nothing acknowledged is lost (T30)" *
          doctest::test_suite("exhaustive")) {
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
        long points = 0;
        for (long nth = 1;; ++nth) {
            CAPTURE(code);
            CAPTURE(nth);
            const FaultVfs vfs;
            Place place;
            place.begin();
            place.engine().database->execute("PRAGMA wal_autocheckpoint = 8");
            std::set<std::string> acknowledged;
            FaultVfs::fail(nth, code);
            int refused = 0;
            for (int i = 0; i < 8; ++i) {
                const auto name = "app-" + std::to_string(i);
                const auto before = place.engine().authority.counters();
                try {
                    place.run([&](Transaction& tx) { insert_app(tx, name); });
                    acknowledged.insert(name);
                } catch (const StoreFault& fault) {
                    ++refused;
                    CHECK(fault.full == (code == SQLITE_FULL));
                    CHECK_FALSE(fault.stored);
                    CHECK(place.engine().authority.counters() == before);
                }
            }
            const bool reached = FaultVfs::operations() >= nth;
            FaultVfs::fail(0, SQLITE_OK);
            CHECK(refused <= 1);
            check_apps(place, acknowledged);
            if (!reached) break;
            ++points;
        }
        CHECK(points > 20);
    }
}

TEST_CASE("faults: a disk that stays full refuses changes, serves reads, and works again when there is room") {
    const FaultVfs vfs;
    Place place;
    place.begin();
    place.run([](Transaction& tx) { insert_app(tx, "before"); });
    const auto before = place.engine().authority.counters();
    FaultVfs::fail(1, SQLITE_FULL, true);
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(place.run([](Transaction& tx) { insert_app(tx, "refused"); }), StoreFault);
        CHECK(place.engine().authority.counters() == before);
        CHECK(names(place) == std::set<std::string>{"before"});
    }
    FaultVfs::fail(0, SQLITE_OK);
    place.run([](Transaction& tx) { insert_app(tx, "after"); });
    check_apps(place, {"before", "after"});
}

TEST_CASE("faults: what was refused because it could not be synchronised is not there after a kill either (T30)") {
    for (const bool disk_stays_broken : {false, true}) {
        for (long nth = 1;; ++nth) {
            CAPTURE(disk_stays_broken);
            CAPTURE(nth);
            const FaultVfs vfs;
            Place place;
            auto& store = place.begin();
            FaultVfs::fail(nth, SQLITE_IOERR_FSYNC, disk_stays_broken);
            bool refused = false;
            try {
                place.run([](Transaction& tx) { insert_app(tx, "refused"); });
            } catch (const StoreFault&) {
                refused = true;
            }
            FaultVfs::fail(0, SQLITE_OK);
            if (!refused) break;
            if (disk_stays_broken) store.note_ends();  // as the desk does each second
            place.crash();
            check_apps_after_restart(place, {});
        }
    }
}

TEST_CASE("faults: a group whose commit fails loses all its attempts, and each succeeds alone afterwards") {
    const FaultVfs vfs;
    Place place;
    auto& store = place.begin();
    const auto before = place.engine().authority.counters();
    {
        auto group = store.group();
        group.attempt([](Transaction& tx) { insert_app(tx, "one"); });
        group.attempt([](Transaction& tx) { insert_app(tx, "two"); });
        FaultVfs::fail(1, SQLITE_IOERR_WRITE);
        CHECK_THROWS_AS(group.commit(), StoreFault);
    }
    CHECK(place.engine().authority.counters() == before);
    CHECK(names(place).empty());
    place.run([](Transaction& tx) { insert_app(tx, "one"); });
    place.run([](Transaction& tx) { insert_app(tx, "two"); });
    check_apps(place, {"one", "two"});
}

TEST_CASE("faults: a walk that saw connections of a lost change does not mislead the next one") {
    const FaultVfs vfs;
    Place place;
    auto& store = place.begin();
    const auto app = add_app(place, "dispatcher");
    Environment environment;
    environment.id = EnvironmentId::fresh();
    environment.name = "integration";
    environment.wrapped_data_key = Bytes{1};
    const auto connect = [&](Transaction& tx, const std::string& name) {
        Tenant tenant;
        tenant.id = TenantId::fresh();
        tenant.environment = environment.id;
        tenant.tenant = name;
        tx.insert(tenant);
        Connection connection;
        connection.id = ConnectionId::fresh();
        connection.app = app.id;
        connection.tenant = tenant.id;
        connection.environment = environment.id;
        tx.insert(connection);
        tx.append_audit(entry("app.tenant-added", name));
    };
    const auto walk = [&](Transaction& tx, std::int64_t limit) {
        return connections::of_app_behind(tx, app.id, "", "", limit).size();
    };
    place.run([&](Transaction& tx) {
        tx.insert(environment);
        connect(tx, "1");
    });
    SUBCASE("the commit fails") {
        auto group = store.group();
        group.attempt([&](Transaction& tx) { connect(tx, "2"); });
        CHECK(group.attempt([&](Transaction& tx) { return walk(tx, 1); }) == 1);
        FaultVfs::fail(1, SQLITE_IOERR_WRITE);
        CHECK_THROWS_AS(group.commit(), StoreFault);
    }
    SUBCASE("the attempt fails") {
        auto group = store.group();
        CHECK_THROWS_AS(group.attempt([&](Transaction& tx) {
            connect(tx, "2");
            CHECK(walk(tx, 1) == 1);
            throw StoreFault("the disk");
        }),
                        StoreFault);
        group.commit();
    }
    add_app(place, "another");  // its epoch is the one that was lost
    CHECK(place.run([&](Transaction& tx) { return walk(tx, 10); }) == 1);
}

TEST_CASE("faults: where SQLite gives up the whole transaction the group is lost, and says so") {
    Place place;
    auto& store = place.begin();
    const auto before = place.engine().authority.counters();
    {
        auto group = store.group();
        group.attempt([](Transaction& tx) { insert_app(tx, "one"); });
        CHECK_FALSE(group.lost());
        // As an I/O error inside a statement may do.
        CHECK_THROWS_AS(group.attempt([&](Transaction& tx) {
            insert_app(tx, "two");
            place.edit_open("ROLLBACK");
            throw StoreFault("the disk");
        }),
                        StoreFault);
        CHECK(group.lost());
        CHECK_THROWS_AS(group.attempt([](Transaction& tx) { insert_app(tx, "three"); }), StoreFault);
        CHECK_THROWS_AS(group.commit(), StoreFault);
    }
    CHECK(place.engine().authority.counters() == before);
    place.run([](Transaction& tx) { insert_app(tx, "one"); });
    check_apps(place, {"one"});
}

TEST_CASE("faults: a service that swallows the loss is not acknowledged either") {
    Place place;
    auto& store = place.begin();
    {
        auto group = store.group();
        group.attempt([](Transaction& tx) { insert_app(tx, "one"); });
        CHECK_THROWS_AS(group.attempt([&](Transaction& tx) {
            insert_app(tx, "two");
            place.edit_open("ROLLBACK");
        }),
                        StoreFault);
        CHECK(group.lost());
    }
    check_apps(place, {});
}

TEST_CASE("faults: a database that may not grow refuses by one attempt, the others of its group stay") {
    Place place;
    auto& store = place.begin();
    auto& database = *place.engine().database;
    database.execute("PRAGMA max_page_count = " + std::to_string(database.number("PRAGMA page_count") + 6));
    std::set<std::string> acknowledged;
    bool full = false;
    for (int i = 0; i < 40; ++i) {
        const auto name = "app-" + std::to_string(i);
        try {
            auto group = store.group();
            group.attempt([&](Transaction& tx) { insert_app(tx, name); });
            group.commit();
            acknowledged.insert(name);
        } catch (const StoreFault& fault) {
            CHECK(fault.full);
            full = true;
        }
    }
    CHECK(full);
    database.execute("PRAGMA max_page_count = 1000000");
    place.run([](Transaction& tx) { insert_app(tx, "later"); });
    acknowledged.insert("later");
    check_apps(place, acknowledged);
}

TEST_CASE("faults: an anchor that cannot be written is reported, and the change holds") {
    Place place;
    place.begin();
    place.close();
    place.open();
    REQUIRE(place.unseal());
    const auto directory = place.anchor().parent_path();
    std::filesystem::rename(directory, directory.string() + ".away");
    std::ofstream{directory} << "not a directory";
    try {
        place.run([](Transaction& tx) { insert_app(tx, "kept"); });
        FAIL("an unwritten anchor was not reported");
    } catch (const StoreFault& fault) {
        CHECK(fault.stored);
    }
    CHECK(names(place) == std::set<std::string>{"kept"});
    std::filesystem::remove(directory);
    std::filesystem::rename(directory.string() + ".away", directory);
    check_apps(place, {"kept"});
}

TEST_CASE("faults: initialisation that fails anywhere can be done again, or has succeeded" *
          doctest::test_suite("exhaustive")) {
    for (long nth = 1;; ++nth) {
        CAPTURE(nth);
        const FaultVfs vfs;
        Place place;
        auto& store = place.open();
        std::vector<KeySlot> slots;
        slots.push_back(make_slot(place.root, KeySlotKind::key_file, "/key", Place::key(), place.clock.now()));
        FaultVfs::fail(nth, SQLITE_FULL);
        bool failed = false;
        try {
            const auto made = store.initialise(place.root.copy(), slots);
            REQUIRE(made);
        } catch (const StoreFault&) {
            failed = true;
        }
        FaultVfs::fail(0, SQLITE_OK);
        if (failed) {
            CHECK(store.state() != StoreState::unsealed);
            if (!store.initialise(place.root.copy(), slots)) {
                CHECK(store.state() == StoreState::sealed);
                CHECK(place.unseal());
            }
        }
        CHECK(store.state() == StoreState::unsealed);
        place.run([](Transaction& tx) { insert_app(tx, "a"); });
        check_apps(place, {"a"});
        if (!failed) break;
    }
}
