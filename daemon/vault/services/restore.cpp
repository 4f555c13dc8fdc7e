#include "daemon/vault/services/restore.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/same_key.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/services/host_secrets.hpp"
#include "daemon/vault/services/journal.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/used_assertions.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t detail_max = 4000;  ///< bytes of the audit entry's list

Error has_ended(std::string why) {
    return refuse(Errc::wrong_state, "this restore has ended: " + std::move(why) + "; nothing was changed",
                  "begin again: jeton restore FILE");
}

Error damaged(std::string how) {
    return refuse(Errc::mismatch, "this backup cannot be used: " + std::move(how) + "; nothing was changed",
                  "take another copy of it, or another backup");
}

Error truncated() { return damaged("it is truncated, its end is missing"); }

/// All frames that are whole in `restore.unread`.
Result<void> take_frames(RunningRestore& restore) {
    std::span<const unsigned char> rest{restore.unread};
    while (!rest.empty()) {
        if (restore.has_ended) return damaged("there are bytes behind its end");
        if (rest.size() < backup::length_size) break;
        const auto length = backup::length_at(rest);
        if (length < backup_frame_overhead || length > backup_frame_plain_max + backup_frame_overhead)
            return damaged("it was altered or damaged");
        if (rest.size() < backup::length_size + length) break;
        const auto frame = restore.opener.open(rest.subspan(backup::length_size, length));
        if (!frame) return damaged("a piece of it was altered, left out or moved");
        if (auto taken = restore.store->take(frame->plain); !taken) return taken.error();
        restore.has_ended = frame->is_last;
        rest = rest.subspan(backup::length_size + length);
    }
    auto& unread = restore.unread;
    unread.erase(unread.begin(), unread.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return {};
}

/// For the audit: what was taken away since and holds again.
std::string revived_list(const std::vector<Difference>& differences) {
    std::string text;
    std::size_t left_out = 0;
    for (const auto& difference : differences) {
        if (difference.effect != Effect::revived) continue;
        const auto one = fmt::format("{} {} ({})", difference.kind, difference.name, difference.detail);
        if (text.size() + one.size() > detail_max) {
            ++left_out;
            continue;
        }
        text += (text.empty() ? "" : "; ") + one;
    }
    if (left_out > 0) text += fmt::format("; and {} more", left_out);
    return text.empty() ? "nothing" : text;
}

std::string detail_of(const RunningRestore& restore) {
    const auto& checked = *restore.checked;
    return fmt::format("backup of {} on {}; revived: {}", rfc3339(restore.made_at), restore.host,
                       checked.is_compared ? revived_list(checked.differences)
                                           : "not known, the present store " + checked.why_not_compared);
}

/// Root key and host slots of the present store, where it is open and its slots can be believed.
struct Present {
    std::optional<RootKey> root;
    std::vector<KeySlot> host_slots;
    std::vector<used_assertions::UsedAssertion> used_assertions;  ///< not to be shown again (T-18)
    UtcSeconds high_water{};
};

Present present_of(Store& store) {
    Present present;
    if (store.state() != StoreState::unsealed) return present;
    auto group = store.group();
    try {
        group.attempt([&](Transaction& tx) {
            present.high_water = tx.high_water();
            for (auto& slot : key_slots::list(tx)) {
                if (!slot.is_portable()) present.host_slots.push_back(std::move(slot));
            }
            present.used_assertions = used_assertions::list(tx);
            present.root = tx.root().copy();
        });
    } catch (const Tampered& fault) {
        log::error("no key slot of the store that was here is kept: {}", fault.what());
    }
    return present;
}

/// What opens the store at the next start, and the slots for it.
struct HostSlots {
    std::vector<KeySlot> slots;
    std::string opens_by;
};

HostSlots host_slots(const Present& present, const RootKey& root, const Config& config, UtcSeconds now) {
    if (present.root && is_same_key(*present.root, root)) {
        return {present.host_slots, present.host_slots.empty()
                                        ? "it must be unsealed by hand after each start: jeton unseal"
                                        : "it opens by this host's key slots, as before"};
    }
    HostSlots made;
    if (const auto& name = config.keys.credential; !name.empty()) {
        if (const auto secret = read_credential(config.keys, name)) {
            made.slots.push_back(make_slot(root, KeySlotKind::systemd_credential, name, *secret, now));
            made.opens_by = fmt::format("it opens by the credential {}", name);
            return made;
        }
    }
    const auto& key_file = config.keys.key_file;
    if (key_file.empty()) {
        return {{},
                "no key file and no readable credential is configured: after each start, unseal it by hand with jeton "
                "unseal, or set key_file in [keys] of jetond.toml and add a slot for it"};
    }
    const auto secret = make_or_read_key_file(key_file);
    if (!secret) {
        return {{},
                fmt::format("{}; until that is mended ({}), unseal it by hand after each start: jeton unseal",
                            secret.error().what, secret.error().next)};
    }
    made.slots.push_back(make_slot(root, KeySlotKind::key_file, key_file.string(), *secret, now));
    made.opens_by = fmt::format("it opens by the key file {}", key_file.string());
    return made;
}

/// Where the present store does not hold together, the backup is all that there is.
void compare_into(CheckedRestore& checked, Group& present, Transaction& backup) {
    try {
        checked.differences = present.attempt([&](Transaction& is) { return compare(is, backup, is.high_water()); });
        checked.is_compared = true;
    } catch (const Tampered& fault) {
        (void)compare(backup, backup, backup.high_water());  // throws where the row is not of the present store
        log::error("nothing was compared with the backup: {}", fault.what());
        checked.why_not_compared = fmt::format("cannot be compared, {}", fault.what());
    }
}

}  // namespace

Result<const RunningRestore*> begin_restore(Store& store, const Peer& peer, RestoreInProgress& restore,
                                            const backup::ParsedHeader& header, const RootKey& root,
                                            std::span<const unsigned char> file, const Clock& clock) try {
    if (restore && restore->uid != peer.uid && !restore->ends.passed(clock)) {
        return refuse(Errc::wrong_state, fmt::format("{} is restoring a backup already", restore->user),
                      "wait until that has ended; one that nobody goes on with ends after ten minutes");
    }
    restore.reset();
    if (file.size() < header.size + backup_start_size) return truncated();
    auto opener = BackupOpener::open(root, file.first(header.size), file.subspan(header.size, backup_start_size));
    if (!opener) return damaged("its beginning was altered, or its key slot belongs to another store");
    const auto rest = file.subspan(header.size + backup_start_size);
    restore.emplace(random_hex(16), peer.uid, peer.name(), header.header.made_at, header.header.host,
                    *std::move(opener), store.prepare_restore(root.copy()), Bytes{rest.begin(), rest.end()}, false, 1,
                    std::nullopt, Deadline::after(clock, restore_idle));
    if (auto taken = take_frames(*restore); !taken) {
        restore.reset();
        return taken.error();
    }
    return &*restore;
} catch (...) {
    restore.reset();
    throw;
}

Result<RunningRestore*> find_restore(RestoreInProgress& restore, const Peer& peer, std::string_view id,
                                     const Clock& clock) {
    if (!restore || restore->id != id || restore->uid != peer.uid) return has_ended("there is none of this number");
    if (restore->ends.passed(clock)) {
        restore.reset();
        return has_ended("nobody went on with it for ten minutes");
    }
    restore->ends = Deadline::after(clock, restore_idle);
    return &*restore;
}

Result<void> take_page(RestoreInProgress& restore, const Peer& peer, std::string_view id, std::int64_t number,
                       std::span<const unsigned char> bytes, const Clock& clock) try {
    auto found = find_restore(restore, peer, id, clock);
    if (!found) return found.error();
    auto& running = **found;
    if (running.next_page != number || running.checked) {
        restore.reset();
        return has_ended("a page of it got lost");
    }
    running.next_page += 1;
    running.unread.insert(running.unread.end(), bytes.begin(), bytes.end());
    auto taken = take_frames(running);
    if (!taken) restore.reset();
    return taken;
} catch (...) {
    restore.reset();
    throw;
}

Result<const RunningRestore*> check_restore(Store& store, RestoreInProgress& restore, const Peer& peer,
                                            std::string_view id, const Clock& clock) try {
    auto found = find_restore(restore, peer, id, clock);
    if (!found) return found.error();
    auto& running = **found;
    if (!running.has_ended || !running.unread.empty()) {
        restore.reset();
        return truncated();
    }
    if (!running.store->is_whole()) {
        if (const auto whole = running.store->finish_taking(); !whole) {
            restore.reset();
            return whole.error();
        }
    }
    CheckedRestore checked;
    if (store.state() == StoreState::unsealed) {
        auto present = store.group();
        auto backup = running.store->group();
        backup.attempt([&](Transaction& was) {
            present.attempt([&](Transaction& is) {
                checked.is_other_store = !is_same_key(is.root(), was.root());
                checked.instance = is.instance();
                checked.epoch = is.epoch();
            });
            compare_into(checked, present, was);
        });
    }
    running.checked = std::move(checked);
    return &running;
} catch (const std::logic_error&) {  // a word in some row that this version does not know
    restore.reset();
    return damaged("it holds something that this version of jeton does not know");
} catch (const Tampered&) {  // a row of the backup: one of the present store is met where it is compared
    restore.reset();
    return damaged("what was read of it was edited meanwhile");
} catch (...) {
    restore.reset();
    throw;
}

Result<Restored> confirm_restore(Store& store, const Config& config, RestoreInProgress& restore, const Peer& peer,
                                 std::string_view id, const Clock& clock) {
    auto found = find_restore(restore, peer, id, clock);
    if (!found) return found.error();
    auto& running = **found;
    if (!running.checked) return refuse(Errc::wrong_state, "the backup was not checked yet", "jeton restore FILE");
    const bool was_open = store.state() == StoreState::unsealed;
    if (was_open == running.checked->instance.empty() ||
        (was_open && (store.instance() != running.checked->instance || store.epoch() != running.checked->epoch))) {
        restore.reset();
        return has_ended("the store changed since it was compared");
    }
    // Whatever goes wrong from here on, the restore is over.
    const auto ending = std::exchange(restore, std::nullopt);
    auto& next = *ending->store;
    const auto present = present_of(store);
    const auto now = clock.now();
    const auto for_host = host_slots(present, next.root(), config, now);
    const auto entry =
        entry_of(peer, {.event = "store.restored", .subject = "store", .detail = detail_of(*ending)}, now);
    {
        auto group = next.group();
        group.attempt([&](Transaction& tx) {
            next.continue_after(tx, store.known_epoch(), present.high_water);
            connections::void_tokens(tx);
            for (const auto& used : present.used_assertions) {
                (void)used_assertions::add(tx, used.connection, used.jti, used.expires_at);
            }
            for (const auto& slot : for_host.slots) tx.insert(slot);
            tx.append_audit(entry);
        });
        group.commit();
    }
    Restored restored;
    restored.kept = store.replace_with(next);
    restored.epoch = store.epoch();
    restored.opens_by = for_host.opens_by;
    log::event(log::Level::warning, journal::message_id(entry.event), journal::fields_of(entry),
               fmt::format("the store was restored from a backup of {} by {} (uid {}); {}", rfc3339(ending->made_at),
                           peer.name(), peer.uid, restored.opens_by));
    return restored;
}

void end_restore(RestoreInProgress& restore, const Peer& peer, std::string_view id) {
    if (restore && restore->id == id && restore->uid == peer.uid) restore.reset();
}

void end_idle(RestoreInProgress& restore, const Clock& clock) {
    if (restore && restore->ends.passed(clock)) restore.reset();
}

}  // namespace jeton::vault
