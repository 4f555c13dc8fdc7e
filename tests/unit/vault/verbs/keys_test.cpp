/// key.rotate, key.rotate_root: nothing without proof.
#include <doctest/doctest.h>

#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

struct Keyed : Office {
    Keyed() { environment("integration"); }

    void add_recovery_key() {
        auto key = make_recovery_key();
        recovery_key = std::string{key.reveal()};
        run([&](Transaction& tx) {
            tx.insert(make_slot(tx.root(), KeySlotKind::recovery, "recovery key", *parse_recovery_key(recovery_key),
                                clock.now()));
            tx.append_audit(audit::own_entry(clock.now(), "test", "", ""));
        });
    }
    Result<json::value> rotate(const std::string& proof, const std::string& environment = "integration",
                               const Peer* by = nullptr) {
        json::object body{{"environment", environment}};
        if (!proof.empty()) body["proof"] = proof;
        return ask(by == nullptr ? operator_peer : *by, "key.rotate", body);
    }
    Result<json::value> rotate_root(const std::string& proof) {
        json::object body;
        if (!proof.empty()) body["proof"] = proof;
        return ask(operator_peer, "key.rotate_root", body);
    }
    std::int64_t generation() {
        return run([](Transaction& tx) { return environments::find(tx, "integration"); }).value().key_generation;
    }
    Bytes root() {
        return run([](Transaction& tx) {
            const auto bytes = tx.root().reveal();
            return Bytes{bytes.begin(), bytes.end()};
        });
    }

    std::string recovery_key;
};

}  // namespace

TEST_CASE("threat: keys are rotated by nobody who does not prove that he holds one, be it an operator") {
    Keyed office;
    const auto root = office.root();
    CHECK(office.rotate("").error().code == Errc::wrong_state);  // there is nothing to prove it with
    CHECK(office.rotate_root("").error().code == Errc::wrong_state);
    office.add_recovery_key();
    CHECK(office.rotate("").error().code == Errc::forbidden);
    CHECK(office.rotate_root("").error().code == Errc::forbidden);
    const auto other = std::string{make_recovery_key().reveal()};
    CHECK(office.rotate(other).error().code == Errc::forbidden);
    CHECK(office.rotate_root(other).error().code == Errc::forbidden);
    CHECK(office.rotate(office.recovery_key, "integration", &office.developer).error().code == Errc::forbidden);
    CHECK(office.generation() == 1);
    CHECK(office.root() == root);
}

TEST_CASE("threat: wrong proofs make everybody wait, and the right one is not tried before") {
    Keyed office;
    office.add_recovery_key();
    const auto other = std::string{make_recovery_key().reveal()};
    for (int i = 0; i < 3; ++i) (void)office.rotate(other);
    CHECK(office.rotate(office.recovery_key).error().code == Errc::temporarily_unavailable);
    CHECK(office.generation() == 1);
    office.clock.advance(10s);
    CHECK(office.rotate(office.recovery_key));
}

TEST_CASE("key rotate: the recovery key proves it; the answer says how much is left and what it does not do") {
    Keyed office;
    office.add_recovery_key();
    const auto rotated = office.rotate(office.recovery_key);
    REQUIRE(rotated);
    CHECK(rotated->at("key_generation").as_int64() == 2);
    CHECK(rotated->at("values_left").as_int64() == 0);  // its signing key was replaced, and nothing else is sealed
    CHECK(text_at(*rotated, "message").find("Copies of the database") != std::string::npos);
    CHECK(office.rotate(office.recovery_key).error().code == Errc::wrong_state);
    CHECK(office.rotate(office.recovery_key, "nowhere").error().code == Errc::not_found);
}

TEST_CASE("key rotate --root: the recovery key proves it, and opens the store afterwards") {
    Keyed office;
    office.add_recovery_key();
    const auto root = office.root();
    const auto rotated = office.rotate_root(office.recovery_key);
    REQUIRE(rotated);
    CHECK(rotated->at("key_slots").as_int64() == 2);
    CHECK(rotated->at("environments").as_int64() == 1);
    CHECK(office.root() != root);
    CHECK(office.generation() == 2);
    const auto slots = office.store().slots();
    office.store().seal();
    const auto slot = std::ranges::find(slots, KeySlotKind::recovery, &KeySlot::kind);
    REQUIRE(slot != slots.end());
    auto opened = open_slot(*slot, *parse_recovery_key(office.recovery_key));
    REQUIRE(opened);
    REQUIRE(office.store().unseal(*std::move(opened), false));
    CHECK(office.rotate_root(office.recovery_key));  // and proves it again
}
