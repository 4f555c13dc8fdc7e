/// No migration without a copy of the store as it was; and the way back by that copy.
#include <sys/stat.h>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/migration.hpp"
#include "daemon/vault/store/schema.hpp"
#include "libclient/protocol/words.hpp"
#include "tests/unit/vault/keys/old_slot.hpp"
#include "tests/unit/vault/store/fault_vfs.hpp"
#include "tests/unit/vault/store/older_schemas.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;
namespace fs = std::filesystem;

namespace {

bool mentions(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

fs::path copy_of(const Place& place, int schema) {
    return place.database().parent_path() /
           ("jeton.db.schema-" + std::to_string(schema) + "-before-" + std::string{protocol::version});
}

std::int64_t number_in(const fs::path& file, const std::string& sql) {
    SQLite::Database raw{file.string(), SQLite::OPEN_READWRITE};  // else a log that is left over could not be read
    raw.exec("PRAGMA locking_mode = EXCLUSIVE");  // a faulty file system has no shared memory for its index
    return raw.execAndGet(sql).getInt64();
}

/// A closed store of `schema` with the app "dispatcher", and the host's clock, by which files are dated.
void make_old(Place& place, int schema) {
    place.clock.wall = SystemClock{}.now();
    place.begin(test::old_slot(place.root, KeySlotKind::key_file, "/key", Place::key(), place.clock.now()));
    add_app(place, "dispatcher");
    place.close();
    back_to_schema(place, schema);
    fs::remove(place.log());
}

bool has_app(Place& place, const std::string& name) {
    bool there = false;
    place.run([&](Transaction& tx) { there = apps::find(tx, name).has_value(); });
    return there;
}

std::vector<AuditEntry> migrations_told(Place& place) {
    audit::Filter filter;
    filter.event_glob = "store.migrated";
    return place.run([&](Transaction& tx) { return audit::list(tx, filter); });
}

void put_back(const Place& place, int schema) {
    fs::remove(place.log());
    fs::copy_file(copy_of(place, schema), place.database(), fs::copy_options::overwrite_existing);
}

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{directory}) names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

}  // namespace

TEST_CASE("migration: a store of each older schema is copied first, and the copy put back is the store as it was") {
    for (int schema = 1; schema < schema_version; ++schema) {
        CAPTURE(schema);
        Place place;
        make_old(place, schema);
        place.open();
        const auto kept = place.store().kept_before_migrations();
        REQUIRE(kept.size() == 1);
        CHECK(kept[0].file == copy_of(place, schema));
        CHECK(kept[0].schema == schema);
        CHECK(kept[0].version == protocol::version);
        struct stat found{};
        REQUIRE(::stat(kept[0].file.c_str(), &found) == 0);
        CHECK((found.st_mode & 0777U) == 0600);
        REQUIRE(place.unseal());
        place.run([](Transaction& tx) {
            audit::Filter filter;
            filter.event_glob = "store.migrated";
            const auto told = audit::list(tx, filter);
            REQUIRE(told.size() == 1);
            CHECK(mentions(told[0].detail, "kept as it was: "));
            CHECK(audit::verify(tx));
        });
        add_app(place, "later");
        place.close();
        CHECK(number_in(place.database(), "PRAGMA user_version") == schema_version);
        CHECK(number_in(kept[0].file, "PRAGMA user_version") == schema);

        put_back(place, schema);
        place.open();
        CHECK_FALSE(place.unseal());  // older than its anchor: somebody has to say that this is meant
        const auto lost = place.unseal(true);
        REQUIRE(lost);
        CHECK_FALSE(lost->empty());
        CHECK(has_app(place, "dispatcher"));
        CHECK_FALSE(has_app(place, "later"));
    }
}

TEST_CASE("migration: the audit tells of it once, also where the vault that did it ended before it was unsealed") {
    Place place;
    make_old(place, 4);
    place.open();
    place.clock.wall = SystemClock{}.now() + std::chrono::seconds{1};
    for (int start = 0; start < 3; ++start) {
        place.open();
        REQUIRE(place.unseal());
        const auto told = migrations_told(place);
        REQUIRE(told.size() == 1);
        CHECK(mentions(told[0].detail, "from schema 4 to " + std::to_string(schema_version)));
        CHECK(told[0].detail.ends_with(copy_of(place, 4).string()));
    }
}

TEST_CASE("migration: of a copy that another store left behind the audit tells nothing") {
    const std::chrono::hours day{24};
    Place place;
    const auto now = SystemClock{}.now();
    SUBCASE("this one was made later") {
        place.clock.wall = now;
        place.begin();
    }
    SUBCASE("this one was restored later") {
        place.clock.wall = now - 2 * day;
        place.begin();
        place.run([&](Transaction& tx) {
            auto restored = entry("store.restored");
            restored.at = now;
            tx.append_audit(restored);
        });
        place.clock.wall = now;
    }
    place.close();
    const auto copy = place.database().string() + ".schema-2-before-0.0.2";
    fs::copy_file(place.database(), copy);
    fs::last_write_time(copy, fs::file_time_type::clock::now() - day);
    place.open();
    REQUIRE(place.unseal());
    CHECK(place.store().kept_before_migrations().size() == 1);
    CHECK(migrations_told(place).empty());
}

TEST_CASE("migration: of one that was taken back, or never came to its end, the audit tells nothing") {
    Place place;
    place.clock.wall = SystemClock{}.now() - std::chrono::hours{24};
    place.begin();
    place.close();
    const auto before = [&](std::int64_t schema, std::string_view version) {
        return place.database().string() + ".schema-" + std::to_string(schema) + "-before-" + std::string{version};
    };
    SUBCASE("the version behind it") { fs::copy_file(place.database(), before(schema_version, "9.0.0")); }
    SUBCASE("another version, of the same schema before it") {
        fs::copy_file(place.database(), before(schema_version - 1, "9.0.0"));
    }
    place.open();
    REQUIRE(place.unseal());
    CHECK(place.store().kept_before_migrations().size() == 1);
    CHECK(migrations_told(place).empty());
}

TEST_CASE("migration: a copy that is put back before anything was changed opens without another word") {
    Place place;
    make_old(place, 4);
    place.open();
    REQUIRE(place.unseal());
    place.close();
    put_back(place, 4);
    place.open();
    REQUIRE(place.unseal());
    CHECK(has_app(place, "dispatcher"));
    CHECK(place.store().kept_before_migrations().size() == 1);
}

TEST_CASE("migration: what stands in the write-ahead log alone is in the copy, too") {
    Place place;
    make_old(place, 4);
    SQLite::Database raw{place.database().string(), SQLite::OPEN_READWRITE};
    raw.exec("PRAGMA wal_autocheckpoint = 0; UPDATE usage SET count = 1; CREATE TABLE t (x); DROP TABLE t");
    raw.exec("INSERT INTO usage VALUES ('c', 'p', 1, 'u', 77, 1)");
    const auto saved = place.save();
    REQUIRE_FALSE(saved.log.empty());
    Place other;
    make_old(other, 4);
    other.restore_store(saved);
    other.open();
    REQUIRE(other.store().kept_before_migrations().size() == 1);
    CHECK(number_in(copy_of(other, 4), "SELECT max(count) FROM usage") == 77);
}

TEST_CASE("migration: without a copy the store stays as it is, sealed, and says what to do") {
    Place place;
    make_old(place, 4);
    const auto before = place.save();
    fs::create_directories(copy_of(place, 4).string() + ".unfinished/in-the-way");
    place.open();
    CHECK(place.store().state() == StoreState::sealed);
    const auto reason = place.store().reason();
    CHECK_MESSAGE(mentions(reason, "no copy of it can be made before"), reason);
    CHECK_MESSAGE(mentions(reason, "start the daemon again"), reason);
    CHECK_FALSE(place.unseal());
    CHECK_FALSE(place.unseal(true));
    place.close();
    const auto after = place.save();
    CHECK(before.database == after.database);
    CHECK(before.anchor == after.anchor);
    fs::remove_all(copy_of(place, 4).string() + ".unfinished");
    place.open();
    REQUIRE(place.unseal());
    CHECK(has_app(place, "dispatcher"));
}

TEST_CASE("migration: whichever write of it fails, the old store is whole, and the next start goes on (T30)" *
          doctest::test_suite("exhaustive")) {
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
        int sealed = 0;
        Place place;
        make_old(place, 1);
        const auto old = place.save();
        for (long nth = 1;; ++nth) {
            CAPTURE(code);
            CAPTURE(nth);
            place.close();
            place.restore(old);
            fs::remove(copy_of(place, 1));
            const FaultVfs vfs;
            FaultVfs::fail(nth, code, true);
            try {
                place.open();
            } catch (const StoreFault&) {
                MESSAGE("behind the migration: the store is of this schema, and the disk fails on");
            }
            const auto reached = FaultVfs::operations() >= nth;
            FaultVfs::fail(0, 0);
            place.close();
            const auto schema = number_in(place.database(), "PRAGMA user_version");
            CHECK((schema == 1 || schema == schema_version));
            for (const auto& name : names_in(place.database().parent_path()))
                CHECK_MESSAGE(!mentions(name, ".unfinished"), name);
            if (schema == schema_version) CHECK(fs::exists(copy_of(place, 1)));
            if (reached && schema == 1) ++sealed;
            place.open();
            REQUIRE(place.unseal());
            CHECK(has_app(place, "dispatcher"));
            CHECK(number_in(copy_of(place, 1), "PRAGMA user_version") == 1);
            place.close();
            if (!reached) break;
        }
        CHECK(sealed > 3);
    }
}

TEST_CASE("migration: a schema that is not jeton's is refused before anything is copied (T28)") {
    Place place;
    make_old(place, 3);
    place.edit("CREATE VIEW v AS SELECT * FROM connections");
    place.open();
    CHECK(place.store().state() == StoreState::sealed);
    CHECK(place.store().kept_before_migrations().empty());
    place.close();
    CHECK(number_in(place.database(), "PRAGMA user_version") == 3);
}

TEST_CASE("migration: an older jeton names the version to install and the copy that it can use (T51)") {
    Place place;
    place.begin();
    place.close();
    const auto copy = place.database().string() + ".schema-" + std::to_string(schema_version) + "-before-7.1.0";
    fs::copy_file(place.database(), copy);
    const auto too_new = place.database().string() + ".schema-" + std::to_string(schema_version + 1) + "-before-8.0.0";
    fs::copy_file(place.database(), too_new);
    fs::copy_file(place.database(), copy + "-journal");
    place.edit("PRAGMA user_version = " + std::to_string(schema_version + 2));
    place.open();
    const auto reason = place.store().reason();
    CHECK_MESSAGE(mentions(reason, "install jeton 7.1.0 again"), reason);
    CHECK_MESSAGE(reason.ends_with(copy), reason);
}

TEST_CASE("migration: copies are removed at the first unsealing 30 days later, and not before") {
    Place place;
    place.clock.wall = SystemClock{}.now();
    place.begin();
    place.close();
    const auto old = place.database().string() + ".schema-1-before-0.0.1";
    const auto young = place.database().string() + ".schema-2-before-0.0.2";
    const auto other = place.database().string() + ".schema-2";
    for (const auto& file : {old, young, other}) fs::copy_file(place.database(), file);
    const auto day = std::chrono::hours{24};
    fs::last_write_time(old, fs::file_time_type::clock::now() - 31 * day);
    fs::last_write_time(other, fs::file_time_type::clock::now() - 31 * day);
    fs::last_write_time(young, fs::file_time_type::clock::now() - 29 * day);
    place.open();
    CHECK(fs::exists(old));  // sealed: nobody knows yet whether this one is any good
    REQUIRE(place.unseal());
    CHECK_FALSE(fs::exists(old));
    CHECK(fs::exists(young));
    CHECK(fs::exists(other));
}
