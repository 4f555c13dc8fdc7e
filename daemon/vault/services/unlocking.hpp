/// What a person typed, against key slots: a recovery key opens at once, a passphrase once it has been stretched.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/keys/stretching.hpp"

namespace jeton::vault {

/// One passphrase to be stretched, outside any transaction and off the loop: it takes a second.
struct StretchJob {
    std::shared_ptr<const SecretText> passphrase;  ///< never null; one for all jobs of what was typed once
    Bytes salt;                                    ///< 32 bytes
    StretchCost cost;
    bool for_new_slot = false;
};
/// Empty: nothing needs to be stretched.
using StretchNeed = std::vector<StretchJob>;

/// What has been stretched for one request so far. Movable.
class Stretched {
public:
    struct Result {
        std::shared_ptr<const SecretText> passphrase;
        Bytes salt;
        StretchCost cost;
        bool for_new_slot = false;
        SlotSecret secret;
    };
    /// What this passphrase became for this slot; nullptr where it was not stretched yet. A request may have typed
    /// several, and slots of two stores may have one salt.
    [[nodiscard]] const SlotSecret* find(const KeySlot& slot, std::string_view passphrase) const;
    /// What the passphrase of the slot to be made became, with the salt that was drawn for it.
    [[nodiscard]] const Result* for_new_slot() const;
    void add(Result result) { results_.push_back(std::move(result)); }
    void add(Stretched more);
    /// Of a request that has not run yet.
    [[nodiscard]] static const Stretched& none();

private:
    std::vector<Result> results_;
};

/// Takes a second or more. Thread-safe. Throws std::bad_alloc.
[[nodiscard]] Stretched::Result stretch(const StretchJob& job);

struct Unlocked {
    KeySlot slot;  ///< the one that opened
    RootKey root;
    SlotSecret secret;
};
/// Neither: nothing of what was typed opens any of the slots.
struct UnlockAttempt {
    std::optional<Unlocked> unlocked;
    StretchNeed need;  ///< not empty: whether a passphrase opens cannot be said before these are stretched
};

/// Tries `typed` as a recovery key and as a passphrase, against the slots of these kinds alone. `slots` need not be
/// believed: one whose cost lies outside `least` and `stretch_cost_max` is left out, as are passphrase slots beyond
/// `key_slots_max`.
[[nodiscard]] UnlockAttempt unlock(const std::vector<KeySlot>& slots, std::string_view typed,
                                   const Stretched& stretched, const StretchCost& least);

}  // namespace jeton::vault
