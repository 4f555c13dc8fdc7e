#include "daemon/vault/keys/root_key.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace jeton;
using namespace jeton::vault;

namespace {

using enum RootPurpose;

bool same(const RootKey& left, const RootKey& right, RootPurpose purpose) {
    return std::ranges::equal(left.subkey(purpose), right.subkey(purpose));
}

/// As it comes out of a key slot.
RootKey from_slot(const RootKey& key) { return RootKey{SecretBytes{key.reveal()}}; }

}  // namespace

TEST_CASE("root key: a successor inherits what stands in rows, audit and anchor, and nothing that encrypts") {
    const auto root = RootKey::generate();
    CHECK(root.sealed_inheritance().empty());
    const auto next = root.successor();
    CHECK_FALSE(std::ranges::equal(root.reveal(), next.reveal()));
    for (const auto purpose : {row_mac, audit_chain, anchor}) CHECK(same(root, next, purpose));
    for (const auto purpose : {set_hash, state_seal, environment_wrap, audit_signature, inheritance_seal}) {
        CHECK_FALSE(same(root, next, purpose));
    }
    CHECK(next.sealed_inheritance().size() == 137);

    const auto after_next = next.successor();
    for (const auto purpose : {row_mac, audit_chain, anchor}) CHECK(same(root, after_next, purpose));
    CHECK_FALSE(same(next, after_next, set_hash));
}

TEST_CASE("root key: what a successor inherits comes back to its own bytes alone, and a copy has it") {
    const auto root = RootKey::generate();
    const auto next = root.successor();
    auto opened = from_slot(next);
    CHECK_FALSE(same(opened, root, row_mac));
    REQUIRE(opened.inherit(next.sealed_inheritance()));
    for (const auto purpose : {row_mac, audit_chain, anchor}) CHECK(same(opened, root, purpose));
    CHECK(same(opened, next, set_hash));
    CHECK(opened.sealed_inheritance() == next.sealed_inheritance());
    const auto copied = opened.copy();
    for (const auto purpose : {row_mac, audit_chain, anchor, set_hash, state_seal}) CHECK(same(copied, next, purpose));
    CHECK(copied.sealed_inheritance() == next.sealed_inheritance());

    auto former = from_slot(root);
    CHECK_FALSE(former.inherit(next.sealed_inheritance()));
    auto stranger = RootKey::generate();
    CHECK_FALSE(stranger.inherit(next.sealed_inheritance()));
    auto untouched = from_slot(next);
    auto altered = next.sealed_inheritance();
    altered.back() ^= 1;
    CHECK_FALSE(untouched.inherit(altered));
    CHECK_FALSE(untouched.inherit({}));
    CHECK(untouched.sealed_inheritance().empty());
    CHECK(same(untouched, from_slot(next), row_mac));
}
