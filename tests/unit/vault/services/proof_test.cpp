#include "daemon/vault/services/proof.hpp"

#include <array>

#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "tests/unit/vault/keys/old_slot.hpp"
#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

constexpr std::string_view passphrase = "correct horse battery staple";

/// Somebody types a proof; what must be stretched is stretched, as the desk has it done.
struct Prover : World {
    void add(const KeySlot& slot) {
        run([&](Transaction& tx) {
            tx.insert(slot);
            tx.append_audit(AuditEntry{});
        });
    }
    KeySlot passphrase_slot(std::string_view text, StretchCost of) {
        auto draft = draft_slot(KeySlotKind::passphrase, "mine", clock.now());
        draft.passes = of.passes;
        draft.memory = of.memory;
        const auto secret = stretch(text, draft.salt, of);
        return run([&](Transaction& tx) { return make_slot(tx.root(), std::move(draft), secret); });
    }
    std::string recovery_key() {
        const auto key = make_recovery_key();
        add(run([&](Transaction& tx) {
            return make_slot(tx.root(), KeySlotKind::recovery, "recovery key", *parse_recovery_key(key.reveal()),
                             clock.now());
        }));
        return std::string{key.reveal()};
    }
    Result<void> prove(std::string_view typed) {
        Stretched stretched;
        for (;;) {
            const Unlocking with{guesses, stretched, cost, clock};
            auto need = run([&](Transaction& tx) { return check_proof(tx, admin, typed, with); });
            if (!need) return need.error();
            if (need->empty()) return {};
            for (const auto& job : *need) {
                stretched.add(stretch(job));
                ++stretches;
            }
        }
    }
    std::vector<KeySlot> slots() {
        return run([](Transaction& tx) { return key_slots::list(tx); });
    }

    StretchCost cost{3, 64};
    Guesses guesses;
    int stretches = 0;
};

}  // namespace

TEST_CASE("proof: a passphrase or a recovery key of this store, and nothing else") {
    Prover prover;
    CHECK(prover.prove("anything").error().code == Errc::wrong_state);  // nothing to prove with
    const auto recovery_key = prover.recovery_key();
    prover.add(prover.passphrase_slot(passphrase, prover.cost));
    CHECK(prover.prove(recovery_key));
    CHECK(prover.stretches == 0);
    CHECK(prover.prove(passphrase));
    CHECK(prover.stretches == 1);
    CHECK(prover.prove("").error().code == Errc::forbidden);
    CHECK(prover.prove("correct horse battery stable").error().code == Errc::forbidden);
    CHECK(prover.prove(make_recovery_key().reveal()).error().code == Errc::forbidden);
    // The key file opens the store too, but it lies on the host, where whoever took the front over may be.
    CHECK(prover.prove(std::string(32, '\0')).error().code == Errc::forbidden);
}

TEST_CASE("proof: none given is no guess; wrong ones make everybody wait, a right one ends that") {
    Prover prover;
    const auto recovery_key = prover.recovery_key();
    for (int i = 0; i < 5; ++i) CHECK(prover.prove("").error().code == Errc::forbidden);
    for (int i = 0; i < 3; ++i) CHECK(prover.prove("wrong").error().code == Errc::forbidden);
    CHECK(prover.prove(recovery_key).error().code == Errc::temporarily_unavailable);
    prover.clock.advance(1s);
    CHECK(prover.prove(recovery_key));
    CHECK(prover.prove("wrong").error().code == Errc::forbidden);
    CHECK(prover.prove(recovery_key));
}

TEST_CASE("threat: a hostile file's cost (T16) is neither tried nor waited for") {
    Prover prover;
    (void)prover.recovery_key();
    prover.add(prover.passphrase_slot(passphrase, {3, 32}));
    auto dear = prover.passphrase_slot(passphrase, prover.cost);
    dear.memory = 64LL * 1024 * 1024;
    prover.add(dear);
    CHECK(prover.prove(passphrase).error().code == Errc::forbidden);
    CHECK(prover.stretches == 0);
}

TEST_CASE("threat: a hostile file's salt (T16), of a length that no slot has, is not stretched with") {
    Prover prover;
    auto salted = prover.passphrase_slot(passphrase, prover.cost);
    REQUIRE(unlock({salted}, passphrase, Stretched::none(), prover.cost).need.size() == 1);
    for (const std::size_t size : {0UZ, 1UZ, 15UZ, 31UZ, 33UZ}) {
        salted.salt.resize(size);
        const auto attempt = unlock({salted}, passphrase, Stretched::none(), prover.cost);
        CHECK_FALSE(attempt.unlocked);
        CHECK(attempt.need.empty());
    }
}

TEST_CASE("threat: empty stores, no slots, corrupted slots (T16): a typed secret is refused alike") {
    Prover prover;
    auto corrupted = prover.passphrase_slot(passphrase, prover.cost);
    corrupted.wrapped[40] ^= 1;
    Stretched stretched;
    const auto jobs = unlock({corrupted}, passphrase, stretched, prover.cost).need;
    REQUIRE(jobs.size() == 1);
    stretched.add(stretch(jobs.front()));
    const std::array<std::vector<KeySlot>, 3> stores{
        {{}, {corrupted}, {prover.slots()}}};  // the last has a key file alone
    for (const auto& slots : stores) {
        Guesses guesses;
        const Unlocking with{guesses, stretched, prover.cost, prover.clock};
        const auto refused = try_secret(slots, passphrase, with);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::forbidden);
        CHECK(refused.error().what == "this opens no key slot of this store");
        CHECK(guesses.right() == 1);
    }
}

TEST_CASE("proof: a recovery slot of an older jeton gets a public key when its key is typed") {
    Prover prover;
    const auto key = make_recovery_key();
    prover.add(prover.run([&](Transaction& tx) {
        return old_slot(tx.root(), KeySlotKind::recovery, "recovery key", *parse_recovery_key(key.reveal()),
                        prover.clock.now());
    }));
    CHECK_FALSE(prover.slots().back().has_public_key());
    CHECK(prover.prove(key.reveal()));
    CHECK(prover.slots().back().has_public_key());
    CHECK(prover.prove(key.reveal()));
    audit::Filter renewed;
    renewed.event_glob = "key_slot.renewed";
    CHECK(prover.run([&](Transaction& tx) { return audit::list(tx, renewed); }).size() == 1);
}
