/// A store in a directory of its own, a clock turned by hand, and the hand of somebody who edits the file behind
/// jeton's back.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include "daemon/vault/domain/app.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/domain/tenant.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/store.hpp"
#include "tests/unit/results.hpp"

namespace jeton::vault {

/// The one door into an open store that production code does not have.
struct StoreProbe {
    static Engine& engine(Store& store) { return *store.engine_; }
};

namespace store_test {

class TestClock final : public Clock {
public:
    [[nodiscard]] UtcSeconds now() const override { return wall; }
    [[nodiscard]] BootTime boot_time() const override { return std::chrono::seconds{1000}; }
    UtcSeconds wall{std::chrono::seconds{1'800'000'000}};
};

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Files outlive the store, so that a test can close it, edit or exchange them, and open it again.
class Place {
public:
    Place() {
        std::string pattern = (std::filesystem::temp_directory_path() / "jeton-store-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
    }
    ~Place() {
        store_.reset();
        std::filesystem::remove_all(directory_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] std::filesystem::path database() const { return directory_ / "state" / "jeton.db"; }
    [[nodiscard]] std::filesystem::path log() const { return directory_ / "state" / "jeton.db-wal"; }
    [[nodiscard]] std::filesystem::path anchor() const { return directory_ / "anchor" / "anchor"; }
    [[nodiscard]] std::filesystem::path directory() const { return directory_; }

    Store& open() {
        store_.reset();
        store_ = std::make_unique<Store>(StoreFiles{database(), anchor().parent_path()}, clock);
        return *store_;
    }
    /// A new store with one slot, unsealed.
    Store& begin() { return begin(make_slot(root, KeySlotKind::key_file, "/key", key(), clock.now())); }
    Store& begin(const KeySlot& slot) {
        auto& store = open();
        REQUIRE(store.initialise(root.copy(), {slot}));
        return store;
    }
    [[nodiscard]] Result<std::vector<std::string>> unseal(bool accept_rollback = false) {
        return store_->unseal(root.copy(), accept_rollback);
    }
    Store& store() { return *store_; }
    Engine& engine() { return StoreProbe::engine(*store_); }
    void close() { store_.reset(); }
    /// As if the process had been killed: the write-ahead log stays as it is.
    void crash() {
        const auto saved = save();
        store_.reset();
        restore(saved);
    }

    /// Database, log and anchor as they are now.
    struct Files {
        std::string database;
        std::string log;
        std::string anchor;
    };
    [[nodiscard]] Files save() const { return {content_of(database()), content_of(log()), content_of(anchor())}; }
    void restore_store(const Files& files) const {
        put(database(), files.database);
        std::filesystem::remove(log());
        if (!files.log.empty()) put(log(), files.log);
    }
    void restore(const Files& files) const {
        restore_store(files);
        put(anchor(), files.anchor);
    }

    /// Runs SQL on the closed file, as anybody who may write it can.
    void edit(const std::string& sql) const {
        SQLite::Database raw{database().string(), SQLite::OPEN_READWRITE};
        raw.exec("PRAGMA synchronous = OFF");
        raw.exec(sql);
    }
    /// Runs SQL behind the back of the open store.
    void edit_open(const std::string& sql) { engine().database->execute(sql); }

    template <class F>
    auto run(F&& f) {
        auto group = store_->group();
        if constexpr (std::is_void_v<decltype(group.attempt(f))>) {
            group.attempt(std::forward<F>(f));
            group.commit();
        } else {
            auto answer = group.attempt(std::forward<F>(f));
            group.commit();
            return answer;
        }
    }

    TestClock clock;
    RootKey root = RootKey::generate();

    [[nodiscard]] static SlotSecret key() { return SlotSecret{SecretBytes{32}}; }

private:
    static void put(const std::filesystem::path& file, const std::string& content) {
        std::ofstream{file, std::ios::binary | std::ios::trunc} << content;
        std::filesystem::permissions(file, std::filesystem::perms{0600});
    }

    std::filesystem::path directory_;
    std::unique_ptr<Store> store_;
};

inline App app_named(const std::string& name) {
    App app;
    app.id = AppId::fresh();
    app.name = name;
    app.organization = "Acme";
    app.homepage = "https://acme.example";
    app.app_key = "jak.x";
    app.created_at = UtcSeconds{std::chrono::seconds{1'700'000'000}};
    return app;
}

inline AuditEntry entry(const std::string& event, const std::string& subject = {}) {
    AuditEntry written;
    written.at = UtcSeconds{std::chrono::seconds{1'800'000'000}};
    written.actor_uid = 1000;
    written.actor_user = "alice";
    written.event = event;
    written.subject = subject;
    written.via = "control";
    return written;
}

/// Inserts an app with its audit entry.
inline App add_app(Place& place, const std::string& name) {
    auto app = app_named(name);
    place.run([&](Transaction& tx) {
        tx.insert(app);
        tx.append_audit(entry("app.created", name));
    });
    return app;
}

}  // namespace store_test
}  // namespace jeton::vault
