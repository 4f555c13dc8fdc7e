#include "daemon/vault/store/tables.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/audit_checkpoints.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/revoked_tokens.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/scopes.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "daemon/vault/store/tickets.hpp"
#include "daemon/vault/store/usage.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

/// Texts that break what is built by hand: quotes, NUL, SQL, other scripts, an empty one (T21).
const std::string nasty{"'; DROP TABLE apps; --\0\"\\ %s ünï 千 \xF0\x9F\x94\x91\n", 44};
constexpr UtcSeconds noon{std::chrono::seconds{1'700'000'000}};

}  // namespace

TEST_CASE("tables: the columns of each description are those of the schema, in any table") {
    Place place;
    place.begin();
    for (const auto* table : authority_tables()) {
        const auto rows =
            place.engine().database->query("SELECT name FROM pragma_table_info(?)", {std::string{table->name}});
        std::set<std::string> found;
        for (const auto& row : rows) found.insert(std::get<std::string>(row.front()));
        std::set<std::string> expected{table->columns.begin(), table->columns.end()};
        expected.insert("mac");
        CHECK(found == expected);
        CHECK(authority_tables().at(table->ordinal) == table);
    }
}

TEST_CASE("tables: every row comes back as it was written, also after a restart") {
    Place place;
    place.begin();

    Environment environment;
    environment.id = EnvironmentId::fresh();
    environment.name = "integration";
    environment.kind = EnvironmentKind::upstream;
    environment.token_endpoint = nasty;
    environment.client_auth = ClientAuth::basic;
    environment.host_aliases = {"auth.example", nasty};
    environment.ca_file = nasty;
    environment.allow_loopback_http = true;
    environment.developer_access = true;
    environment.tenant_claim_required = true;
    environment.issuer = nasty;
    environment.resources = {"https://a/", nasty};
    environment.key_generation = 1;
    environment.wrapped_data_key = wrap_data_key(place.root, DataKey::generate(), environment.id.text, 1);
    environment.created_at = noon;
    SigningKey signing{
        SigningKeyId::fresh(), environment.id, nasty, Bytes{1, 2, 0}, Bytes{}, 1, noon, SigningAlgorithm::es256, noon};
    Tenant tenant{TenantId::fresh(), environment.id, "1234567", nasty, noon};
    auto app = app_named("dispatcher");
    app.credentials = CredentialsMode::tenant;
    app.organization = nasty;
    AppVersion version{AppVersionId::fresh(), app.id, 1, {"tn.crm.customers:r", nasty}, noon, nasty};
    Connection connection;
    connection.id = ConnectionId::fresh();
    connection.app = app.id;
    connection.tenant = tenant.id;
    connection.environment = environment.id;
    connection.state = ConnectionState::disabled;
    connection.note = nasty;
    connection.client_id = "jid.1";
    connection.accepted_version = 1;
    connection.consent_source = "operator";
    connection.consent_by = nasty;
    connection.consent_reason = nasty;
    connection.consent_at = noon;
    connection.created_at = noon;
    Secret first;
    first.id = SecretId::fresh();
    first.connection = connection.id;
    first.kind = SecretKind::value;
    first.prefix = "abcdefgh";
    first.state = SecretState::deactivated;
    first.sealed = Bytes{0, 255};
    first.created_at = noon;
    first.created_by = nasty;
    auto second = first;
    second.id = SecretId::fresh();
    second.kind = SecretKind::verifier;
    second.state = SecretState::active;
    second.deactivates_at = noon;
    Binding binding;
    binding.id = BindingId::fresh();
    binding.connection = connection.id;
    binding.environment = environment.id;
    binding.user = nasty;
    binding.uid = 4'294'967'294;
    binding.is_default = true;
    binding.allow_container = true;
    binding.created_at = noon;
    auto pattern = binding;
    pattern.id = BindingId::fresh();
    pattern.kind = BindingKind::pattern;
    pattern.connection = {};
    pattern.app = app.id;
    pattern.uid = -1;
    pattern.group = nasty;
    pattern.gid = 0;  // the group root, not "none"
    pattern.unit = "w.service";
    pattern.expires_at = noon;
    auto introspector = pattern;
    introspector.id = BindingId::fresh();
    introspector.kind = BindingKind::introspection;
    introspector.uid = 7;
    introspector.resource = nasty;
    RoleGrant grant;
    grant.id = RoleGrantId::fresh();
    grant.role = Role::tenant_admin;
    grant.tenant = tenant.id;
    grant.user = nasty;
    grant.uid = 0;
    grant.expires_at = noon;
    grant.created_by = nasty;
    Pair pair;
    pair.id = PairId::fresh();
    pair.connection = connection.id;
    pair.environment = environment.id;
    pair.client_id = "jid.pair";
    pair.prefix = "jcs.abcd";
    pair.sealed = Bytes{0, 1};
    pair.unit = "w.service";
    pair.revoked = true;
    pair.created_by = nasty;
    Ticket ticket;
    ticket.id = TicketId::fresh();
    ticket.connection = connection.id;
    ticket.sealed = Bytes{1};
    ticket.user = nasty;
    ticket.uid = 33;
    ticket.act = TicketAct::rotate;
    ticket.overlap = 60;
    ticket.state = TicketState::claimed;
    ticket.expires_at = noon;
    ticket.claimed_at = noon;
    const RevokedToken revoked{RevokedTokenId::fresh(), environment.id, connection.id, noon, noon, nasty};
    const OwnScope scope{ScopeId::fresh(), "tn.x.y", nasty, nasty, noon};

    place.run([&](Transaction& tx) {
        tx.insert(environment);
        tx.insert(signing);
        tx.insert(tenant);
        tx.insert(app);
        tx.insert(version);
        tx.insert(connection);
        tx.insert(first);
        tx.insert(second);
        tx.insert(binding);
        tx.insert(pattern);
        tx.insert(grant);
        tx.insert(pair);
        tx.insert(ticket);
        tx.insert(scope);
        tx.insert(introspector);
        tx.insert(revoked);
        tx.append_audit(entry("test.filled", nasty));
    });

    for (const bool restarted : {false, true}) {
        if (restarted) {
            place.open();
            REQUIRE(place.unseal());
        }
        place.run([&](Transaction& tx) {
            const auto same = [](const auto& left, const auto& right) { return to_record(left) == to_record(right); };
            CHECK(same(*environments::find(tx, "integration"), environment));
            CHECK(same(*environments::get(tx, environment.id), environment));
            CHECK(same(*environments::by_host(tx, "AUTH.Example"), environment));
            CHECK_FALSE(environments::by_host(tx, "auth.example.org"));
            CHECK(environments::list(tx).size() == 1);
            CHECK(same(signing_keys::of(tx, environment.id).at(0), signing));
            CHECK(same(*tenants::find(tx, environment.id, "1234567"), tenant));
            CHECK(same(*tenants::get(tx, tenant.id), tenant));
            CHECK(tenants::list(tx, environment.id).size() == 1);
            CHECK(tenants::list(tx).size() == 1);
            CHECK(tenants::list(tx, EnvironmentId::fresh()).empty());
            CHECK(same(*apps::find(tx, "dispatcher"), app));
            CHECK(same(*apps::get(tx, app.id), app));
            CHECK(apps::list(tx).size() == 1);
            CHECK(same(app_versions::of(tx, app.id).at(0), version));
            CHECK(same(*app_versions::find(tx, app.id, 1), version));
            CHECK_FALSE(app_versions::find(tx, app.id, 2));
            CHECK(same(*connections::find(tx, app.id, tenant.id), connection));
            CHECK(same(*connections::get(tx, connection.id), connection));
            CHECK(same(*connections::by_client_id(tx, environment.id, "jid.1"), connection));
            CHECK_FALSE(connections::by_client_id(tx, EnvironmentId::fresh(), "jid.1"));
            CHECK_FALSE(connections::by_client_id(tx, environment.id, ""));
            const auto known = connections::of_client_id(tx, "jid.1");
            REQUIRE(known.size() == 1);
            CHECK(same(known.front(), connection));
            CHECK(known.front().environment == environment.id);
            CHECK(connections::of_client_id(tx, "").empty());
            CHECK(connections::of_app(tx, app.id).size() == 1);
            CHECK(connections::of_tenant(tx, tenant.id).size() == 1);
            CHECK(connections::list(tx).size() == 1);
            CHECK(connections::count(tx, environment.id) == 1);
            const auto both = secrets::of(tx, connection.id);
            REQUIRE(both.size() == 2);
            CHECK(same(both[0], first));
            CHECK(same(both[1], second));
            const auto candidates = bindings::candidates(tx, 4'294'967'294);
            REQUIRE(candidates.size() == 2);
            CHECK(same(candidates[0], binding));
            CHECK(same(candidates[1], pattern));
            CHECK(bindings::candidates(tx, 5).size() == 1);
            CHECK(same(*bindings::get(tx, introspector.id), introspector));
            CHECK(same(*revoked_tokens::get(tx, revoked.id), revoked));
            CHECK(revoked_tokens::of_connection(tx, connection.id).size() == 1);
            CHECK(revoked_tokens::count(tx, connection.id) == 1);
            CHECK(revoked_tokens::expired(tx, noon - std::chrono::seconds{1}, 9).empty());
            CHECK(revoked_tokens::expired(tx, noon, 9).size() == 1);
            CHECK(revoked_tokens::expired(tx, noon, 0).empty());
            CHECK(bindings::of_connection(tx, connection.id).size() == 1);
            CHECK(same(bindings::of_pattern(tx, app.id, environment.id).at(0), pattern));
            CHECK(bindings::of_app(tx, app.id).size() == 2);
            CHECK(same(*bindings::get(tx, binding.id), binding));
            CHECK(bindings::list(tx).size() == 3);
            CHECK(bindings::any_for_group(tx));
            CHECK(bindings::any_for_unit(tx));
            CHECK(same(roles::candidates(tx, 0).at(0), grant));
            CHECK(roles::candidates(tx, 1).empty());
            CHECK(roles::of_app(tx, app.id).empty());
            CHECK(roles::list(tx).size() == 1);
            CHECK(same(*pairs::by_client_id(tx, "jid.pair"), pair));
            CHECK(pairs::of_connection(tx, connection.id).size() == 1);
            CHECK(pairs::by_prefix(tx, "jcs.abcd").size() == 1);
            CHECK_FALSE(pairs::any_for_unit(tx));  // it is revoked
            CHECK(same(*tickets::get(tx, ticket.id), ticket));
            CHECK(tickets::of_connection(tx, connection.id).size() == 1);
            CHECK(same(scopes::list(tx).at(0), scope));
            CHECK_FALSE(audit_checkpoints::find(tx));
            CHECK(key_slots::list(tx).size() == 1);
            CHECK(tx.data_key(environment).reveal().size() == key_size);
            auto elsewhere = environment;
            elsewhere.id = EnvironmentId::fresh();
            CHECK_THROWS_AS((void)tx.data_key(elsewhere), Tampered);
        });
    }
}

TEST_CASE("tables: update and erase change one row and the epoch") {
    Place place;
    auto& store = place.begin();
    auto app = add_app(place, "dispatcher");
    add_app(place, "other");
    const auto before = store.epoch();
    app.organization = "New owner";
    place.run([&](Transaction& tx) {
        tx.update(app);
        CHECK(tx.epoch() == before + 1);
        CHECK(apps::find(tx, "dispatcher")->organization == "New owner");
        CHECK(apps::find(tx, "other")->organization == "Acme");
        tx.append_audit(entry("app.edited", app.name));
    });
    CHECK(store.epoch() == before + 1);
    place.run([&](Transaction& tx) {
        tx.erase(app);
        tx.append_audit(entry("app.deleted", app.name));
        CHECK_FALSE(apps::find(tx, "dispatcher"));
        CHECK(apps::list(tx).size() == 1);
    });
    place.open();
    REQUIRE(place.unseal());
    CHECK(place.run([](Transaction& tx) { return apps::list(tx).size(); }) == 1);
}

TEST_CASE("tables: what a service must have checked first is a programming error, and changes nothing") {
    Place place;
    auto& store = place.begin();
    const auto app = add_app(place, "dispatcher");
    const auto epoch = store.epoch();
    auto group = store.group();
    CHECK_THROWS_AS(group.attempt([&](Transaction& tx) { tx.insert(app); }), std::logic_error);
    CHECK_THROWS_AS(group.attempt([&](Transaction& tx) { tx.insert(app_named("dispatcher")); }), std::logic_error);
    CHECK_THROWS_AS(group.attempt([&](Transaction& tx) { tx.insert(App{}); }), std::logic_error);
    CHECK_THROWS_AS(group.attempt([&](Transaction& tx) { tx.update(app_named("nowhere")); }), std::logic_error);
    CHECK_THROWS_AS(group.attempt([&](Transaction& tx) { tx.erase(app_named("nowhere")); }), std::logic_error);
    CHECK_FALSE(group.lost());
    group.commit();
    CHECK(store.epoch() == epoch);
}

TEST_CASE("usage: counts by user, knows the last one") {
    Place place;
    place.begin();
    const auto connection = ConnectionId::fresh();
    Usage used{connection, "abcdefgh", 1000, "alice", 2, noon};
    place.run([&](Transaction& tx) {
        CHECK_FALSE(usage::last_of(tx, connection, "abcdefgh"));
        usage::add(tx, used);
    });
    place.run([&](Transaction& tx) {
        used.last_at = noon - std::chrono::seconds{5};  // a late report does not turn the time back
        usage::add(tx, used);
        usage::add(tx, {connection, "abcdefgh", 1001, "bob", 1, noon - std::chrono::hours{1}});
        usage::add(tx, {connection, "", 1001, "bob", 1, noon + std::chrono::hours{1}});
    });
    place.open();
    REQUIRE(place.unseal());
    place.run([&](Transaction& tx) {
        const auto last = usage::last_of(tx, connection, "abcdefgh");
        REQUIRE(last);
        CHECK(last->user == "alice");
        CHECK(last->count == 4);
        CHECK(last->last_at == noon);
        CHECK(usage::last_of(tx, connection, "")->user == "bob");
    });
}
