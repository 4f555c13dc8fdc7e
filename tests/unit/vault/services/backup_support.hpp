/// A store with a recovery key, and a way to back it up and to restore it somewhere.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/services/backup.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/restore.hpp"
#include "daemon/vault/services/rotation.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/office.hpp"
#include "tests/unit/vault/store/support.hpp"

namespace jeton::vault::test {

struct SafeOffice : Office {
    SafeOffice() : recovery_key(make_recovery_key()) {
        run([&](Transaction& tx) {
            tx.insert(make_slot(tx.root(), KeySlotKind::recovery, "recovery key",
                                *parse_recovery_key(recovery_key.reveal()), clock.now()));
            record(tx, admin, {.event = "key_slot.added", .subject = "recovery key"}, clock.now());
        });
    }

    /// t0@integration and so on, in one commit.
    void many_tenants(int count) {
        run([&](Transaction& tx) {
            for (int i = 0; i < count; ++i) {
                const auto one = tenant_name("t" + std::to_string(i) + "@integration");
                REQUIRE(create_tenant(tx, admin, one, "Customer", false, clock.now()));
            }
        });
    }

    /// The whole file; `between` runs after each page but the last.
    Bytes back_up(const std::function<void(std::int64_t)>& between = {}) {
        BackupInProgress backup;
        auto file = run([&](Transaction& tx) { return begin_backup(tx, admin, backup, clock); });
        REQUIRE(file);
        for (std::int64_t number = 0; backup; ++number) {
            const auto id = backup->id;
            const auto page = run([&](Transaction& tx) { return next_page(tx, admin, backup, id, number, clock); });
            REQUIRE(page);
            file->insert(file->end(), page->bytes.begin(), page->bytes.end());
            if (!page->is_last && between) between(number);
            REQUIRE(number < 10'000);
        }
        return *std::move(file);
    }

    /// The root key that the recovery key finds in the file.
    Result<RootKey> root_of(const Bytes& file) const {
        const auto header = backup::parse_clear_part(file);
        if (!header) return header.error();
        for (const auto& slot : header->header.slots) {
            if (auto root = open_slot(slot, *parse_recovery_key(recovery_key.reveal()))) return *std::move(root);
        }
        return refuse(Errc::forbidden, "this opens no key slot of this backup", "another one");
    }

    /// Reads the file into `restore`, piece by piece, and checks it.
    Result<const RunningRestore*> read(Store& store, const Bytes& file, RestoreInProgress& restore,
                                       std::size_t piece = 45'000) {
        const auto root = root_of(file);
        if (!root) return root.error();
        const auto header = backup::parse_clear_part(file);
        auto first = std::span{file}.first(std::min(file.size(), std::max(piece, header->size + backup_start_size)));
        const auto begun = begin_restore(store, admin, restore, *header, *root, first, clock);
        if (!begun) return begun.error();
        const auto id = (*begun)->id;
        std::int64_t number = 1;
        for (auto at = first.size(); at < file.size(); at += piece) {
            const auto bytes = std::span{file}.subspan(at, std::min(piece, file.size() - at));
            if (auto taken = take_page(restore, admin, id, number++, bytes, clock); !taken) return taken.error();
        }
        return check_restore(store, restore, admin, id, clock);
    }

    /// What the restore of `file` into `store` would change.
    std::vector<Difference> differences(Store& store, const Bytes& file) {
        RestoreInProgress restore;
        const auto checked = read(store, file, restore);
        REQUIRE(checked);
        return (*checked)->checked->differences;
    }

    Result<Restored> restore_into(Store& store, const Bytes& file) {
        RestoreInProgress restore;
        const auto checked = read(store, file, restore);
        if (!checked) return checked.error();
        return confirm_restore(store, config, restore, admin, (*checked)->id, clock);
    }

    SecretText recovery_key;
};

/// Another host: nothing on it yet.
struct Elsewhere {
    Elsewhere() : directory(make_directory()), store({directory / "state/jeton.db", directory / "anchor"}, clock) {}
    ~Elsewhere() { std::filesystem::remove_all(directory); }
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;

    static std::filesystem::path make_directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "jeton-elsewhere-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        return pattern;
    }

    HandClock clock;
    std::filesystem::path directory;
    Store store;
};

/// "revived secret jcs.abcd of …: deactivated since".
inline std::vector<std::string> lines(const std::vector<Difference>& differences) {
    std::vector<std::string> text;
    for (const auto& one : differences) {
        text.push_back(std::string{name_of(one.effect)} + " " + one.kind + " " + one.name + ": " + one.detail);
    }
    return text;
}

}  // namespace jeton::vault::test
