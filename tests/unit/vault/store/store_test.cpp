#include "daemon/vault/store/store.hpp"

#include <filesystem>
#include <string>

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/schema.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
    struct stat found{};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

std::vector<KeySlot> one_slot(const Place& place) {
    std::vector<KeySlot> slots;
    slots.push_back(make_slot(place.root, KeySlotKind::key_file, "/key", Place::key(), place.clock.now()));
    return slots;
}

}  // namespace

TEST_CASE("store: uninitialised, initialised, sealed, unsealed") {
    Place place;
    auto& fresh = place.open();
    CHECK(fresh.state() == StoreState::uninitialised);
    CHECK_FALSE(fresh.reason().empty());
    CHECK(fresh.epoch() == 0);
    CHECK(fresh.instance().size() == 32);
    CHECK(fresh.slots().empty());
    CHECK(place.unseal().error().code == Errc::uninitialised);
    CHECK_FALSE(std::filesystem::exists(place.database()));

    const auto before = fresh.instance();
    REQUIRE(fresh.initialise(place.root.copy(), one_slot(place)));
    CHECK(fresh.state() == StoreState::unsealed);
    CHECK(fresh.reason().empty());
    CHECK(fresh.epoch() == 1);
    CHECK(fresh.instance() != before);
    CHECK(fresh.initialise(place.root.copy(), one_slot(place)).error().code == Errc::wrong_state);
    CHECK(place.unseal().error().code == Errc::wrong_state);

    const auto unsealed = fresh.instance();
    fresh.seal("sealed by alice");
    CHECK(fresh.state() == StoreState::sealed);
    CHECK(fresh.reason() == "sealed by alice");
    CHECK(fresh.epoch() == 0);
    CHECK(fresh.instance() != unsealed);
    CHECK(fresh.initialise(place.root.copy(), one_slot(place)).error().code == Errc::wrong_state);

    const auto slots = fresh.slots();
    REQUIRE(slots.size() == 1);
    auto root = open_slot(slots[0], Place::key());
    REQUIRE(root);
    const auto sealed = fresh.instance();
    CHECK(fresh.unseal(*std::move(root), false)->empty());
    CHECK(fresh.state() == StoreState::unsealed);
    CHECK(fresh.instance() != sealed);
    CHECK(fresh.epoch() == 1);
}

TEST_CASE("store: what a power cut leaves of a file before its first commit is begun anew (T32)") {
    const Place::Files whole = [] {
        Place place;
        place.begin();
        place.close();
        return place.save();
    }();
    for (const auto& left : {std::string(4096, '\0'), std::string(1, 'S'), "SQLite f" + std::string(504, '\0')}) {
        Place place;
        place.begin();
        place.close();
        const auto seen = place.save();
        place.restore({left, "", std::string(1024, '\0')});  // the anchor of epoch 0 claims nothing
        CHECK(place.open().state() == StoreState::uninitialised);
        REQUIRE(place.store().initialise(place.root.copy(), one_slot(place)));
        add_app(place, "a");
        place.open();
        CHECK(place.unseal());
        // Beside an anchor that has seen a store, or where more than a page is there, it is damage.
        place.close();
        place.restore({left, "", seen.anchor});
        CHECK(place.open().state() == StoreState::sealed);
        place.close();
        auto damaged = whole.database;
        damaged.replace(0, 100, 100, '\0');
        place.restore({damaged, "", std::string(1024, '\0')});
        CHECK(place.open().state() == StoreState::sealed);
    }
}

TEST_CASE("store: files are private, whatever the umask") {
    Place place;
    const auto mask = ::umask(0);
    place.begin();
    add_app(place, "a");
    ::umask(mask);
    CHECK(mode_of(place.database()) == 0600);
    CHECK(mode_of(place.log()) == 0600);
    CHECK(mode_of(place.anchor()) == 0600);
    CHECK(mode_of(place.database().parent_path()) == 0700);
    CHECK(mode_of(place.anchor().parent_path()) == 0700);
}

TEST_CASE("store: the settings that durability and distrust rest on are in force") {
    Place place;
    place.begin();
    auto& database = *place.engine().database;
    CHECK(std::get<std::string>(database.query("PRAGMA journal_mode").front().front()) == "wal");
    CHECK(database.number("PRAGMA synchronous") == 2);
    CHECK(std::get<std::string>(database.query("PRAGMA locking_mode").front().front()) == "exclusive");
    CHECK(database.number("PRAGMA trusted_schema") == 0);
    CHECK(database.number("PRAGMA cell_size_check") == 1);
    CHECK(database.number("PRAGMA foreign_keys") == 0);
    CHECK(database.number("PRAGMA secure_delete") == 1);
    CHECK(database.number("PRAGMA user_version") == schema_version);
    place.edit_open("PRAGMA writable_schema = ON");  // DEFENSIVE: no effect
    CHECK_THROWS_AS(place.edit_open("UPDATE sqlite_schema SET sql = ''"), std::logic_error);
}

TEST_CASE("store: a second vault waits, then says who holds it") {
    Place place;
    place.begin();
    TestClock clock;
    try {
        const Store second{{place.database(), place.anchor().parent_path()}, clock};
        FAIL("two vaults on one database");
    } catch (const StoreInUse& error) {
        CHECK(std::string{error.what()}.find("in use by another vault") != std::string::npos);
    }
}

TEST_CASE("store: a clean stop leaves everything in the file, and no log") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.store().checkpoint();
    CHECK(content_of(place.log()).empty());
    place.close();
    CHECK_FALSE(std::filesystem::exists(place.log()));
    place.open();
    CHECK(place.unseal());
}

TEST_CASE("store: a database that vanished is not made anew where its anchor has seen one") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.close();
    std::filesystem::remove(place.database());
    auto& store = place.open();
    CHECK(store.state() == StoreState::uninitialised);
    CHECK(store.reason().find("is missing, but its anchor") != std::string::npos);
    const auto refused = store.initialise(place.root.copy(), one_slot(place));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK_FALSE(std::filesystem::exists(place.database()));

    std::ofstream{place.database()}.flush();  // an empty file is not a new beginning either
    std::filesystem::permissions(place.database(), std::filesystem::perms{0600});
    CHECK_FALSE(place.open().initialise(place.root.copy(), one_slot(place)));
    CHECK(content_of(place.database()).empty());
}

TEST_CASE("store: an initialisation that was cut off before its first commit can be done again") {
    Place place;
    place.begin();
    const auto first = place.save();
    place.close();
    // The anchor of epoch 0 stands in slot 1 of the counter; the database is empty or has but its header.
    auto anchor = first.anchor;
    anchor.replace(0, Anchor::slot_size, std::string(Anchor::slot_size, '\0'));
    std::ofstream{place.anchor(), std::ios::binary} << anchor;
    std::filesystem::remove(place.database());
    SUBCASE("nothing") {}
    SUBCASE("an empty file") {
        std::ofstream{place.database()}.flush();
        std::filesystem::permissions(place.database(), std::filesystem::perms{0600});
    }
    SUBCASE("a header") {
        {
            SQLite::Database raw{place.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
            raw.exec("PRAGMA journal_mode = WAL");
        }
        std::filesystem::permissions(place.database(), std::filesystem::perms{0600});
    }
    auto& store = place.open();
    CHECK(store.state() == StoreState::uninitialised);
    CHECK(store.initialise(place.root.copy(), one_slot(place)));
    add_app(place, "a");
    place.open();
    CHECK(place.unseal());
}

TEST_CASE("store: nothing of the root key or of a sealed value stands in the files") {
    Place place;
    place.begin();
    add_app(place, "a");
    const auto files = place.save();
    const std::string root{text_of(place.root.reveal())};
    CHECK((files.database + files.log + files.anchor).find(root) == std::string::npos);
}
