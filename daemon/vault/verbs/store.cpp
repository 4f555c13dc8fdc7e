// Verbs: whoami.show, store.init, store.seal, store.unseal
#include "daemon/vault/store/store.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/journal.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/services/proof.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/verbs/peer_view.hpp"
#include "daemon/vault/verbs/slot_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

std::string unsealed_by(const Unlocked& unlocked, int wrong_before) {
    auto detail = fmt::format("by key slot {}", unlocked.slot.label);
    if (wrong_before > 0) detail += fmt::format("; {} wrong passphrases or recovery keys before", wrong_before);
    return detail;
}

/// Nothing is to be done; but who typed a key believes it to be right, so it is checked.
Result<Outcome> already_open(StoreCall& call, std::string_view typed) {
    json::object answer{{"state", "unsealed"}, {"lost", json::array{}}, {"changed", false}};
    if (!typed.empty()) {
        auto group = call.room.store.group();
        const auto slots = group.attempt([](Transaction& tx) { return key_slots::list(tx); });
        auto attempt = try_secret(slots, typed, unlocking_of(call));
        if (!attempt) return attempt.error();
        if (!attempt->unlocked) return stretch_first(std::move(attempt->need));
        call.room.guesses.right();
    }
    return done(std::move(answer));
}

}  // namespace

Result<Outcome> whoami_show(StoreCall& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto view = peer_view(call.peer);
    view["gid"] = call.peer.gid;
    json::array roles;
    json::array bound;
    if (call.room.store.state() == StoreState::unsealed) {
        auto group = call.room.store.group();
        group.attempt([&](Transaction& tx) {
            const auto now = call.room.clock.now();
            for (auto& role : described(tx, call.standing)) roles.emplace_back(std::move(role));
            for (const auto& binding : bindings_of(tx, call.peer, now)) {
                bound.emplace_back((binding.kind == BindingKind::introspection ? "introspect " : "") +
                                   target_of(tx, binding));
            }
        });
    } else if (!call.standing.roles().is_empty()) {
        roles.emplace_back(name_of(Role::host_operator));
    }
    view["roles"] = std::move(roles);
    view["bindings"] = std::move(bound);
    return done(std::move(view));
}

Result<Outcome> store_init(StoreCall& call) {
    const auto& config = call.room.config;
    protocol::Fields in{call.body};
    auto wanted = wanted_slot(in, in.text_or("slot", std::string{name_of(usual_slot(config))}));
    if (!wanted) return wanted.error();
    if (call.room.store.state() != StoreState::uninitialised) {
        return refuse(Errc::wrong_state, "the store is initialised already", "jeton status");
    }
    if (wanted->kind == KeySlotKind::recovery) {
        return refuse(Errc::bad_input, "a recovery key comes with every new store", "jeton init --slot passphrase");
    }
    if (wanted->of.empty() && wanted->kind == KeySlotKind::key_file) wanted->of = config.keys.key_file.string();
    if (wanted->of.empty() && wanted->kind == KeySlotKind::systemd_credential) wanted->of = config.keys.credential;
    auto prepared = prepare_slot(*wanted, config, call.stretched, call.room.stretching, call.now());
    if (!prepared) return prepared.error();
    if (!prepared->slot) return stretch_first(std::move(prepared->need));
    const auto recovery_key = initialise_store(call.room.store, *prepared->slot, WithRecovery::yes, call.now());
    if (!recovery_key) return recovery_key.error();
    json::object answer(protocol::wiped_storage());
    answer["state"] = name_of(call.room.store.state());
    answer["slot"] = slot_view(prepared->slot->draft);
    answer["recovery_key"] = secret_string(**recovery_key);
    answer["warnings"] = warnings_of(*prepared->slot);
    return done(std::move(answer));
}

Result<Outcome> store_seal(StoreCall& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto& store = call.room.store;
    if (store.state() != StoreState::unsealed) return closed_refusal(store);
    try {
        const auto entry = entry_of(call.peer, {.event = "store.sealed", .subject = "store"}, call.room.clock.now());
        auto group = store.group();
        group.attempt([&](Transaction& tx) {
            call.room.tally.write(tx);
            drop_all_tokens(tx, call.room.upstream);
            tx.append_audit(entry);
        });
        group.commit();
        journal::tell(entry);  // a sealed store has no audit to tell of later
    } catch (const std::exception& fault) {
        // The way out of an emergency must not depend on the disk, nor on what somebody has done to the store: this one
        // thing is done without its entry.
        log::error("sealed on request of {}; the audit could not be written: {}", call.peer.name(), fault.what());
    }
    call.room.tally.clear(call.room.clock.now());
    call.room.upstream.clear();
    // Each of them has a root key of its own in memory.
    call.room.backup.reset();
    call.room.restore.reset();
    store.seal(fmt::format("sealed on request of {}", call.peer.name()));
    return done(json::value{{"state", name_of(store.state())}});
}

Result<Outcome> store_unseal(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto typed = in.optional_secret("secret");
    const auto accept_rollback = in.flag("accept_rollback");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto& store = call.room.store;
    if (store.state() == StoreState::uninitialised) return closed_refusal(store);
    if (store.state() == StoreState::unsealed) return already_open(call, typed);
    if (const auto openable = check_openable(store); !openable) return openable.error();

    std::optional<Unlocked> unlocked;
    int wrong_before = 0;
    if (typed.empty()) {
        auto by_host = unlock_by_host(store, call.room.config);
        if (!by_host) return by_host.error();
        unlocked = *std::move(by_host);
    } else {
        auto attempt = try_secret(store.slots(), typed, unlocking_of(call));
        if (!attempt) return attempt.error();
        if (!attempt->unlocked) return stretch_first(std::move(attempt->need));
        unlocked = std::move(attempt->unlocked);
        wrong_before = call.room.guesses.right();
    }
    auto lost = store.unseal(unlocked->root.copy(), accept_rollback);
    if (!lost) return lost.error();
    try {
        auto group = store.group();
        group.attempt([&](Transaction& tx) {
            renew_slot(tx, *unlocked, entry_of(call.peer, {}, call.now()));
            record(tx, call.peer,
                   {.event = "store.unsealed", .subject = "store", .detail = unsealed_by(*unlocked, wrong_before)},
                   call.now());
        });
        group.commit();
    } catch (const StoreFault& fault) {
        // It is open, and says so: a full disk keeps nobody from the tokens that need no room.
        log::error("unsealed on request of {}; the audit could not be written: {}", call.peer.name(), fault.what());
    }
    return done(json::value{{"state", "unsealed"}, {"lost", json::value_from(*lost)}});
}

}  // namespace jeton::vault::verbs
