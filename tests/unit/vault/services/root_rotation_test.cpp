#include "daemon/vault/services/root_rotation.hpp"

#include <algorithm>

#include "daemon/vault/keys/audit_signature.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/keys/old_slot.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";

struct Rooted : Office {
    Rooted() {
        connected(local);
        auto generated = generate(local);
        REQUIRE(generated);
        secret = std::string{generated->value.reveal()};
    }
    RootKey root() {
        return run([](Transaction& tx) { return tx.root().copy(); });
    }
    Result<ReplacedRoot> rotate() {
        return run([&](Transaction& tx) { return rotate_root_key(tx, admin, clock.now()); });
    }
    void finish() {
        const auto always = [] { return true; };
        auto progress = room.resealing;
        while (run([&](Transaction& tx) { return reseal_slice(tx, progress, always, clock.now()); })) continue;
        store().finish_destroying_keys();
    }
    Environment environment_row() {
        return run([](Transaction& tx) { return environments::find(tx, "integration"); }).value();
    }
    bool works() { return accepts(row(local).client_id, secret); }

    std::string secret;
};

bool same(const RootKey& left, const RootKey& right) { return std::ranges::equal(left.reveal(), right.reveal()); }

}  // namespace

TEST_CASE("root key rotation: every slot opens the new one, everything works, and the data keys follow") {
    Rooted office;
    const auto old_root = office.root();
    const auto slot_before = office.store().slots().front();
    const auto before = office.environment_row();
    const auto replaced = office.rotate();
    REQUIRE(replaced);
    CHECK(replaced->slots == 1);
    CHECK(replaced->environments == 1);
    CHECK_FALSE(same(office.root(), old_root));
    CHECK(office.works());
    CHECK(office.environment_row().key_generation == 2);
    office.restart();  // by the slot
    CHECK(office.works());
    office.finish();
    CHECK(office.environment_row().retiring_data_key.empty());
    CHECK(office.works());
    CHECK_FALSE(office.stands_in_a_file(text_of(before.wrapped_data_key)));
    CHECK_FALSE(office.stands_in_a_file(text_of(slot_before.wrapped)));
    office.restart();
    CHECK(office.works());
    CHECK(office.run([](Transaction& tx) { return audit::verify(tx); }));
    REQUIRE(office.rotate());
    office.restart();
    CHECK(office.works());
}

TEST_CASE("threat: who has the old root key, and all that a copy of the store gave, reads nothing of afterwards") {
    Rooted office;
    const auto old_root = office.root();
    const auto before = office.environment_row();
    const auto old_key = unwrap_data_key(old_root, before.wrapped_data_key, before.id.text, 1);
    REQUIRE(old_key);
    REQUIRE(office.rotate());
    // Before the values have moved: what he read in his copy, and nothing that is made now.
    const auto meanwhile = office.environment_row();
    CHECK_FALSE(unwrap_data_key(old_root, meanwhile.wrapped_data_key, meanwhile.id.text, 2));
    CHECK_FALSE(unwrap_data_key(old_root, meanwhile.retiring_data_key, meanwhile.id.text, 1));
    auto made = office.generate(local);
    REQUIRE(made);
    const auto place = place_of(made->secret, meanwhile);
    CHECK_THROWS_AS((void)check_verifier(*old_key, place.place(), made->secret.sealed, made->value.reveal()), Tampered);
    office.finish();
    const auto id = office.row(local).id;
    for (const auto& secret : office.run([&](Transaction& tx) { return secrets::of(tx, id); })) {
        auto as_before = place_of(secret, before);
        CHECK_THROWS_AS((void)check_verifier(*old_key, as_before.place(), secret.sealed, office.secret), Tampered);
        as_before.generation = 1;
        CHECK_THROWS_AS((void)check_verifier(*old_key, as_before.place(), secret.sealed, office.secret), Tampered);
    }
    office.store().seal();
    CHECK_FALSE(office.store().unseal(RootKey{SecretBytes{old_root.reveal()}}, true));
}

TEST_CASE("root key rotation: a data key that is being rotated is rotated once more when that has ended") {
    Rooted office;
    REQUIRE(office.run(
        [&](Transaction& tx) { return rotate_data_key(tx, office.admin, "integration", office.clock.now()); }));
    REQUIRE(office.rotate());
    const auto waiting = office.environment_row();
    CHECK(waiting.key_generation == 2);
    CHECK(waiting.rotation_pending);
    CHECK(office.works());
    office.restart();
    CHECK(office.works());
    office.finish();
    const auto done = office.environment_row();
    CHECK(done.key_generation == 3);
    CHECK_FALSE(done.rotation_pending);
    CHECK(done.retiring_data_key.empty());
    CHECK(office.works());
    const auto erased = office.audited("key.erased");
    REQUIRE(erased.size() == 2);
    CHECK(erased[0].detail == "and the next rotation begins");
}

TEST_CASE("root key rotation: a slot of an older jeton is named, and nothing has changed") {
    Rooted office;
    const auto before = office.root();
    office.run([&](Transaction& tx) {
        tx.insert(old_slot(tx.root(), KeySlotKind::recovery, "recovery key", SlotSecret{SecretBytes{20}},
                           office.clock.now()));
        tx.append_audit(audit::own_entry(office.clock.now(), "test", "", ""));
    });
    const auto refused = office.rotate();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what.find("key slot recovery key was made by an older jeton") != std::string::npos);
    CHECK(same(office.root(), before));
    CHECK(office.environment_row().key_generation == 1);
    CHECK(office.works());
    office.restart();
    CHECK(office.works());
}

TEST_CASE("root key rotation: the audit names the key that signs its heads from here on") {
    Rooted office;
    const auto before = office.run([](Transaction& tx) { return audit::signed_head(tx); });
    const auto replaced = office.rotate();
    REQUIRE(replaced);
    const auto after = office.run([](Transaction& tx) { return audit::signed_head(tx); });
    CHECK(after.public_key != before.public_key);
    CHECK(after.public_key == replaced->audit_public_key);
    const auto told = office.audited("key.rotated");
    REQUIRE(told.size() == 1);
    CHECK(told[0].subject == "root key");
    CHECK(told[0].detail.find(after.public_key) != std::string::npos);
}
