#include "daemon/vault/store/store.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/files.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/migration.hpp"
#include "daemon/vault/store/open_checks.hpp"
#include "daemon/vault/store/rows.hpp"
#include "daemon/vault/store/schema.hpp"
#include "daemon/vault/store/unseal_checks.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view not_opened_yet = "no key slot has opened it since the vault started";
constexpr std::string_view never_initialised = "it was never initialised";

Error missing_database(const Engine& engine) {
    return refuse(
        Errc::wrong_state,
        fmt::format("{} is missing, but its anchor {} has seen one", engine.file.string(),
                    engine.anchor.file().string()),
        "put the database back, or a backup in its place: jeton restore FILE; only if neither is left, take the anchor "
        "away and begin anew: jeton init");
}

Error unusable(const Engine& engine) { return refuse(Errc::wrong_state, engine.reason, "then start the daemon again"); }

/// Why one of the directories cannot be trusted: somebody else could exchange the files in it (T50).
std::optional<std::string> loose_directory(const StoreFiles& files) {
    for (const auto& directory : {files.database.parent_path(), files.anchor_directory}) {
        std::error_code ec;
        if (std::filesystem::symlink_status(directory, ec).type() == std::filesystem::file_type::not_found) continue;
        if (const auto good = ensure_private_directory(directory); !good)
            return fmt::format("{}; {}", good.error().what, good.error().next);
    }
    return std::nullopt;
}

/// Schema, slots and first audit entry in the first commit.
void first_commit(Engine& engine, const std::vector<KeySlot>& slots) {
    Group group{engine};
    group.attempt([&](Transaction& tx) {
        for (const auto& step : migrations()) apply_migration(*engine.database, step.to);
        for (const auto& slot : slots) engine.insert(info_of<KeySlot>(), to_record(slot));
        tx.append_audit(audit::own_entry(engine.clock->now(), "store.initialised", "store", {}));
    });
    group.commit();
}

void record_migration(Engine& engine, const KeptStore& kept) {
    Group group{engine};
    group.attempt([&](Transaction& tx) {
        tx.append_audit(audit::own_entry(engine.clock->now(), "store.migrated", "store",
                                         fmt::format("from schema {} to {} by jeton {}; kept as it was: {}",
                                                     kept.schema, schema_version, kept.version, kept.file.string())));
    });
    group.commit();
}

/// The vault that migrated the store may have ended before somebody unsealed it: then the copy alone tells of it. A
/// copy of before the audit begins, or of before the store was restored, may be that of another store; one that another
/// version made, or of this schema, tells of a migration that was taken back.
std::optional<KeptStore> untold_migration(Engine& engine) {
    auto kept = kept_before_migrations(engine.file);
    if (kept.empty() || kept.front().schema >= schema_version || kept.front().version != protocol::version)
        return std::nullopt;
    const auto since = kept.front().since;
    Group group{engine};
    const auto is_untold = group.attempt([&](Transaction& tx) {
        const auto is_there = [&](const audit::Filter& filter) { return audit::before_newest(tx, filter, 0) > 0; };
        audit::Filter earlier;
        earlier.until = since + std::chrono::seconds{1};
        if (!is_there(earlier)) return false;
        audit::Filter later;
        later.since = since;
        return std::ranges::none_of(std::array{"store.migrated", "store.restored"}, [&](const char* event) {
            later.event_glob = event;
            return is_there(later);
        });
    });
    group.commit();
    if (!is_untold) return std::nullopt;
    return std::move(kept.front());
}

void record_rollback(Engine& engine, const std::vector<std::string>& lost, std::int64_t anchor_epoch) {
    Group group{engine};
    group.attempt([&](Transaction& tx) {
        engine.raise_epoch_above(anchor_epoch);
        connections::void_tokens(tx);
        tx.append_audit(audit::own_entry(engine.clock->now(), "store.rollback-accepted", "store",
                                         fmt::format("lost: {}", fmt::join(lost, "; "))));
    });
    group.commit();
}

}  // namespace

std::string_view name_of(StoreState state) {
    switch (state) {
        case StoreState::uninitialised: return "uninitialised";
        case StoreState::sealed: return "sealed";
        case StoreState::unsealed: return "unsealed";
    }
    return {};
}

Store::Store(StoreFiles files, const Clock& clock)
    : files_(std::move(files)), engine_(std::make_unique<Engine>(files_.database, files_.anchor_directory, clock)) {
    open();
    if (loose_directory(files_)) return;  // nothing is moved there
    // Only now: until here another vault may have had the files.
    if (replacement::is_decided(files_)) {
        engine_->database.reset();
        replacement::finish(files_);
        open();
    }
    replacement::discard(files_);
}

void Store::open() {
    engine_->unusable = false;
    if (auto reason = loose_directory(files_)) {
        engine_->unusable = true;
        engine_->reason = *std::move(reason);
        return;
    }
    try {
        auto opened = open_database(engine_->file, engine_->anchor.awaits_first_commit());
        engine_->database = std::move(opened.database);
        kept_before_ = std::move(opened.kept_before);
    } catch (const StoreInUse&) {
        throw;
    } catch (const StoreUnusable& fault) {
        engine_->unusable = true;
        engine_->reason = fault.what();
        return;
    }
    if (engine_->database) {
        engine_->reason = not_opened_yet;
    } else {
        engine_->reason = engine_->anchor.has_seen_a_store() ? missing_database(*engine_).what : never_initialised;
    }
}

Store::~Store() = default;

StoreState Store::state() const {
    if (engine_->unusable) return StoreState::sealed;
    if (!engine_->database) return StoreState::uninitialised;
    return engine_->root ? StoreState::unsealed : StoreState::sealed;
}

const std::string& Store::reason() const { return engine_->reason; }

const std::string& Store::instance() const { return engine_->instance; }

std::int64_t Store::epoch() const { return engine_->authority.counters().epoch; }

std::int64_t Store::last_entry() const { return engine_->authority.counters().audit.sequence; }

Result<void> Store::initialise(RootKey root, const std::vector<KeySlot>& slots) {
    if (engine_->unusable) return unusable(*engine_);
    // A first commit whose anchor failed has left a whole store behind.
    if (!engine_->database)
        engine_->database = open_database(engine_->file, engine_->anchor.awaits_first_commit()).database;
    if (engine_->database) {
        return refuse(Errc::wrong_state, fmt::format("the store is {} already", name_of(state())),
                      state() == StoreState::sealed ? "jeton unseal" : "jeton status");
    }
    if (slots.empty()) throw std::logic_error("a store without key slot could never be opened again");
    if (engine_->anchor.has_seen_a_store()) return missing_database(*engine_);
    if (auto directory = ensure_private_directory(engine_->file.parent_path()); !directory) return directory.error();
    if (auto directory = ensure_private_directory(engine_->anchor.file().parent_path()); !directory) {
        return directory.error();
    }
    last_entry_at_opening_ = 0;
    engine_->root.emplace(std::move(root));
    try {
        engine_->write_anchor();  // at epoch 0: from the first commit on, a missing anchor means that somebody took it
        engine_->database = create_database(engine_->file);
        first_commit(*engine_, slots);
        engine_->database->execute("PRAGMA wal_checkpoint(TRUNCATE)");  // the file alone is a store from here on
    } catch (...) {
        engine_->forget();
        engine_->database.reset();
        throw;
    }
    engine_->new_instance();
    engine_->reason.clear();
    return {};
}

std::vector<KeySlot> Store::slots() {
    std::vector<KeySlot> found;
    if (!engine_->database) return found;
    const auto sql = info_of<KeySlot>().select + " ORDER BY created_at, rowid";
    for (const auto& record : engine_->database->query(sql)) {
        try {
            found.push_back(from_record<KeySlot>(record));
        } catch (const std::exception&) {
            // An edited row that is no slot opens nothing; unseal names it if another slot opens the store.
            continue;
        }
    }
    return found;
}

Result<std::vector<std::string>> Store::unseal(RootKey root, bool accept_rollback) {
    if (engine_->unusable) return unusable(*engine_);
    if (!engine_->database) return refuse(Errc::uninitialised, engine_->reason, "jeton init");
    if (engine_->root) return refuse(Errc::wrong_state, "the store is unsealed already", "jeton status");
    auto checked = check_store(*engine_->database, engine_->anchor, root, accept_rollback);
    if (!checked) {
        engine_->reason = fmt::format("{}; {}", checked.error().what, checked.error().next);
        return checked.error();
    }
    engine_->root.emplace(std::move(root));
    engine_->authority = std::move(checked->authority);
    last_entry_at_opening_ = last_entry();
    engine_->time.has_seen(engine_->authority.counters().high_water);
    try {
        if (!checked->lost.empty()) {
            record_rollback(*engine_, checked->lost, checked->anchor_epoch);
        } else if (checked->anchor_is_behind) {
            engine_->write_anchor();
        }
        if (!kept_before_) kept_before_ = untold_migration(*engine_);
        if (kept_before_) record_migration(*engine_, *kept_before_);
    } catch (const StoreFault& fault) {
        engine_->forget();
        engine_->reason = fault.what();
        throw;
    }
    kept_before_.reset();
    remove_outdated_copies(engine_->file, engine_->clock->now());
    engine_->new_instance();
    engine_->reason.clear();
    return std::move(checked->lost);
}

void Store::seal(std::string why) {
    if (engine_->root) {
        engine_->forget();
        engine_->new_instance();
    }
    if (state() == StoreState::sealed && !engine_->unusable) engine_->reason = std::move(why);
}

Group Store::group() { return Group{*engine_}; }

std::chrono::seconds Store::clock_is_behind() { return engine_->time.behind(); }

UtcSeconds Store::time() { return engine_->time.now(); }

void Store::note_ends() {
    if (engine_->commit_is_in_doubt() || engine_->an_end_has_passed()) engine_->commit_time();
}

void Store::keep_time() {
    if (state() == StoreState::unsealed) engine_->commit_time();
}

std::int64_t Store::known_epoch() const {
    constexpr std::int64_t believable = std::int64_t{1} << 52;  // what a forged anchor claims leaves room to go on
    return engine_->root ? epoch() : std::min(engine_->anchor.claimed_epoch(), believable);
}

std::unique_ptr<RestoredStore> Store::prepare_restore(RootKey root) {
    return std::make_unique<RestoredStore>(files_, std::move(root), *engine_->clock);
}

std::optional<std::filesystem::path> Store::replace_with(RestoredStore& next) {
    auto root = next.root().copy();
    checkpoint();  // what the old database lacks then cannot be written into it any more
    next.close();
    const auto* clock = engine_->clock;
    auto old_root = std::exchange(engine_->root, std::nullopt);
    engine_->forget();
    engine_->database.reset();
    try {
        replacement::decide(files_);
    } catch (const StoreFault&) {
        open();
        if (old_root) (void)unseal(*std::move(old_root), false);
        replacement::discard(files_);
        throw;
    }
    try {
        const auto kept = replacement::finish(files_);
        engine_ = std::make_unique<Engine>(files_.database, files_.anchor_directory, *clock);
        open();
        if (const auto opened = unseal(std::move(root), false); !opened) throw StoreFault(opened.error().what);
        return kept;
    } catch (const std::exception& fault) {
        engine_->unusable = true;
        engine_->reason =
            fmt::format("it was restored, but could not be opened: {}; start the daemon again", fault.what());
        throw StoreFault(fault.what(), false, true);
    }
}

std::vector<KeptStore> Store::kept_before_migrations() const { return vault::kept_before_migrations(engine_->file); }

void Store::checkpoint() {
    if (engine_->database) engine_->database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

void Store::finish_destroying_keys() { engine_->finish_destroying_keys(); }

}  // namespace jeton::vault
