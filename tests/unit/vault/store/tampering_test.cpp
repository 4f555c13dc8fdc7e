#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/tables.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

/// One row in every authority table; the key slot is there already.
void fill(Place& place) {
    Environment environment;
    environment.id = EnvironmentId::fresh();
    environment.name = "integration";
    environment.wrapped_data_key = Bytes{1};
    Tenant tenant;
    tenant.id = TenantId::fresh();
    tenant.environment = environment.id;
    SigningKey signing;
    signing.id = SigningKeyId::fresh();
    signing.environment = environment.id;
    const auto app = app_named("dispatcher");
    AppVersion version;
    version.id = AppVersionId::fresh();
    version.app = app.id;
    Connection connection;
    connection.id = ConnectionId::fresh();
    connection.app = app.id;
    connection.tenant = tenant.id;
    connection.environment = environment.id;
    Secret secret;
    secret.id = SecretId::fresh();
    secret.connection = connection.id;
    Binding binding;
    binding.id = BindingId::fresh();
    binding.connection = connection.id;
    RoleGrant grant;
    grant.id = RoleGrantId::fresh();
    Pair pair;
    pair.id = PairId::fresh();
    pair.connection = connection.id;
    Ticket ticket;
    ticket.id = TicketId::fresh();
    ticket.connection = connection.id;
    OwnScope scope;
    scope.id = ScopeId::fresh();
    AuditCheckpoint checkpoint;  // at the very beginning, where no entry is missing
    checkpoint.id = AuditCheckpointId::fresh();
    checkpoint.hash = Bytes(32);
    ClientKey client_key;
    client_key.id = ClientKeyId::fresh();
    client_key.connection = connection.id;
    RevokedToken revoked;
    revoked.id = RevokedTokenId::fresh();
    revoked.environment = environment.id;
    revoked.connection = connection.id;
    place.run([&](Transaction& tx) {
        tx.insert(environment);
        tx.insert(tenant);
        tx.insert(signing);
        tx.insert(app);
        tx.insert(version);
        tx.insert(connection);
        tx.insert(secret);
        tx.insert(binding);
        tx.insert(grant);
        tx.insert(pair);
        tx.insert(ticket);
        tx.insert(scope);
        tx.insert(checkpoint);
        tx.insert(client_key);
        tx.insert(revoked);
        tx.append_audit(entry("test.filled"));
    });
}

/// SQL that gives `column` of every row another value of its own type.
std::string change_of(const TableInfo& table, std::string_view column) {
    return fmt::format(
        "UPDATE {0} SET {1} = CASE typeof({1}) WHEN 'text' THEN {1} || 'x' WHEN 'integer' THEN {1} + 1 "
        "WHEN 'null' THEN CASE (SELECT type FROM pragma_table_info('{0}') WHERE name = '{1}') WHEN 'BLOB' "
        "THEN x'05' ELSE 5 END ELSE randomblob(33) END",
        table.name, column);
}

std::vector<std::string_view> columns_with_mac(const TableInfo& table) {
    auto columns = table.columns;
    columns.emplace_back("mac");
    return columns;
}

std::string id_in(Place& place, const TableInfo& table) {
    const auto rows = place.engine().database->query(fmt::format("SELECT id FROM {}", table.name));
    return std::get<std::string>(rows.at(0).at(0));
}

Record row_in(Place& place, const TableInfo& table, const std::string& id) {
    return place.engine().database->query(table.select + " WHERE id = ?", {id}).at(0);
}

/// Who is named where `work` meets an edited row; the savepoint takes `work`'s own edits back.
template <class F>
std::optional<std::pair<std::string, std::string>> tampered_by(Place& place, F&& work) {
    auto group = place.store().group();
    try {
        group.attempt(std::forward<F>(work));
    } catch (const Tampered& found) {
        return std::pair{found.table, found.id};
    }
    return std::nullopt;
}

std::string why_refused(Place& place) {
    std::string what;
    place.open();
    for (const bool accept_rollback : {true, false}) {
        const auto refused = place.unseal(accept_rollback);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::mismatch);
        CHECK(place.store().state() == StoreState::sealed);
        CHECK(place.store().reason() == refused.error().what + "; " + refused.error().next);
        what = refused.error().what;
    }
    return what;
}

using Named = std::pair<std::string, std::string>;

}  // namespace

TEST_CASE("store tampering: any column of any table, edited while closed, is refused by table and id (T29)") {
    Place place;
    place.begin();
    fill(place);
    std::vector<std::string> ids;
    for (const auto* table : authority_tables()) ids.push_back(id_in(place, *table));
    place.close();
    const auto clean = place.save();
    for (const auto* table : authority_tables()) {
        for (const auto column : columns_with_mac(*table)) {
            CAPTURE(table->name);
            CAPTURE(column);
            place.edit(change_of(*table, column));
            const auto id = ids.at(table->ordinal) + (column == "id" ? "x" : "");
            CHECK(why_refused(place) == fmt::format("row {} of table {} was edited outside jeton", id, table->name));
            place.close();
            place.restore(clean);
        }
    }
    place.open();
    CHECK(place.unseal());
}

TEST_CASE("store tampering: any column of any table, edited while open, is met by the next read (T29)") {
    Place place;
    place.begin();
    fill(place);
    for (const auto* table : authority_tables()) {
        const auto id = id_in(place, *table);
        for (const auto column : columns_with_mac(*table)) {
            CAPTURE(table->name);
            CAPTURE(column);
            const auto found = tampered_by(place, [&](Transaction& tx) {
                place.edit_open(change_of(*table, column));
                (void)tx.read(*table, "", {});
            });
            CHECK(found == Named{table->name, id + (column == "id" ? "x" : "")});
        }
        CHECK(place.run([&](Transaction& tx) { return tx.read(*table, "", {}).size(); }) == 1);
    }
}

TEST_CASE("store tampering: a row put in, with the MAC of another one, is no row") {
    Place place;
    place.begin();
    add_app(place, "dispatcher");
    const std::string forge =
        "INSERT INTO apps SELECT 'f00', name || '2', organization, homepage, credentials, app_key, current_version, "
        "created_at, mac, external_data_guid FROM apps";
    CHECK(tampered_by(place, [&](Transaction& tx) {
              place.edit_open(forge);
              (void)apps::find(tx, "dispatcher2");
          }) == Named{"apps", "f00"});
    place.close();
    place.edit(forge);
    CHECK(why_refused(place) == "row f00 of table apps was edited outside jeton");
}

TEST_CASE("store tampering: rows that exchange their contents are refused") {
    Place place;
    place.begin();
    const auto first = add_app(place, "first");
    const auto second = add_app(place, "second");
    const auto swap = fmt::format(
        "UPDATE apps SET id = 'x' WHERE id = '{0}'; UPDATE apps SET id = '{0}' WHERE id = '{1}'; "
        "UPDATE apps SET id = '{1}' WHERE id = 'x'",
        first.id.text, second.id.text);
    CHECK(tampered_by(place, [&](Transaction& tx) {
              place.edit_open(swap);
              (void)apps::get(tx, first.id);
          }) == Named{"apps", first.id.text});
    place.close();
    place.edit(swap);
    CHECK(why_refused(place).find("of table apps was edited outside jeton") != std::string::npos);
}

TEST_CASE("store tampering: an older row put back is refused though its MAC is genuine (T27)") {
    Place place;
    place.begin();
    auto app = add_app(place, "dispatcher");
    const auto& table = info_of<App>();
    const auto old = row_in(place, table, app.id.text);
    app.organization = "New owner";
    place.run([&](Transaction& tx) {
        tx.update(app);
        tx.append_audit(entry("app.edited"));
    });
    const auto put_back = [&] {
        place.edit_open("DELETE FROM apps");
        place.engine().database->run(table.insert, old);
    };
    const auto reads_and_writes = [&](auto work) {
        return tampered_by(place, [&](Transaction& tx) {
            put_back();
            work(tx);
        });
    };
    const Named named{"apps", app.id.text};
    CHECK(reads_and_writes([&](Transaction& tx) { (void)apps::get(tx, app.id); }) == named);
    CHECK(reads_and_writes([&](Transaction& tx) { (void)apps::find(tx, "dispatcher"); }) == named);
    CHECK(reads_and_writes([&](Transaction& tx) { (void)apps::list(tx); }) == named);
    CHECK(reads_and_writes([&](Transaction& tx) { tx.update(app); }) == named);
    CHECK(reads_and_writes([&](Transaction& tx) { tx.erase(app); }) == named);
    put_back();
    place.close();
    CHECK(why_refused(place) ==
          fmt::format("row {} of table apps was replaced by an older one outside jeton", app.id.text));
}

TEST_CASE("store tampering: a row that jeton deleted does not come back") {
    Place place;
    place.begin();
    fill(place);
    const auto& table = info_of<Binding>();
    const auto id = id_in(place, table);
    const auto old = row_in(place, table, id);
    place.run([&](Transaction& tx) {
        tx.erase(bindings::list(tx).at(0));
        tx.append_audit(entry("binding.removed"));
    });
    CHECK(tampered_by(place, [&](Transaction& tx) {
              place.engine().database->run(table.insert, old);
              (void)bindings::list(tx);
          }) == Named{"bindings", id});
    place.engine().database->run(table.insert, old);
    place.close();
    CHECK(why_refused(place) ==
          fmt::format("row {} of table bindings was deleted by jeton and put back outside it", id));
}

TEST_CASE("store tampering: a row deleted outside jeton is missed, in every table" *
          doctest::test_suite("exhaustive")) {
    Place place;
    place.begin();
    fill(place);
    std::vector<std::string> ids;
    for (const auto* table : authority_tables()) ids.push_back(id_in(place, *table));
    const AppId app{ids.at(info_of<App>().ordinal)};
    const auto after_deletion = [&](auto work) {
        return tampered_by(place, [&](Transaction& tx) {
            place.edit_open("DELETE FROM apps");
            work(tx);
        });
    };
    const Named named{"apps", app.text};
    CHECK(after_deletion([&](Transaction& tx) { (void)apps::get(tx, app); }) == named);
    CHECK(after_deletion([&](Transaction& tx) { (void)apps::list(tx); }) == named);
    CHECK(after_deletion([&](Transaction& tx) {
              App changed = app_named("dispatcher");
              changed.id = app;
              tx.update(changed);
          }) == named);

    place.close();
    const auto clean = place.save();
    for (const auto* table : authority_tables()) {
        place.edit(fmt::format("DELETE FROM {}", table->name));
        CHECK(why_refused(place) ==
              fmt::format("row {} of table {} was deleted outside jeton", ids.at(table->ordinal), table->name));
        place.close();
        place.restore(clean);
    }
}

TEST_CASE("store tampering: an edited, moved or missing state row is refused") {
    Place place;
    place.begin();
    add_app(place, "dispatcher");
    const auto old = place.engine().database->query("SELECT sealed FROM state").at(0);
    add_app(place, "other");
    bool replayed = false;
    std::string sql;
    SUBCASE("edited") { sql = "UPDATE state SET sealed = randomblob(length(sealed))"; }
    SUBCASE("shortened") { sql = "UPDATE state SET sealed = x''"; }
    SUBCASE("deleted") { sql = "DELETE FROM state"; }
    SUBCASE("replayed") { replayed = true; }
    if (replayed) place.engine().database->run("UPDATE state SET sealed = ?", old);
    place.close();
    if (!replayed) place.edit(sql);
    const auto why = why_refused(place);
    // The older state does not fit the audit that goes on behind it.
    CHECK(why.find(replayed ? "audit entry 3 was put in" : "the state row was edited") != std::string::npos);
}

TEST_CASE("store tampering: one edited row is no reason to refuse what does not need it") {
    Place place;
    place.begin();
    const auto good = add_app(place, "good");
    add_app(place, "bad");
    place.edit_open("UPDATE apps SET organization = 'Mallory' WHERE name = 'bad'");
    auto group = place.store().group();
    CHECK_THROWS_AS(group.attempt([](Transaction& tx) { (void)apps::find(tx, "bad"); }), Tampered);
    CHECK(group.attempt([](Transaction& tx) { return apps::find(tx, "good").has_value(); }));
    group.attempt([&](Transaction& tx) {
        auto changed = good;
        changed.organization = "New owner";
        tx.update(changed);
        tx.append_audit(entry("app.edited"));
    });
    CHECK_FALSE(group.lost());
    group.commit();
}
