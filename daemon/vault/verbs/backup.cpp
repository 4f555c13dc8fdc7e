// Verbs: backup.begin, backup.page, backup.end, restore.begin, restore.page, restore.check, restore.changes,
// restore.confirm, restore.end
#include "daemon/vault/services/backup.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/encoding.hpp"
#include "daemon/base/log.hpp"
#include "daemon/vault/keys/same_key.hpp"
#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/services/proof.hpp"
#include "daemon/vault/services/restore.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/slot_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

constexpr std::int64_t pages_max = 1'000'000'000;

/// The bytes of member `data`, in base64url.
Result<Bytes> data_of(std::string_view text) {
    auto bytes = from_base64url(text);
    if (!bytes) return bad_body("data must be base64url without padding");
    return *std::move(bytes);
}

json::value slot_words(const std::vector<KeySlot>& slots) {
    json::array words;
    for (const auto& slot : slots) {
        const json::value word(name_of(slot.kind));
        if (std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
    return words;
}

json::object checked_view(const RunningRestore& restore) {
    const auto& checked = *restore.checked;
    const auto count = [&](Effect effect) {
        return std::ranges::count(checked.differences, effect, &Difference::effect);
    };
    return {{"restore", restore.id},
            {"made_at", rfc3339(restore.made_at)},
            {"host", restore.host},
            {"epoch", restore.store->epoch()},
            {"rows", restore.store->rows()},
            {"audit_entries", restore.store->entries()},
            {"compared", checked.is_compared},
            {"other_store", checked.is_other_store},
            {"revived", checked.is_compared ? json::value(count(Effect::revived)) : json::value(nullptr)},
            {"lost", checked.is_compared ? json::value(count(Effect::lost)) : json::value(nullptr)}};
}

std::string statement(const CheckedRestore& checked) {
    if (!checked.is_compared) {
        return fmt::format(
            "The store that is here {}: nobody can tell what would be revived or lost. Tokens that it "
            "issued end.",
            checked.why_not_compared);
    }
    return checked.is_other_store
               ? "The backup has another root key than the store that is here: it is of another store, or the root key "
                 "was replaced since. All local tokens end."
               : "What was taken away since the backup holds again, what came since is lost. All local tokens end.";
}

/// What proof for the store that is here is held against.
struct PresentKeys {
    std::optional<RootKey> root;  ///< while it is open
    std::vector<KeySlot> slots;   ///< that a person can carry; verified while it is open, else as they stand there
};

Result<PresentKeys> present_keys(Store& store) try {
    PresentKeys present;
    if (store.state() == StoreState::unsealed) {
        auto group = store.group();
        group.attempt([&](Transaction& tx) {
            present.root = tx.root().copy();
            present.slots = key_slots::list(tx);
        });
    } else {
        present.slots = store.slots();
    }
    std::erase_if(present.slots, [](const KeySlot& slot) { return !slot.is_portable(); });
    return present;
} catch (const Tampered& fault) {
    return refuse(Errc::mismatch, fmt::format("what opens the store that is here is not believed: {}", fault.what()),
                  "close it first, then restore again: jeton seal");
}

/// A slot that opens to another root key than the open store has was put there by somebody.
void check_root(const PresentKeys& present, const Unlocked& unlocked) {
    if (present.root && !is_same_key(unlocked.root, *present.root)) throw Tampered("key_slots", unlocked.slot.id.text);
}

/// The key that opens the backup, and where that is of another store, proof for the one that is here: a front that
/// lies about who asks must not put a store of its own in the place of this one.
Result<std::optional<Outcome>> prove_for_present(StoreCall& call, const RootKey& root, std::string_view typed,
                                                 std::string_view store_proof) {
    auto present = present_keys(call.room.store);
    if (!present) return present.error();
    auto& slots = present->slots;
    if (present->root && is_same_key(*present->root, root)) return std::optional<Outcome>{};
    if (slots.empty()) return std::optional<Outcome>{};
    // What opened the backup may open the store that is here as well.
    auto same = unlock(slots, typed, call.stretched, call.room.stretching);
    if (same.unlocked) {
        check_root(*present, *same.unlocked);
        return std::optional<Outcome>{};
    }
    if (store_proof.empty()) {
        if (!same.need.empty()) return std::optional{stretch_first(std::move(same.need))};
        // Counts like any other: whoever makes a backup to suit would else guess at this store for nothing.
        call.room.guesses.wrong(call.room.clock);
        return refuse(Errc::forbidden, "this backup does not open with a key of the store that is here",
                      "to replace it by another store, give a passphrase or recovery key of the present one, too: "
                      "jeton restore FILE --other-store");
    }
    auto attempt = try_secret(slots, store_proof, unlocking_of(call));
    if (!attempt) return attempt.error();
    if (!attempt->unlocked) return std::optional{stretch_first(std::move(attempt->need))};
    check_root(*present, *attempt->unlocked);
    call.room.guesses.right();
    return std::optional<Outcome>{};
}

/// What was counted for the old store goes into its file. Once: the restore may be refused yet.
void write_tally(StoreCall& call) {
    if (call.room.store.state() != StoreState::unsealed || call.room.tally.empty()) return;
    try {
        auto group = call.room.store.group();
        group.attempt([&](Transaction& tx) { call.room.tally.write(tx); });
        group.commit();
        call.room.tally.clear(call.now());
    } catch (const std::exception& fault) {
        log::error("usage was not written before the restore: {}", fault.what());
    }
}

}  // namespace

Result<Outcome> backup_begin(Call& call) {
    protocol::Fields in{call.body};
    const auto proof = in.optional_secret("proof");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto proved = prove(call, proof);
    if (!proved) return proved.error();
    if (*proved) return **std::move(proved);
    auto& backup = call.room.backup;
    const auto bytes = begin_backup(call.tx, call.peer, backup, call.room.clock);
    if (!bytes) return bytes.error();
    const auto header = backup::parse_clear_part(*bytes);
    return done(
        {{"backup", backup->id}, {"data", base64url(*bytes)}, {"opens_with", slot_words(header.value().header.slots)}});
}

Result<Outcome> backup_page(Call& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("backup");
    const auto number = in.integer("page", 0, pages_max);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto page = next_page(call.tx, call.peer, call.room.backup, id, number, call.room.clock);
    if (!page) return page.error();
    return done({{"data", base64url(page->bytes)},
                 {"last", page->is_last},
                 {"rows", page->rows},
                 {"audit_entries", page->entries}});
}

Result<Outcome> backup_end(Call& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("backup");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    end_backup(call.peer, call.room.backup, id);
    return done({{"ended", true}});
}

Result<Outcome> restore_begin(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto typed = in.optional_secret("proof");
    const auto store_proof = in.optional_secret("store_proof");
    const auto data = in.text("data");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto file = data_of(data);
    if (!file) return file.error();
    const auto header = backup::parse_clear_part(*file);
    if (!header) return header.error();
    if (typed.empty()) {
        return refuse(Errc::forbidden, "a backup opens with a passphrase or a recovery key of its store",
                      "type one where the command asks for it, or give it in the first line of stdin");
    }
    auto attempt = try_secret(header->header.slots, typed, unlocking_of(call));
    if (!attempt) {
        auto error = attempt.error();
        if (error.code == Errc::forbidden) {
            error.what = "this opens no key slot of the backup";
            error.next = "type a passphrase or a recovery key that its store had when it was made";
        }
        return error;
    }
    if (!attempt->unlocked) return stretch_first(std::move(attempt->need));
    auto proved = prove_for_present(call, attempt->unlocked->root, typed, store_proof);
    if (!proved) return proved.error();
    if (*proved) return **std::move(proved);
    call.room.guesses.right();
    const auto begun = begin_restore(call.room.store, call.peer, call.room.restore, *header, attempt->unlocked->root,
                                     *file, call.room.clock);
    if (!begun) return begun.error();
    return done({{"restore", (*begun)->id}, {"made_at", rfc3339((*begun)->made_at)}, {"host", (*begun)->host}});
}

Result<Outcome> restore_page(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("restore");
    const auto number = in.integer("page", 1, pages_max);
    const auto data = in.text("data");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto bytes = data_of(data);
    if (!bytes) return bytes.error();
    if (auto taken = take_page(call.room.restore, call.peer, id, number, *bytes, call.room.clock); !taken)
        return taken.error();
    return done({{"page", number}});
}

Result<Outcome> restore_check(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("restore");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto checked = check_restore(call.room.store, call.room.restore, call.peer, id, call.room.clock);
    if (!checked) return checked.error();
    auto view = checked_view(**checked);
    view["statement"] = statement(*(*checked)->checked);
    return done(std::move(view));
}

Result<Outcome> restore_changes(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("restore");
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = find_restore(call.room.restore, call.peer, id, call.room.clock);
    if (!found) return found.error();
    if (!(*found)->checked) return refuse(Errc::wrong_state, "the backup was not checked yet", "jeton restore FILE");
    std::size_t from = 0;
    const auto* end = page.after.data() + page.after.size();
    if (const auto [stop, problem] = std::from_chars(page.after.data(), end, from);
        !page.after.empty() && (problem != std::errc{} || stop != end)) {
        return bad_body("after must be a number");
    }
    const auto& all = (*found)->checked->differences;
    PageRows shown{page.limit};
    for (; from < all.size() && !shown.is_full(); ++from) {
        const auto& one = all[from];
        shown.add({{"effect", name_of(one.effect)}, {"kind", one.kind}, {"name", one.name}, {"detail", one.detail}});
    }
    return std::move(shown).end(from < all.size() ? std::to_string(from) : std::string{});
}

Result<Outcome> restore_confirm(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("restore");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    write_tally(call);
    const auto restored =
        confirm_restore(call.room.store, call.room.config, call.room.restore, call.peer, id, call.room.clock);
    if (!restored) return restored.error();
    call.room.tally.clear(call.now());
    call.room.upstream.clear();
    call.room.backup.reset();
    return done({{"restored", true},
                 {"state", name_of(call.room.store.state())},
                 {"epoch", restored->epoch},
                 {"kept", restored->kept ? json::value(restored->kept->string()) : json::value(nullptr)},
                 {"opens_by", restored->opens_by}});
}

Result<Outcome> restore_end(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto id = in.text("restore");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    end_restore(call.room.restore, call.peer, id);
    return done({{"ended", true}});
}

}  // namespace jeton::vault::verbs
