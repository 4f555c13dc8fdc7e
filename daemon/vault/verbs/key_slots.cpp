// Verbs: key_slot.list, key_slot.add, key_slot.remove, key_slot.test
#include "daemon/vault/services/key_slots.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/verbs/slot_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

/// Verified while the store is open, else as they stand there.
std::vector<KeySlot> slots_of(Store& store) {
    if (store.state() != StoreState::unsealed) return store.slots();
    auto group = store.group();
    return group.attempt([](Transaction& tx) { return key_slots::list(tx); });
}

json::value trial_view(const SlotTrial& trial) {
    return {{"tried", trial.source},
            {"slot", trial.slot ? json::value(slot_view(*trial.slot)) : json::value(nullptr)},
            {"why", text_or_null(trial.why)}};
}

Result<Outcome> test_configured(StoreCall& call, const std::vector<KeySlot>& slots) {
    const auto trials = try_configured(slots, call.room.config);
    if (trials.empty()) {
        return refuse(Errc::wrong_state, "no key file and no credential is configured",
                      "type a passphrase or a recovery key, or set key_file or credential in [keys] of jetond.toml");
    }
    json::array list;
    std::vector<std::string> why;
    for (const auto& trial : trials) {
        list.push_back(trial_view(trial));
        if (!trial.slot) why.push_back(fmt::format("{}: {}", trial.source, trial.why));
    }
    if (why.size() == trials.size()) {
        return refuse(Errc::wrong_state, fmt::format("at a restart nothing opens the store: {}", fmt::join(why, "; ")),
                      "mend that, or add a key slot: jeton key slot add key-file PATH");
    }
    return done(std::move(list));
}

/// When a way into the store was tried last is what `doctor` looks for. It need not fail where nothing can be written.
void note_trial(StoreCall& call, const KeySlot& slot) {
    if (call.room.store.state() != StoreState::unsealed) return;
    try {
        auto group = call.room.store.group();
        group.attempt([&](Transaction& tx) {
            record(tx, call.peer, {.event = "key_slot.tested", .subject = slot.label}, call.now());
        });
        group.commit();
    } catch (const StoreFault& fault) {
        log::error("that {} was tried was not written down: {}", slot.label, fault.what());
    }
}

}  // namespace

Result<Outcome> key_slot_list(StoreCall& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (call.room.store.state() == StoreState::uninitialised) return closed_refusal(call.room.store);
    if (const auto openable = check_openable(call.room.store); !openable) return openable.error();
    json::array list;
    for (const auto& slot : slots_of(call.room.store)) list.push_back(slot_view(slot));
    return done(std::move(list));
}

Result<Outcome> key_slot_add(Call& call) {
    protocol::Fields in{call.body};
    const auto proof = in.optional_secret("proof");
    const auto wanted = wanted_slot(in, in.text("kind"));
    if (!wanted) return wanted.error();
    if (adding_takes_proof(call.tx, wanted->kind)) {
        auto proven = prove(call, proof);
        if (!proven) return proven.error();
        if (*proven) return **std::move(proven);
    }
    auto prepared = prepare_slot(*wanted, call.room.config, call.stretched, call.room.stretching, call.now());
    if (!prepared) return prepared.error();
    if (!prepared->slot) return stretch_first(std::move(prepared->need));
    const auto added = add_slot(call.tx, call.peer, *prepared->slot, call.now());
    if (!added) return added.error();
    json::object answer(slot_view(*added), protocol::wiped_storage());
    if (const auto& key = prepared->slot->recovery_key; !key.empty()) answer["recovery_key"] = secret_string(key);
    answer["warnings"] = warnings_of(*prepared->slot);
    return done(std::move(answer));
}

Result<Outcome> key_slot_remove(Call& call) {
    protocol::Fields in{call.body};
    const auto named = in.text("slot");
    const auto proof = in.optional_secret("proof");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto proven = prove(call, proof);
    if (!proven) return proven.error();
    if (*proven) return **std::move(proven);
    if (auto first = make_pairs_first(call, rs256_pairs_for_all(call.tx))) return *std::move(first);
    const auto removed = remove_slot(call.tx, call.peer, named, call.now(), call.take_key_pairs());
    if (!removed) return removed.error();
    auto answer = slot_view(*removed);
    answer["message"] = fmt::format(
        "{} opens this store no more, and what is written from now on is under new keys. Old copies of the database "
        "stay open to it: rotate the secrets in them at their issuer, too.",
        removed->label);
    return done(std::move(answer));
}

Result<Outcome> key_slot_test(StoreCall& call) {
    protocol::Fields in{call.body};
    const auto typed = in.optional_secret("secret");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto& store = call.room.store;
    if (store.state() == StoreState::uninitialised) return closed_refusal(store);
    if (const auto openable = check_openable(store); !openable) return openable.error();
    const auto slots = slots_of(store);
    if (typed.empty()) return test_configured(call, slots);
    auto attempt = try_secret(slots, typed, unlocking_of(call));
    if (!attempt) return attempt.error();
    if (!attempt->unlocked) return stretch_first(std::move(attempt->need));
    call.room.guesses.right();
    note_trial(call, attempt->unlocked->slot);
    return done(json::array{trial_view({"what was typed", attempt->unlocked->slot, {}})});
}

}  // namespace jeton::vault::verbs
