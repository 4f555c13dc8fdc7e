#include "daemon/vault/services/backup.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/host_name.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/same_key.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/backup_content.hpp"
#include "daemon/vault/store/key_slots.hpp"

namespace jeton::vault {
namespace {

Error has_ended(std::string why) {
    return refuse(Errc::wrong_state, "this backup has ended: " + std::move(why), "begin again: jeton backup FILE");
}

}  // namespace

Result<Bytes> begin_backup(Transaction& tx, const Peer& peer, BackupInProgress& backup, const Clock& clock) {
    // One of the same user that no page was asked of was begun by a request that had to be tried again.
    const bool is_unused = backup && backup->uid == peer.uid && backup->next_page == 0;
    if (backup && !is_unused && !backup->ends.passed(clock)) {
        return refuse(Errc::wrong_state, fmt::format("{} is making a backup already", backup->user),
                      "wait until it has ended; one that nobody goes on with ends after half a minute");
    }
    backup::Header header{clock.now(), host_name(), key_slots::list(tx)};
    std::erase_if(header.slots, [](const KeySlot& slot) { return !slot.is_portable(); });
    if (header.slots.empty()) {
        return refuse(Errc::wrong_state,
                      "a backup is sealed to a passphrase or a recovery key, and the store has neither",
                      "jeton key slot add recovery");
    }
    record(tx, peer, {.event = "store.backed-up", .subject = "store"}, clock.now());
    auto bytes = backup::clear_part(header);
    BackupSealer sealer{tx.root(), bytes};
    bytes.insert(bytes.end(), sealer.start().begin(), sealer.start().end());
    backup.emplace(random_hex(16), peer.uid, peer.name(), tx.instance(), tx.root().copy(), Snapshot{tx},
                   std::move(sealer), Bytes{}, false, 0, Deadline::after(clock, backup_idle));
    return bytes;
}

Result<BackupPage> next_page(Transaction& tx, const Peer& peer, BackupInProgress& backup, std::string_view id,
                             std::int64_t number, const Clock& clock) {
    if (!backup || backup->id != id || backup->uid != peer.uid) return has_ended("there is none of this number");
    const auto end = [&](std::string why) {
        backup.reset();
        return has_ended(std::move(why));
    };
    if (backup->ends.passed(clock)) return end("nobody went on with it for half a minute");
    if (backup->instance != tx.instance()) return end("the store was sealed or restored meanwhile");
    if (!is_same_key(backup->root, tx.root())) return end("the root key was rotated meanwhile");
    if (backup->next_page != number) return end("a page of it got lost");

    auto& content = backup->content;
    if (!backup->is_read && content.size() < backup_frame_plain_max) {
        if (backup->snapshot.has_missed_changes(tx)) return end("what changed meanwhile was pruned from the audit");
        backup->is_read = backup->snapshot.read_slice(tx, content);
    }
    const auto taken = std::min(content.size(), backup_frame_plain_max);
    BackupPage page;
    page.is_last = backup->is_read && taken == content.size();
    backup::append_with_length(page.bytes, backup->sealer.seal(std::span{content}.first(taken), page.is_last));
    content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(taken));
    page.rows = backup->snapshot.rows();
    page.entries = backup->snapshot.entries();
    backup->next_page += 1;
    backup->ends = Deadline::after(clock, backup_idle);
    if (page.is_last) backup.reset();
    return page;
}

void end_backup(const Peer& peer, BackupInProgress& backup, std::string_view id) {
    if (backup && backup->id == id && backup->uid == peer.uid) backup.reset();
}

void end_idle(BackupInProgress& backup, const Clock& clock) {
    if (backup && backup->ends.passed(clock)) backup.reset();
}

}  // namespace jeton::vault
