/// Files that are not what jeton left: newer, damaged, or made to make SQLite do something (T28, T51).
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "daemon/vault/store/schema.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

bool mentions(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

/// The open store is sealed for `why`, will neither be initialised nor unsealed, and its files are as they were.
void check_unusable(Place& place, const std::string& why) {
    const auto before = place.save();
    auto& store = place.open();
    CHECK(store.state() == StoreState::sealed);
    CHECK_MESSAGE(mentions(store.reason(), why), store.reason());
    CHECK(store.slots().empty());
    CHECK_FALSE(place.unseal());
    CHECK_FALSE(place.unseal(true));
    std::vector<KeySlot> slots;
    slots.push_back(make_slot(place.root, KeySlotKind::key_file, "/key", Place::key(), place.clock.now()));
    CHECK_FALSE(store.initialise(place.root.copy(), slots));
    store.checkpoint();
    place.close();
    const auto after = place.save();
    CHECK(before.database == after.database);
    CHECK(before.log == after.log);
    CHECK(before.anchor == after.anchor);
}

/// JETON_FLIPPED_FILES says how many, for a release.
int flipped_files() {
    const char* asked = std::getenv("JETON_FLIPPED_FILES");
    return asked == nullptr ? 300 : std::atoi(asked);
}

}  // namespace

TEST_CASE("hostile file: a newer schema is refused and not touched (T51)") {
    const auto newer = std::to_string(schema_version + 1);
    Place place;
    place.begin();
    add_app(place, "a");
    SUBCASE("in the file") {
        place.close();
        place.edit("PRAGMA user_version = " + newer + "; CREATE TABLE news (id TEXT) STRICT");
    }
    SUBCASE("in a file that the SQLite of today cannot read") {
        place.close();
        place.edit("PRAGMA user_version = " + newer);
        auto future = place.save();
        future.database.replace(18, 2, "\x03\x03");  // the file format's version, to write and to read
        place.restore_store(future);
    }
    SUBCASE("in the log only") {
        place.edit_open("PRAGMA user_version = " + newer);
        place.crash();
        CHECK_FALSE(content_of(place.log()).empty());
    }
    check_unusable(place, "was written by a newer jeton (schema " + newer);
}

TEST_CASE("hostile file: anything in the schema that is not jeton's is refused by name (T28)") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.close();
    std::string name;
    SUBCASE("a trigger") {
        place.edit("CREATE TRIGGER planted AFTER INSERT ON audit BEGIN DELETE FROM bindings; END");
        name = "trigger planted";
    }
    SUBCASE("a view") {
        place.edit("CREATE VIEW planted AS SELECT * FROM apps");
        name = "view planted";
    }
    SUBCASE("a view instead of a table") {
        place.edit(
            "DROP INDEX token_cache_expires_at; ALTER TABLE token_cache RENAME TO planted; CREATE VIEW token_cache AS "
            "SELECT * FROM planted");
        name = "planted";
    }
    SUBCASE("a generated column") {
        place.edit("ALTER TABLE apps ADD COLUMN planted TEXT AS (name) VIRTUAL");
        name = "table apps";
    }
    SUBCASE("an index") {
        place.edit("CREATE INDEX planted ON apps (lower(name))");
        name = "index planted";
    }
    SUBCASE("a virtual table") {
        place.edit("CREATE VIRTUAL TABLE planted USING fts5(x)");
        name = "planted";
    }
    SUBCASE("a table that is not STRICT") {
        place.edit("DROP TABLE token_cache; CREATE TABLE token_cache (connection TEXT)");
        name = "token_cache";
    }
    SUBCASE("a dropped index") {
        place.edit("DROP INDEX bindings_uid");
        name = "index bindings_uid is missing";
    }
    check_unusable(place, name);
}

TEST_CASE("hostile file: what is no database of jeton is named and left alone") {
    Place place;
    place.begin();
    place.close();
    const auto whole = place.save();
    std::string why;
    SUBCASE("text") {
        place.restore_store(
            {"not a database at all, but a letter to somebody, which is long enough to be a header", {}, {}});
        why = "does not begin like a database";
    }
    SUBCASE("cut off in the header") {
        place.restore_store({whole.database.substr(0, 50), {}, {}});
        why = "does not begin like a database";
    }
    SUBCASE("cut off in the middle") {
        place.restore_store({whole.database.substr(0, whole.database.size() / 2), {}, {}});
        why = "damaged";
    }
    SUBCASE("another program's") {
        place.edit("PRAGMA application_id = 42");
        why = "belongs to another program";
    }
    SUBCASE("nobody's") {
        place.edit("PRAGMA application_id = 0");
        why = "it has other tables";
    }
    SUBCASE("a page size that there is none of") {
        auto damaged = whole.database;
        damaged.replace(16, 2, std::string{"\x00\x07", 2});
        place.restore_store({damaged, {}, {}});
        why = "damaged";
    }
    SUBCASE("readable by others") {
        std::filesystem::permissions(place.database(), std::filesystem::perms{0644});
        why = "has mode 0644";
    }
    SUBCASE("a page of noise") {
        auto noise = whole.database;
        for (std::size_t i = 4096; i < 8192; ++i) noise[i] = static_cast<char>(i * 131);
        place.restore_store({noise, {}, {}});
        why = "damaged";
    }
    check_unusable(place, why);
}

TEST_CASE("hostile file: flipped bits are refused or change nothing, and never crash (T28)") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.close();
    const auto whole = place.save();
    std::mt19937 random{1};
    int refused = 0;
    const int rounds = flipped_files();
    for (int round = 0; round < rounds; ++round) {
        CAPTURE(round);
        auto bits = whole;
        for (int flips = 0; flips < 4; ++flips) {
            auto& byte = bits.database[random() % bits.database.size()];
            byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << random() % 8);
        }
        place.restore(bits);
        try {
            place.open();
            if (place.store().state() != StoreState::sealed || !place.unseal()) {
                ++refused;
                continue;
            }
            place.run([](Transaction& tx) { CHECK(audit::list(tx, {}).size() == 2); });
        } catch (const StoreFault&) {
            ++refused;
        }
    }
    CHECK(refused > rounds / 10);
    place.restore(whole);
    place.open();
    CHECK(place.unseal());
}
