/// Another root key under an open store: what holds before, in the middle of and after it (docs/decisions/0021).
#include <algorithm>
#include <optional>

#include <sqlite3.h>

#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/tables.hpp"
#include "tests/unit/vault/store/fault_vfs.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

/// As it comes out of a key slot: what it inherits stands in the database.
RootKey from_slot(const RootKey& key) { return RootKey{SecretBytes{key.reveal()}}; }

bool same(const RootKey& left, const RootKey& right) { return std::ranges::equal(left.reveal(), right.reveal()); }

/// Replaces the root key in a transaction of its own; gives back the new one as a slot would hold it.
RootKey replace(Place& place) {
    auto next = place.engine().root_key().successor();
    auto kept = from_slot(next);
    place.run([&](Transaction& tx) {
        tx.replace_root(std::move(next));
        tx.append_audit(entry("key.rotated"));
    });
    return kept;
}

void reopen(Place& place, const RootKey& with) {
    place.open();
    place.root = from_slot(with);
    REQUIRE(place.unseal());
}

}  // namespace

TEST_CASE("root key: after it was replaced only the new one opens the store, with rows and audit of before") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    const auto old_root = place.root.copy();
    const auto epoch = place.store().epoch();
    const auto new_root = replace(place);
    CHECK(place.store().epoch() == epoch + 1);
    const auto later = add_app(place, "later");
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        CHECK(audit::verify(tx));
    });

    place.open();
    CHECK_FALSE(place.unseal());  // the old one
    CHECK(place.store().reason().find("belongs to another store") != std::string::npos);
    reopen(place, new_root);
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        CHECK(apps::find(tx, "later")->id == later.id);
        CHECK(audit::verify(tx));
    });

    const auto third = replace(place);
    add_app(place, "latest");
    reopen(place, third);
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        CHECK(audit::verify(tx));
    });
}

TEST_CASE("root key: a savepoint that is rolled back leaves the old one, in memory and in the files") {
    Place place;
    place.begin();
    const auto before = place.store().epoch();
    {
        auto group = place.store().group();
        const auto refused = group.attempt([&](Transaction& tx) -> Result<void> {
            tx.replace_root(tx.root().successor());
            CHECK_FALSE(same(tx.root(), place.root));
            return refuse(Errc::wrong_state, "changed my mind", "");
        });
        CHECK_FALSE(refused);
        CHECK(same(place.engine().root_key(), place.root));
        // Another request of the same group goes on with it, and is what is committed.
        group.attempt([&](Transaction& tx) {
            tx.insert(app_named("neighbour"));
            tx.append_audit(entry("app.created"));
        });
        group.commit();
    }
    CHECK(place.store().epoch() == before + 1);
    reopen(place, place.root);
    place.run([](Transaction& tx) { CHECK(apps::find(tx, "neighbour")); });
}

TEST_CASE("root key: one group, two requests: what was replaced first stays where the second is rolled back") {
    Place place;
    place.begin();
    std::optional<RootKey> kept;
    {
        auto group = place.store().group();
        group.attempt([&](Transaction& tx) {
            auto next = tx.root().successor();
            kept = from_slot(next);
            tx.replace_root(std::move(next));
            tx.append_audit(entry("key.rotated"));
        });
        const auto refused = group.attempt([&](Transaction& tx) -> Result<void> {
            tx.replace_root(tx.root().successor());
            return refuse(Errc::wrong_state, "changed my mind", "");
        });
        CHECK_FALSE(refused);
        CHECK(same(place.engine().root_key(), *kept));
        group.commit();
    }
    reopen(place, *kept);
}

TEST_CASE("root key: a group that is never committed leaves the old one") {
    Place place;
    place.begin();
    {
        auto group = place.store().group();
        group.attempt([&](Transaction& tx) {
            tx.replace_root(tx.root().successor());
            tx.append_audit(entry("key.rotated"));
        });
        CHECK_FALSE(same(place.engine().root_key(), place.root));
    }
    CHECK(same(place.engine().root_key(), place.root));
    add_app(place, "after");
    reopen(place, place.root);
}

TEST_CASE("T31: an end between commit and anchor: the new root key opens the store, which is ahead of its anchor") {
    Place place;
    place.begin();
    add_app(place, "dispatcher");
    const auto before = place.save();
    const auto new_root = replace(place);
    auto after = place.save();
    place.close();
    after.anchor = before.anchor;
    place.restore(after);
    reopen(place, new_root);
    add_app(place, "later");
    reopen(place, new_root);
}

TEST_CASE("threat: who holds the root key of before and the files cannot put in, change or take away a row") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    const auto old_root = place.root.copy();
    const auto new_root = replace(place);
    place.store().checkpoint();
    place.close();
    const auto files = place.save();
    const auto& table = info_of<App>();
    const auto write = [&](const App& row, bool update) {
        const auto record = to_record(row);
        const auto mac = row_mac(old_root, table.name, row.id.text, canonical_columns(table, record));
        Database raw{place.database()};
        if (update) raw.run("DELETE FROM apps WHERE id = ?", {row.id.text});
        auto cells = record;
        cells.emplace_back(Bytes{mac.begin(), mac.end()});
        raw.run(table.insert, cells);
    };
    const auto check_refused = [&](std::string_view what) {
        INFO(what);
        place.open();
        place.root = from_slot(new_root);
        const auto unsealed = place.unseal(true);  // not even where a rollback would be accepted
        REQUIRE_FALSE(unsealed);
        CHECK(unsealed.error().code == Errc::mismatch);
        place.close();
        place.restore(files);
    };
    write(app_named("forged"), false);
    check_refused("a new row with the right MAC");
    auto changed = app;
    changed.homepage = "https://evil.example";
    write(changed, true);
    check_refused("another content with the right MAC");
    place.edit("DELETE FROM apps");
    check_refused("a row that is missing");

    reopen(place, new_root);  // the files themselves are in order
}

TEST_CASE("root key: a copy of the files from before still opens with the old one, as the documents say") {
    Place place;
    place.begin();
    add_app(place, "dispatcher");
    place.store().checkpoint();
    const auto copy = place.save();
    const auto old_root = place.root.copy();
    (void)replace(place);
    place.close();
    place.restore(copy);
    reopen(place, old_root);
    place.run([](Transaction& tx) { CHECK(apps::find(tx, "dispatcher")); });
}

TEST_CASE("T30 root key: whichever operation fails while it is replaced, exactly one root key opens the store") {
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
        for (long nth = 1;; ++nth) {
            CAPTURE(code);
            CAPTURE(nth);
            const FaultVfs vfs;
            Place place;
            place.begin();
            add_app(place, "dispatcher");
            auto next = place.root.successor();
            const auto new_root = from_slot(next);
            bool replaced = false;
            FaultVfs::fail(nth, code);
            try {
                place.run([&](Transaction& tx) {
                    tx.replace_root(std::move(next));
                    tx.append_audit(entry("key.rotated"));
                });
                replaced = true;
                place.store().finish_destroying_keys();
            } catch (const StoreFault& fault) {
                replaced = replaced || fault.stored;
            }
            const auto operations = FaultVfs::operations();
            FaultVfs::fail(0, SQLITE_OK);
            CHECK(same(place.engine().root_key(), new_root) == replaced);
            add_app(place, "later");
            place.store().finish_destroying_keys();
            reopen(place, replaced ? new_root : place.root);
            place.run([](Transaction& tx) {
                CHECK(apps::find(tx, "dispatcher"));
                CHECK(apps::find(tx, "later"));
                CHECK(audit::verify(tx));
            });
            if (operations < nth) break;
        }
    }
}
