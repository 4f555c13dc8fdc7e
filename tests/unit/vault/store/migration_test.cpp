#include <doctest/doctest.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/revoked_tokens.hpp"
#include "daemon/vault/store/schema.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "tests/unit/vault/keys/old_slot.hpp"
#include "tests/unit/vault/store/older_schemas.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

KeySlot slot_of(const Place& place) {
    return test::old_slot(place.root, KeySlotKind::key_file, "/key", Place::key(), place.clock.now());
}

}  // namespace

TEST_CASE("a store of schema 1 opens: its rows keep their MACs, its audit its hashes") {
    Place place;
    place.begin(slot_of(place));
    const auto app = add_app(place, "dispatcher");
    Binding binding;
    binding.id = BindingId::fresh();
    binding.user = "worker";
    binding.uid = 2000;
    place.run([&](Transaction& tx) {
        tx.insert(binding);
        tx.append_audit(entry("binding.added"));
    });
    place.close();
    back_to_schema_1(place);
    place.open();
    CHECK(place.store().reason().find("schema") == std::string::npos);
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        const auto kept = bindings::get(tx, binding.id);
        REQUIRE(kept);
        CHECK(kept->kind == BindingKind::connection);
        CHECK(kept->gid == -1);
        CHECK(audit::verify(tx));
    });
}

TEST_CASE("a store of schema 2 opens by the slots it has, which have no public key yet") {
    Place place;
    place.begin(slot_of(place));
    const auto app = add_app(place, "dispatcher");
    place.close();
    back_to_schema_2(place);
    place.open();
    const auto slots = place.store().slots();
    REQUIRE(slots.size() == 1);
    CHECK_FALSE(slots[0].has_public_key());
    auto root = open_slot(slots[0], Place::key());
    REQUIRE(root);
    REQUIRE(place.store().unseal(*std::move(root), false));
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        CHECK(key_slots::list(tx).size() == 1);
        CHECK(audit::verify(tx));
    });
}

TEST_CASE("a store of schema 4 opens: its signing keys are Ed25519 keys that sign") {
    Place place;
    place.begin();
    SigningKey key;
    key.id = SigningKeyId::fresh();
    key.environment = EnvironmentId::fresh();
    place.run([&](Transaction& tx) {
        tx.insert(key);
        tx.append_audit(entry("environment.created"));
    });
    place.close();
    back_to_schema_4(place);
    place.open();
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) {
        const auto kept = signing_keys::of(tx, key.environment);
        REQUIRE(kept.size() == 1);
        CHECK(kept[0].algorithm == SigningAlgorithm::eddsa);
        CHECK(kept[0].signs());
    });
}

TEST_CASE("a store of schema 4 opens: a client ID may be that of several connections then, where their fields differ") {
    Place place;
    place.begin();
    Connection connection;
    connection.id = ConnectionId::fresh();
    connection.app = AppId::fresh();
    connection.tenant = TenantId::fresh();
    connection.environment = EnvironmentId::fresh();
    connection.client_id = "cid.of-a-network";
    const auto first = connection;
    const auto insert = [&](const Connection& row) {
        place.run([&](Transaction& tx) {
            tx.insert(row);
            tx.append_audit(entry("secret.imported"));
        });
    };
    insert(first);
    place.close();
    back_to_schema_4(place);
    place.open();
    REQUIRE(place.unseal());
    connection.id = ConnectionId::fresh();
    connection.tenant = TenantId::fresh();
    connection.form_fields = {"tenant=2"};
    insert(connection);
    place.run([&](Transaction& tx) {
        CHECK(revoked_tokens::of_connection(tx, first.id).empty());
        const auto all = connections::of_client_id(tx, first.environment, "cid.of-a-network");
        REQUIRE(all.size() == 2);
        CHECK(all[0].id == first.id);
        CHECK(all[1].id == connection.id);
    });
}

TEST_CASE("a store of schema 3 opens: its rows keep their MACs") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    place.close();
    back_to_schema_3(place);
    place.open();
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) { CHECK(apps::find(tx, "dispatcher")->id == app.id); });
}

TEST_CASE("a store of schema 2 opens: its rows keep their MACs, its secrets name no destination") {
    Place place;
    place.begin(slot_of(place));
    Secret secret;
    secret.id = SecretId::fresh();
    secret.connection = ConnectionId::fresh();
    secret.kind = SecretKind::value;
    secret.prefix = "cs1.aaaa";
    secret.sealed = Bytes{1, 2, 3};
    place.run([&](Transaction& tx) {
        tx.insert(secret);
        tx.append_audit(entry("secret.imported"));
    });
    place.close();
    back_to_schema_2(place);
    place.open();
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) {
        const auto kept = secrets::of(tx, secret.connection);
        REQUIRE(kept.size() == 1);
        CHECK(kept.front().destination.empty());
        CHECK(audit::verify(tx));
    });
}

TEST_CASE("a store of schema 5 opens: its audit is found by the new indexes") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    place.close();
    back_to_schema_5(place);
    place.open();
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) {
        CHECK(apps::find(tx, "dispatcher")->id == app.id);
        const auto all = audit::list(tx, {});
        audit::Filter filter;
        filter.since = UtcSeconds{};
        CHECK(audit::list(tx, filter).size() == all.size());
        filter.event_glob = "store.*";
        CHECK(audit::list(tx, filter).size() == all.size() - 1);
        CHECK(audit::verify(tx));
    });
}
