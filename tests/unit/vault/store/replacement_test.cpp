#include "daemon/vault/store/replacement.hpp"

#include "tests/unit/vault/services/backup_support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;
namespace fs = std::filesystem;

namespace {

/// An old store with tenant "late", and beside it, whole and closed, the one that was restored, without that tenant.
struct Ready {
    Ready() {
        office.connected("dispatcher/1@integration");
        const auto file = office.back_up();
        office.tenant("late@integration");
        root.emplace(office.run([](Transaction& tx) { return Result<RootKey>{tx.root().copy()}; }).value());
        RestoreInProgress restore;
        REQUIRE(office.read(office.store(), file, restore));
        auto& next = *restore->store;
        {
            auto group = next.group();
            group.attempt([&](Transaction& tx) {
                next.continue_after(tx, office.store().known_epoch(), office.clock.now());
                record(tx, office.admin, {.event = "store.restored", .subject = "store"}, office.clock.now());
            });
            group.commit();
        }
        next.close();
    }

    /// What a power cut leaves of it, after what `steps` did to the files.
    template <class Steps>
    void cut(bool with_log, Steps steps) {
        fs::create_directories(host.directory / "cut/state");
        fs::create_directories(host.directory / "cut/anchor");
        const auto copy = [&](const std::string& name) {
            if (fs::exists(office.directory() / name))
                fs::copy(office.directory() / name, host.directory / "cut" / name);
        };
        if (!with_log) office.store().checkpoint();
        for (const char* name :
             {"state/jeton.db", "state/jeton.db.restoring", "anchor/anchor", "anchor/anchor.restoring"})
            copy(name);
        if (with_log) copy("state/jeton.db-wal");
        steps(files());
    }
    [[nodiscard]] StoreFiles files() const {
        return {host.directory / "cut/state/jeton.db", host.directory / "cut/anchor"};
    }
    /// Whether the old store is there; else the new one is.
    bool old_store_is_there() {
        Store store{files(), host.clock};
        REQUIRE(store.unseal(root->copy(), false));
        auto group = store.group();
        return group.attempt(
            [](Transaction& tx) { return find_tenant(tx, SafeOffice::tenant_name("late@integration")).has_value(); });
    }
    [[nodiscard]] int files_named(std::string_view part) const {
        int count = 0;
        for (const auto& entry : fs::recursive_directory_iterator{host.directory / "cut"}) {
            if (entry.path().filename().string().find(part) != std::string::npos) ++count;
        }
        return count;
    }

    SafeOffice office;
    Elsewhere host;
    std::optional<RootKey> root;
};

void move(const fs::path& from, const fs::path& to) { fs::rename(from, to); }

}  // namespace

TEST_CASE("T30: a power cut before a restore is decided leaves the old store, and nothing else") {
    Ready ready;
    SUBCASE("the new one is written") {
        ready.cut(false, [](const StoreFiles&) {});
    }
    SUBCASE("the new one is half written") {
        ready.cut(false,
                  [](const StoreFiles& files) { fs::resize_file(files.database.string() + ".restoring", 5000); });
    }
    SUBCASE("its anchor is ready") {
        ready.cut(false, [](const StoreFiles& files) {
            move(files.anchor_directory / "anchor.restoring", files.anchor_directory / "anchor.restored");
        });
    }
    SUBCASE("changes still stand in the old one's log") {
        ready.cut(true, [](const StoreFiles&) {});
    }
    CHECK(ready.old_store_is_there());
    CHECK(ready.files_named("restor") == 0);
}

TEST_CASE("T30: a power cut after a restore was decided leaves the new store, and the old one aside") {
    Ready ready;
    SUBCASE("nothing was renamed yet") { ready.cut(false, replacement::decide); }
    SUBCASE("the old one's log is there, too") { ready.cut(true, replacement::decide); }
    SUBCASE("the anchor is in its place") {
        ready.cut(false, [](const StoreFiles& files) {
            replacement::decide(files);
            move(files.anchor_directory / "anchor.restored", files.anchor_directory / "anchor");
        });
    }
    SUBCASE("the old one is aside") {
        ready.cut(false, [](const StoreFiles& files) {
            replacement::decide(files);
            move(files.anchor_directory / "anchor.restored", files.anchor_directory / "anchor");
            move(files.database, files.database.string() + ".before-restore-19700101T000000Z");
        });
    }
    SUBCASE("all was renamed") {
        ready.cut(false, [](const StoreFiles& files) {
            replacement::decide(files);
            CHECK(replacement::finish(files));
            CHECK_FALSE(replacement::is_decided(files));
        });
    }
    CHECK_FALSE(ready.old_store_is_there());
    CHECK(ready.files_named(".before-restore-") >= 1);
    CHECK(ready.files_named("restored") == 0);
    CHECK(ready.files_named("restoring") == 0);
    CHECK_FALSE(ready.old_store_is_there());
}

TEST_CASE("an old database that is kept aside is never overwritten by a later one") {
    Ready ready;
    ready.cut(false, replacement::decide);
    const auto first = replacement::finish(ready.files());
    REQUIRE(first);
    fs::copy(ready.files().database, ready.files().database.string() + ".restored");
    fs::last_write_time(ready.files().database.string() + ".restored", fs::last_write_time(ready.files().database));
    const auto second = replacement::finish(ready.files());
    REQUIRE(second);
    CHECK(*first != *second);
    CHECK(fs::exists(*first));
    CHECK(fs::exists(*second));
}

TEST_CASE("T28: whoever can write the database's directory alone cannot pass off a restore of his own") {
    Ready ready;
    // The old store of a day before, as if it had been restored: its anchor is missing.
    ready.cut(false, [](const StoreFiles& files) {
        fs::copy(files.database.string() + ".restoring", files.database.string() + ".restored");
        fs::remove(files.anchor_directory / "anchor.restoring");
    });
    Store store{ready.files(), ready.host.clock};
    CHECK(store.unseal(ready.root->copy(), false).error().code == Errc::mismatch);
}
