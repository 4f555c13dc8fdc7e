#include "daemon/vault/services/proof.hpp"

#include <algorithm>

#include "daemon/base/log.hpp"
#include "daemon/vault/keys/same_key.hpp"
#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/key_slots.hpp"

namespace jeton::vault {
namespace {

Error opens_nothing(std::string_view typed) {
    return refuse(Errc::forbidden, "this opens no key slot of this store",
                  typed.starts_with("jrk.") ? "type the recovery key as it was printed, or another one of this store"
                                            : "type a passphrase or a recovery key of this store");
}

}  // namespace

Result<UnlockAttempt> try_secret(const std::vector<KeySlot>& slots, std::string_view typed, const Unlocking& with) {
    if (const auto allowed = with.guesses.allowed(with.clock); !allowed) return allowed.error();
    auto attempt = unlock(slots, typed, with.stretched, with.least);
    if (!attempt.unlocked && attempt.need.empty()) {
        with.guesses.wrong(with.clock);
        log::warning("a wrong passphrase or recovery key was typed");
        return opens_nothing(typed);
    }
    return attempt;
}

Result<StretchNeed> check_proof(Transaction& tx, const Peer& peer, std::string_view typed, const Unlocking& with) {
    const auto slots = key_slots::list(tx);
    if (std::ranges::none_of(slots, &KeySlot::is_portable)) {
        return refuse(Errc::wrong_state, "the store has no passphrase and no recovery key to prove this with",
                      "jeton key slot add recovery");
    }
    if (typed.empty()) {
        return refuse(Errc::forbidden, "this takes proof: a passphrase or a recovery key of this store",
                      "type one where the command asks for it, or give it in the first line of stdin");
    }
    auto attempt = try_secret(slots, typed, with);
    if (!attempt) return attempt.error();
    if (!attempt->unlocked) return std::move(attempt->need);
    const auto& unlocked = *attempt->unlocked;
    if (!is_same_key(unlocked.root, tx.root())) throw Tampered("key_slots", unlocked.slot.id.text);
    with.guesses.right();
    renew_slot(tx, unlocked, entry_of(peer, {}, with.clock.now()));
    return StretchNeed{};
}

void renew_slot(Transaction& tx, const Unlocked& by, AuditEntry entry) {
    if (by.slot.has_public_key()) return;
    tx.update(make_slot(by.root, by.slot, by.secret));
    entry.event = "key_slot.renewed";
    entry.subject = by.slot.label;
    tx.append_audit(entry);
}

}  // namespace jeton::vault
