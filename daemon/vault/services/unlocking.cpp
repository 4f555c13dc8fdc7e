#include "daemon/vault/services/unlocking.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/vault/keys/recovery_key.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t salt_size = 32;  ///< of every slot that jeton made

bool is_worth_stretching(const KeySlot& slot, const StretchCost& least) {
    return slot.kind == KeySlotKind::passphrase && slot.salt.size() == salt_size && is_acceptable(cost_of(slot), least);
}

}  // namespace

const SlotSecret* Stretched::find(const KeySlot& slot, std::string_view passphrase) const {
    const auto found = std::ranges::find_if(results_, [&](const Result& result) {
        return !result.for_new_slot && result.salt == slot.salt && result.cost == cost_of(slot) &&
               equal_constant_time(result.passphrase->reveal(), passphrase);
    });
    return found == results_.end() ? nullptr : &found->secret;
}

const Stretched::Result* Stretched::for_new_slot() const {
    const auto found = std::ranges::find(results_, true, &Result::for_new_slot);
    return found == results_.end() ? nullptr : &*found;
}

void Stretched::add(Stretched more) { std::ranges::move(more.results_, std::back_inserter(results_)); }

const Stretched& Stretched::none() {
    static const Stretched nothing;
    return nothing;
}

Stretched::Result stretch(const StretchJob& job) {
    return {job.passphrase, job.salt, job.cost, job.for_new_slot,
            stretch(job.passphrase->reveal(), job.salt, job.cost)};
}

UnlockAttempt unlock(const std::vector<KeySlot>& slots, std::string_view typed, const Stretched& stretched,
                     const StretchCost& least) {
    UnlockAttempt attempt;
    const auto opens = [&](const KeySlot& slot, const SlotSecret& secret) {
        auto root = open_slot(slot, secret);
        if (root) attempt.unlocked.emplace(slot, *std::move(root), secret.copy());
        return attempt.unlocked.has_value();
    };
    if (const auto recovery_key = parse_recovery_key(typed)) {
        for (const auto& slot : slots) {
            if (slot.kind == KeySlotKind::recovery && opens(slot, *recovery_key)) return attempt;
        }
    }
    std::shared_ptr<const SecretText> passphrase;
    std::size_t tried = 0;
    for (const auto& slot : slots) {
        if (!is_worth_stretching(slot, least)) continue;
        if (++tried > key_slots_max) break;
        if (const auto* secret = stretched.find(slot, typed)) {
            if (opens(slot, *secret)) break;
        } else {
            if (!passphrase) passphrase = std::make_shared<const SecretText>(typed);
            attempt.need.push_back({passphrase, slot.salt, cost_of(slot)});
        }
    }
    if (attempt.unlocked) attempt.need.clear();
    return attempt;
}

}  // namespace jeton::vault
