#include "daemon/vault/services/restore.hpp"

#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/services/host_secrets.hpp"
#include "daemon/vault/services/introspection.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/services/root_rotation.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/tickets.hpp"
#include "tests/unit/vault/services/backup_support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

std::vector<KeySlot> slots_of(Store& store) {
    auto group = store.group();
    return group.attempt([](Transaction& tx) { return key_slots::list(tx); });
}

std::vector<std::filesystem::path> kept_beside(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        if (entry.path().filename().string().find("restor") != std::string::npos) files.push_back(entry.path());
    }
    return files;
}

}  // namespace

TEST_CASE("a restore brings back what was there, and the old database is kept aside") {
    SafeOffice office;
    office.connected(name);
    const auto generated = office.generate(name);
    REQUIRE(generated);
    const auto file = office.back_up();
    const auto client_id = office.row(name).client_id;
    office.tenant("late@integration");
    const auto instance = office.store().instance();
    const auto epoch = office.store().epoch();

    const auto restored = office.restore_into(office.store(), file);
    REQUIRE(restored);
    CHECK(office.store().state() == StoreState::unsealed);
    CHECK(office.store().instance() != instance);
    CHECK(office.store().epoch() > epoch);
    CHECK(restored->epoch == office.store().epoch());
    REQUIRE(restored->kept);
    CHECK(std::filesystem::exists(*restored->kept));
    CHECK(office.accepts(client_id, generated->value.reveal()));
    CHECK_FALSE(
        office.run([&](Transaction& tx) { return find_tenant(tx, SafeOffice::tenant_name("late@integration")); }));
    CHECK(office.run([](Transaction& tx) { return audit::verify(tx); }));
    const auto entries = office.audited("store.restored");
    REQUIRE(entries.size() == 1);
    CHECK(entries.front().actor_user == "alice");
    CHECK(entries.front().detail.ends_with("revived: nothing"));
    CHECK(kept_beside(office.directory() / "state") == std::vector{*restored->kept});
    CHECK(kept_beside(office.directory() / "anchor").empty());

    SUBCASE("and it opens by the host's key file as before") {
        office.store().seal();
        for (const auto& slot : office.store().slots()) {
            if (slot.kind != KeySlotKind::key_file) continue;
            CHECK(office.store().unseal(open_slot(slot, SlotSecret{SecretBytes{32}}).value(), false));
        }
        CHECK(office.store().state() == StoreState::unsealed);
    }
    SUBCASE("and the files alone are a store that its anchor vouches for") {
        const auto root = office.run([](Transaction& tx) { return Result<RootKey>{tx.root().copy()}; });
        const auto place = office.directory();
        office.store().seal();
        Elsewhere host;
        std::filesystem::create_directories(host.directory / "copy/state");
        std::filesystem::create_directories(host.directory / "copy/anchor");
        std::filesystem::copy(place / "anchor/anchor", host.directory / "copy/anchor/anchor");
        office.store().checkpoint();
        std::filesystem::copy(place / "state/jeton.db", host.directory / "copy/state/jeton.db");
        Store copy{{host.directory / "copy/state/jeton.db", host.directory / "copy/anchor"}, host.clock};
        CHECK(copy.unseal(root->copy(), false));
    }
}

TEST_CASE("T27: the store that was there before the restore is a rolled back one from then on") {
    SafeOffice office;
    office.connected(name);
    const auto file = office.back_up();
    office.tenant("late@integration");
    const auto root = office.run([](Transaction& tx) { return Result<RootKey>{tx.root().copy()}; });
    const auto restored = office.restore_into(office.store(), file);
    REQUIRE(restored);
    Elsewhere host;
    std::filesystem::create_directories(host.directory / "copy/state");
    std::filesystem::create_directories(host.directory / "copy/anchor");
    std::filesystem::copy(*restored->kept, host.directory / "copy/state/jeton.db");
    std::filesystem::copy(office.directory() / "anchor/anchor", host.directory / "copy/anchor/anchor");
    Store copy{{host.directory / "copy/state/jeton.db", host.directory / "copy/anchor"}, host.clock};
    CHECK(copy.unseal(root->copy(), false).error().code == Errc::mismatch);
}

TEST_CASE("a token that was issued before the restore is inactive after it") {
    SafeOffice office;
    office.connected(name);
    office.bind(name);
    NewBinding wanted;
    wanted.introspect = "integration";
    wanted.identity.user = "worker";
    wanted.identity.uid = office.program.uid;
    REQUIRE(office.run([&](Transaction& tx) { return add_binding(tx, office.admin, wanted, office.clock.now()); }));
    const auto token = [&] {
        TokenRequest request;
        request.connection = name;
        auto decision = office.decide(request);
        REQUIRE(decision);
        return std::string{decision->token->access_token.reveal()};
    };
    const auto is_active = [&](const std::string& text) {
        return office
            .run([&](Transaction& tx) {
                return introspect_token(tx, office.program, "integration", text, office.clock.now());
            })
            .value()
            .has_value();
    };
    const auto before_backup = token();
    const auto file = office.back_up();
    // The present store goes on: its generations grow, too.
    REQUIRE(office.generate(name));
    REQUIRE(office.run([&](Transaction& tx) {
        return rotate_secret(tx, office.admin, SafeOffice::connection(name), {}, office.clock.now());
    }));
    const auto after_backup = token();
    REQUIRE(is_active(after_backup));
    REQUIRE(office.restore_into(office.store(), file));
    CHECK_FALSE(is_active(before_backup));
    CHECK_FALSE(is_active(after_backup));
    const auto fresh = token();
    CHECK(is_active(fresh));
    SUBCASE("and one of the restored store is after the next restore") {
        REQUIRE(office.restore_into(office.store(), file));
        CHECK_FALSE(is_active(fresh));
        CHECK(is_active(token()));
    }
}

TEST_CASE("a backup restores to a fresh host with the recovery key alone") {
    SafeOffice office;
    office.connected(name);
    const auto generated = office.generate(name);
    REQUIRE(generated);
    const auto file = office.back_up();
    Elsewhere host;
    SUBCASE("with a key file configured, it opens by itself from then on") {
        office.config.keys.key_file = host.directory / "keys/key";
        const auto restored = office.restore_into(host.store, file);
        REQUIRE(restored);
        CHECK_FALSE(restored->kept);
        const auto slots = slots_of(host.store);
        REQUIRE(slots.size() == 2);
        host.store.seal();
        const auto secret = make_or_read_key_file(office.config.keys.key_file);
        REQUIRE(secret);
        for (const auto& slot : slots) {
            if (slot.kind == KeySlotKind::key_file) CHECK(host.store.unseal(open_slot(slot, *secret).value(), false));
        }
        CHECK(host.store.state() == StoreState::unsealed);
    }
    SUBCASE("without one, it says that it must be unsealed by hand") {
        const auto restored = office.restore_into(host.store, file);
        REQUIRE(restored);
        CHECK(restored->opens_by.find("by hand") != std::string::npos);
        CHECK(slots_of(host.store).size() == 1);
    }
    SUBCASE("where another store was, that one is kept aside") {
        SafeOffice other;
        other.connected("other/9@integration");
        const auto restored = office.restore_into(other.store(), file);
        REQUIRE(restored);
        CHECK(restored->kept);
        CHECK(other.run([](Transaction& tx) { return find_app(tx, "other"); }).error().code == Errc::not_found);
        CHECK(other.run([](Transaction& tx) { return find_app(tx, "dispatcher"); }));
    }
    SUBCASE("where the database got lost, its anchor does not stand in the way") {
        const auto lost = office.directory() / "state/jeton.db";
        office.store().seal();
        HandClock clock;
        std::filesystem::create_directories(host.directory / "second/anchor");
        std::filesystem::copy(office.directory() / "anchor/anchor", host.directory / "second/anchor/anchor");
        Store bare{{host.directory / "second/state/jeton.db", host.directory / "second/anchor"}, clock};
        REQUIRE(bare.state() == StoreState::uninitialised);
        const auto known = bare.known_epoch();
        REQUIRE(known > 1);
        REQUIRE(office.restore_into(bare, file));
        CHECK(bare.state() == StoreState::unsealed);
        CHECK(bare.epoch() > known);
    }
}

TEST_CASE("a damaged store is replaced, and its file is kept") {
    SafeOffice office;
    office.connected(name);
    const auto file = office.back_up();
    Elsewhere host;
    std::filesystem::create_directories(host.directory / "bad/state");
    std::filesystem::permissions(host.directory / "bad/state", std::filesystem::perms::owner_all);
    const auto damaged = host.directory / "bad/state/jeton.db";
    std::ofstream{damaged} << std::string(4096, 'x');
    std::filesystem::permissions(damaged, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    Store store{{damaged, host.directory / "bad/anchor"}, host.clock};
    REQUIRE(store.state() == StoreState::sealed);
    const auto restored = office.restore_into(store, file);
    REQUIRE(restored);
    CHECK(store.state() == StoreState::unsealed);
    REQUIRE(restored->kept);
    CHECK(std::filesystem::file_size(*restored->kept) == 4096);
}

TEST_CASE("tickets are in no backup, and the audit of the restored store knows it") {
    SafeOffice office;
    office.connected(name);
    const auto made = office.run([&](Transaction& tx) -> Result<Ticket> {
        Ticket ticket;
        ticket.id = TicketId::fresh();
        ticket.connection = find_connection(tx, SafeOffice::connection(name)).value().connection.id;
        ticket.sealed = Bytes{1, 2, 3};
        ticket.user = "dora";
        ticket.uid = 2001;
        ticket.expires_at = office.clock.now() + 1h;
        ticket.created_at = office.clock.now();
        tx.insert(ticket);
        record(tx, office.admin, {.event = "ticket.made", .subject = "ticket"}, office.clock.now());
        return ticket;
    });
    REQUIRE(made);
    const auto file = office.back_up();
    REQUIRE(office.restore_into(office.store(), file));
    CHECK(office.run([](Transaction& tx) { return tickets::list(tx).empty(); }));
    // A row that somebody puts back is named as such: the audit tells that it was taken away.
    StoreProbe::engine(office.store()).database->execute("DELETE FROM tenants");
    office.store().seal();
    const auto slot = office.store().slots().front();
    const auto refused = office.store().unseal(
        open_slot(slot, slot.kind == KeySlotKind::recovery ? *parse_recovery_key(office.recovery_key.reveal())
                                                           : SlotSecret{SecretBytes{32}})
            .value(),
        false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("of table tenants was deleted outside jeton") != std::string::npos);
}

TEST_CASE("what changes between comparison and confirmation is not lost unseen") {
    SafeOffice office;
    office.connected(name);
    const auto file = office.back_up();
    RestoreInProgress restore;
    const auto checked = office.read(office.store(), file, restore);
    REQUIRE(checked);
    const auto id = (*checked)->id;
    office.tenant("late@integration");
    const auto confirmed = confirm_restore(office.store(), office.config, restore, office.admin, id, office.clock);
    REQUIRE_FALSE(confirmed);
    CHECK(confirmed.error().code == Errc::wrong_state);
    CHECK(office.run([&](Transaction& tx) { return find_tenant(tx, SafeOffice::tenant_name("late@integration")); }));
    CHECK(kept_beside(office.directory() / "state").empty());
}

TEST_CASE("a restore is its user's own, ends after ten minutes, and leaves nothing behind") {
    SafeOffice office;
    office.connected(name);
    const auto file = office.back_up();
    RestoreInProgress restore;
    const auto checked = office.read(office.store(), file, restore);
    REQUIRE(checked);
    const auto id = (*checked)->id;
    CHECK_FALSE(kept_beside(office.directory() / "state").empty());
    SUBCASE("another user cannot confirm it") {
        CHECK_FALSE(confirm_restore(office.store(), office.config, restore, office.operator_peer, id, office.clock));
        CHECK(restore.has_value());
    }
    SUBCASE("it expires") {
        office.clock.advance(11min);
        CHECK_FALSE(confirm_restore(office.store(), office.config, restore, office.admin, id, office.clock));
        CHECK(kept_beside(office.directory() / "state").empty());
    }
    SUBCASE("nobody comes back to it") {
        office.clock.advance(9min);
        end_idle(restore, office.clock);
        CHECK(restore.has_value());
        office.clock.advance(2min);
        end_idle(restore, office.clock);
        CHECK_FALSE(restore.has_value());
        CHECK(kept_beside(office.directory() / "state").empty());
    }
    SUBCASE("it is given up") {
        end_restore(restore, office.admin, id);
        CHECK_FALSE(restore.has_value());
        CHECK(kept_beside(office.directory() / "state").empty());
        CHECK(kept_beside(office.directory() / "anchor").empty());
    }
}

TEST_CASE("a pruned audit is backed up and restored from its checkpoint on") {
    SafeOffice office;
    office.connected(name);
    office.clock.advance(24h);
    office.tenant("2@integration");
    office.tenant("3@integration");
    const auto prune = [&] {
        const auto pruned = office.run([&](Transaction& tx) {
            auto done = audit::prune(tx, office.clock.now(), "alice");
            if (done && done->entries > 0)
                record(tx, office.admin, {.event = "audit.pruned", .subject = "audit"}, office.clock.now());
            return done;
        });
        REQUIRE(pruned);
        REQUIRE(pruned->entries > 0);
    };
    Bytes file;
    SUBCASE("pruned before") {
        prune();
        file = office.back_up();
    }
    SUBCASE("pruned while the backup is made") {
        office.many_tenants(400);
        office.clock.advance(24h);
        office.tenant("last@integration");
        bool done = false;
        file = office.back_up([&](std::int64_t page) {
            if (page == 3) prune();
            done = done || page == 3;
        });
        REQUIRE(done);
    }
    Elsewhere host;
    REQUIRE(office.restore_into(host.store, file));
    auto group = host.store.group();
    CHECK(group.attempt([](Transaction& tx) { return audit::verify(tx); }));
}

TEST_CASE("a backup ends where what changed meanwhile is pruned from the audit") {
    SafeOffice office;
    office.connected(name);
    office.bind(name);
    office.many_tenants(400);
    BackupInProgress backup;
    REQUIRE(office.run([&](Transaction& tx) { return begin_backup(tx, office.admin, backup, office.clock); }));
    const auto page = [&](std::int64_t number) {
        const auto id = backup->id;
        return office.run(
            [&](Transaction& tx) { return next_page(tx, office.admin, backup, id, number, office.clock); });
    };
    std::int64_t number = 0;
    for (; number < 6; ++number) REQUIRE_FALSE(page(number).value().is_last);
    // The table was read already: that the binding is gone stands in the audit alone.
    REQUIRE(office.run([&](Transaction& tx) {
        return remove_binding(tx, office.admin, bindings::list(tx).front().id.text, office.clock.now());
    }));
    office.tenant("late@integration");
    const auto pruned = office.run([&](Transaction& tx) {
        auto done = audit::prune(tx, office.clock.now() + 1h, "alice");
        record(tx, office.admin, {.event = "audit.pruned", .subject = "audit"}, office.clock.now());
        return done;
    });
    REQUIRE(pruned);
    REQUIRE(pruned->entries > 0);

    const auto refused = page(number);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what == "this backup has ended: what changed meanwhile was pruned from the audit");
    CHECK(refused.error().next == "begin again: jeton backup FILE");
    CHECK_FALSE(backup.has_value());
    Elsewhere host;
    REQUIRE(office.restore_into(host.store, office.back_up()));
    auto group = host.store.group();
    CHECK(group.attempt([](Transaction& tx) { return bindings::list(tx).empty(); }));
}

TEST_CASE("an audit entry comes back whatever number of rows it tells of") {
    Elsewhere host;
    const auto restored = host.store.prepare_restore(RootKey::generate());
    SUBCASE("as long as any store has") {
        const auto columns = audit::columns();
        const auto changes = std::ranges::find(columns, "changes") - columns.begin();
        Record record(columns.size(), Value{std::int64_t{1}});
        record.at(static_cast<std::size_t>(changes)) = Bytes(65UZ * 1024 * 1024);
        record.back() = Bytes(32);  // the hash
        Bytes content;
        backup::append(content, backup::EntryItem{std::move(record)});
        REQUIRE(restored->take(content));
        CHECK(restored->entries() == 1);
    }
    SUBCASE("longer than SQLite takes a row") {
        CHECK(restored->take(Fields{}.number(1'000'000'000).take()));
        Elsewhere other;
        const auto refused =
            other.store.prepare_restore(RootKey::generate())->take(Fields{}.number(std::int64_t{1} << 31U).take());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::mismatch);
    }
}

TEST_CASE("a backup of before the root key was replaced restores, and one that is being made then ends") {
    SafeOffice office;
    office.connected(name);
    const auto generated = office.generate(name);
    REQUIRE(generated);
    const auto client_id = office.row(name).client_id;
    const auto replace = [&] {
        REQUIRE(office.run([&](Transaction& tx) { return rotate_root_key(tx, office.admin, office.clock.now()); }));
    };
    SUBCASE("made before") {
        const auto file = office.back_up();
        replace();
        RestoreInProgress restore;
        const auto checked = office.read(office.store(), file, restore);
        REQUIRE(checked);
        CHECK((*checked)->checked->is_other_store);
        CHECK(confirm_restore(office.store(), office.config, restore, office.admin, (*checked)->id, office.clock));
        CHECK(office.accepts(client_id, generated->value.reveal()));
    }
    SUBCASE("made after: the successor and what it inherits are in it") {
        replace();
        const auto file = office.back_up();
        Elsewhere host;
        REQUIRE(office.restore_into(host.store, file));
        auto group = host.store.group();
        CHECK(group.attempt([](Transaction& tx) { return audit::verify(tx); }));
        CHECK(office.differences(office.store(), file).empty());
    }
    SUBCASE("replaced in between") {
        office.many_tenants(200);
        BackupInProgress backup;
        REQUIRE(office.run([&](Transaction& tx) { return begin_backup(tx, office.admin, backup, office.clock); }));
        const auto id = backup->id;
        REQUIRE(office.run([&](Transaction& tx) { return next_page(tx, office.admin, backup, id, 0, office.clock); }));
        replace();
        const auto page =
            office.run([&](Transaction& tx) { return next_page(tx, office.admin, backup, id, 1, office.clock); });
        REQUIRE_FALSE(page);
        CHECK(page.error().what == "this backup has ended: the root key was rotated meanwhile");
    }
}

TEST_CASE("T29: an open store with an edited row is not compared, and is restored from its backup") {
    SafeOffice office;
    office.connected(name);
    const auto file = office.back_up();
    auto& database = *StoreProbe::engine(office.store()).database;
    SUBCASE("some row") { database.execute("UPDATE tenants SET name = 'Mallory'"); }
    SUBCASE("a row taken away") { database.execute("DELETE FROM tenants"); }
    SUBCASE("a key slot") { database.execute("UPDATE key_slots SET label = label || 'x'"); }
    RestoreInProgress restore;
    const auto checked = office.read(office.store(), file, restore);
    REQUIRE(checked);
    const auto& told = *(*checked)->checked;
    CHECK_FALSE(told.is_compared);
    CHECK(told.why_not_compared.find("outside jeton") != std::string::npos);
    CHECK_FALSE(told.is_other_store);
    REQUIRE(confirm_restore(office.store(), office.config, restore, office.admin, (*checked)->id, office.clock));
    CHECK(office.store().state() == StoreState::unsealed);
    CHECK(office.run([&](Transaction& tx) { return find_tenant(tx, SafeOffice::tenant_name("1@integration")); })
              .value()
              .tenant.name == "Customer");
}
