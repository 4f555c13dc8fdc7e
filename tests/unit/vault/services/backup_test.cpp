#include "daemon/vault/services/backup.hpp"

#include <set>

#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "tests/unit/vault/services/backup_support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

/// Enough for several slices.
void fill(SafeOffice& office, int tenants = 400) {
    office.connected(name);
    office.many_tenants(tenants);
}

Error refusal(SafeOffice& office, const Bytes& file) {
    RestoreInProgress restore;
    const auto read = office.read(office.store(), file, restore);
    REQUIRE_FALSE(read);
    CHECK_FALSE(restore.has_value());
    return read.error();
}

}  // namespace

TEST_CASE("a backup without passphrase or recovery key is refused with the way to add one") {
    Office office;
    BackupInProgress backup;
    const auto begun =
        office.run([&](Transaction& tx) { return begin_backup(tx, office.admin, backup, office.clock); });
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == Errc::wrong_state);
    CHECK(begun.error().next == "jeton key slot add recovery");
    CHECK_FALSE(backup.has_value());
}

TEST_CASE("a backup opens with the recovery key, and not with the key file of its host") {
    SafeOffice office;
    office.connected(name);
    const auto file = office.back_up();
    const auto header = backup::parse_clear_part(file);
    REQUIRE(header);
    REQUIRE(header->header.slots.size() == 1);
    CHECK(header->header.slots.front().kind == KeySlotKind::recovery);
    CHECK_FALSE(open_slot(header->header.slots.front(), SlotSecret{SecretBytes{32}}));
    CHECK_FALSE(open_slot(header->header.slots.front(), *parse_recovery_key(make_recovery_key().reveal())));
    CHECK(office.root_of(file));
}

TEST_CASE("S17: no secret stands in a backup, in whatever spelling") {
    SafeOffice office;
    office.connected(name);
    office.connected("importer/2@production", EnvironmentKind::upstream);
    const auto local = office.generate(name);
    REQUIRE(local);
    const std::string imported = "a-secret-of-the-portal-0123456789abcdef";
    REQUIRE(office.import_pair("importer/2@production", {"cid.1", imported, {}}));
    const auto file = office.back_up();
    const std::string content{file.begin(), file.end()};
    for (const std::string& secret : {std::string{local->value.reveal()}, imported}) {
        CHECK(content.find(secret) == std::string::npos);
        CHECK(content.find(hex(bytes_of(secret))) == std::string::npos);
        CHECK(content.find(base64url(secret).substr(0, 40)) == std::string::npos);
    }
    CHECK(content.find("dispatcher") == std::string::npos);
}

TEST_CASE("every page is below what an inner frame holds, and the backup comes in slices") {
    SafeOffice office;
    fill(office);
    BackupInProgress backup;
    REQUIRE(office.run([&](Transaction& tx) { return begin_backup(tx, office.admin, backup, office.clock); }));
    std::int64_t number = 0;
    for (; backup; ++number) {
        const auto id = backup->id;
        const auto page =
            office.run([&](Transaction& tx) { return next_page(tx, office.admin, backup, id, number, office.clock); });
        REQUIRE(page);
        CHECK(page->bytes.size() <= 64UZ * 1024);
    }
    CHECK(number > 3);
}

TEST_CASE("one backup at a time; one that nobody goes on with ends") {
    SafeOffice office;
    BackupInProgress backup;
    const auto begin = [&](const Peer& peer) {
        return office.run([&](Transaction& tx) { return begin_backup(tx, peer, backup, office.clock); });
    };
    const auto page = [&](const Peer& peer, std::int64_t number) {
        const auto id = backup->id;
        return office.run([&](Transaction& tx) { return next_page(tx, peer, backup, id, number, office.clock); });
    };
    fill(office);
    REQUIRE(begin(office.admin));
    CHECK(begin(office.operator_peer).error().code == Errc::wrong_state);
    SUBCASE("another user does not get its pages") { CHECK_FALSE(page(office.operator_peer, 0)); }
    SUBCASE("pages come in their order") {
        REQUIRE(page(office.admin, 0));
        CHECK(page(office.admin, 2).error().what == "this backup has ended: a page of it got lost");
        CHECK_FALSE(backup.has_value());
    }
    SUBCASE("after half a minute it is over") {
        office.clock.advance(29s);
        REQUIRE(page(office.admin, 0));
        office.clock.advance(31s);
        CHECK_FALSE(page(office.admin, 1));
        CHECK(begin(office.operator_peer));
    }
    SUBCASE("a store that was sealed meanwhile") {
        office.restart();
        CHECK(page(office.admin, 0).error().what ==
              "this backup has ended: the store was sealed or restored meanwhile");
    }
}

TEST_CASE("who took a backup stands in the audit before its first byte leaves") {
    SafeOffice office;
    (void)office.back_up();
    REQUIRE(office.audited("store.backed-up").size() == 1);
    CHECK(office.audited("store.backed-up").front().actor_user == "alice");
}

TEST_CASE("what changes while a backup is made is in it as it was at the end") {
    SafeOffice office;
    fill(office);
    office.connected("dispatcher/2@integration");
    std::string added_secret;
    std::int64_t changes = 0;
    const auto file = office.back_up([&](std::int64_t page) {
        // One after each page: rows that were read already, rows that were not, new ones, and names given away.
        ++changes;
        if (page == 0) {
            const auto made = office.generate(name);
            REQUIRE(made);
            added_secret = made->value.reveal().substr(0, secret_prefix_size);
        }
        if (page == 1) office.tenant("late@integration");
        if (page == 2) office.bind(name);
        if (page == 3) office.app("second");
    });
    REQUIRE(changes > 3);
    Elsewhere host;
    REQUIRE(office.restore_into(host.store, file));
    auto group = host.store.group();
    group.attempt([&](Transaction& tx) {
        const auto found = find_connection(tx, SafeOffice::connection(name));
        REQUIRE(found);
        const auto list = secrets::of(tx, found->connection.id);
        REQUIRE(list.size() == 1);
        CHECK(list.front().prefix == added_secret);
        CHECK(find_tenant(tx, SafeOffice::tenant_name("late@integration")));
        CHECK(find_app(tx, "second"));
        CHECK(bindings::list(tx).size() == 1);
        CHECK(tenants::list(tx).size() == 403);
        CHECK(audit::verify(tx));
    });
}

TEST_CASE("a name that is given to another row while a backup is made") {
    SafeOffice office;
    fill(office);
    office.app("taken");
    const auto file = office.back_up([&](std::int64_t page) {
        if (page != 3) return;
        REQUIRE(office.run([&](Transaction& tx) { return delete_app(tx, office.admin, "taken", office.clock.now()); }));
        office.app("taken", "tenant");
    });
    Elsewhere host;
    REQUIRE(office.restore_into(host.store, file));
    auto group = host.store.group();
    group.attempt(
        [&](Transaction& tx) { CHECK(find_app(tx, "taken").value().credentials == CredentialsMode::tenant); });
}

TEST_CASE("T28: a row that was altered or taken away is not backed up, but named") {
    SafeOffice office;
    office.connected(name);
    const auto break_with = [&](const std::string& sql) {
        StoreProbe::engine(office.store()).database->execute(sql);
        BackupInProgress backup;
        REQUIRE(office.run([&](Transaction& tx) { return begin_backup(tx, office.admin, backup, office.clock); }));
        const auto id = backup->id;
        CHECK_THROWS_AS(
            (void)office.run([&](Transaction& tx) { return next_page(tx, office.admin, backup, id, 0, office.clock); }),
            Tampered);
    };
    SUBCASE("altered") { break_with("UPDATE tenants SET name = 'Mallory'"); }
    SUBCASE("taken away") { break_with("DELETE FROM app_versions"); }
    SUBCASE("an audit entry altered") { break_with("UPDATE audit SET actor_user = 'mallory' WHERE sequence = 2"); }
    SUBCASE("an audit entry taken away") { break_with("DELETE FROM audit WHERE sequence = 3"); }
}

TEST_CASE("threat: any bit of a backup that was altered is refused, and nothing is changed") {
    SafeOffice office;
    fill(office, 20);
    const auto file = office.back_up();
    const auto epoch = office.store().epoch();
    const auto start = backup::parse_clear_part(file).value().size;
    std::set<std::size_t> places;
    for (std::size_t at = 0; at < start + backup_start_size + 8; ++at) places.insert(at);
    for (std::size_t at = start + backup_start_size + 8; at < file.size(); at += file.size() / 40) places.insert(at);
    for (std::size_t back = 1; back <= backup_frame_overhead; ++back) places.insert(file.size() - back);
    for (const auto at : places) {
        auto altered = file;
        altered[at] ^= 0x40;
        INFO("byte ", at, " of ", file.size());
        const auto refused = refusal(office, altered);
        CHECK((refused.code == Errc::bad_input || refused.code == Errc::mismatch || refused.code == Errc::forbidden));
        CHECK_FALSE(refused.next.empty());
    }
    CHECK(office.store().epoch() == epoch);
    CHECK_FALSE(std::filesystem::exists(office.directory() / "state/jeton.db.restoring"));
}

TEST_CASE("threat: a backup that was cut, lengthened or put together from two is refused by name") {
    SafeOffice office;
    fill(office);
    const auto file = office.back_up();
    const auto clear = backup::parse_clear_part(file).value().size + backup_start_size;
    // Where each frame begins.
    std::vector<std::size_t> frames;
    for (auto at = clear; at < file.size();) {
        frames.push_back(at);
        at += 4 + file[at] + (static_cast<std::size_t>(file[at + 1]) << 8U);
    }
    REQUIRE(frames.size() > 2);
    SUBCASE("cut before each frame, and within it") {
        for (const auto frame : {frames[0], frames[1], frames[frames.size() / 2], frames.back()}) {
            for (const auto at : {frame, frame + 2, frame + 40}) {
                INFO("cut at ", at);
                CHECK(refusal(office, {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(at)})
                          .what.find("truncated") != std::string::npos);
            }
        }
        CHECK(refusal(office, {file.begin(), file.end() - 1}).what.find("truncated") != std::string::npos);
        CHECK(refusal(office, {file.begin(), file.begin() + 30}).what.find("truncated") != std::string::npos);
    }
    SUBCASE("bytes behind its end") {
        auto longer = file;
        longer.push_back(0);
        CHECK(refusal(office, longer).what.find("behind its end") != std::string::npos);
        longer = file;
        longer.insert(longer.end(), file.begin(), file.end());
        CHECK(refusal(office, longer).what.find("behind its end") != std::string::npos);
    }
    SUBCASE("two frames in the wrong order, one twice, one left out") {
        const auto piece = [&](std::size_t from, std::size_t to) {
            return Bytes{file.begin() + static_cast<std::ptrdiff_t>(from),
                         file.begin() + static_cast<std::ptrdiff_t>(to)};
        };
        const auto joined = [&](std::initializer_list<Bytes> pieces) {
            Bytes all;
            for (const auto& one : pieces) all.insert(all.end(), one.begin(), one.end());
            return all;
        };
        const auto head = piece(0, frames[0]);
        const auto first = piece(frames[0], frames[1]);
        const auto second = piece(frames[1], frames[2]);
        const auto rest = piece(frames[2], file.size());
        for (const auto& wrong : {joined({head, second, first, rest}), joined({head, first, first, second, rest}),
                                  joined({head, second, rest})}) {
            CHECK(refusal(office, wrong).what.find("altered, left out or moved") != std::string::npos);
        }
    }
    SUBCASE("the frames of another backup of the same store") {
        const auto other = office.back_up();
        auto mixed = Bytes{file.begin(), file.begin() + static_cast<std::ptrdiff_t>(clear)};
        mixed.insert(mixed.end(), other.begin() + static_cast<std::ptrdiff_t>(clear), other.end());
        CHECK(refusal(office, mixed).what.find("altered, left out or moved") != std::string::npos);
    }
    SUBCASE("no backup at all, or one of a newer jeton") {
        CHECK(refusal(office, {'h', 'e', 'l', 'l', 'o'}).what == "this is no backup of jeton");
        CHECK(refusal(office, {}).what == "this is no backup of jeton");
        auto newer = file;
        // Behind magic and length stand the purpose (a text) and then the schema version.
        newer[backup::magic.size() + 4 + 8 + std::string_view{"jeton backup header"}.size()] = 99;
        CHECK(refusal(office, newer).what.find("a newer jeton (schema 99") != std::string::npos);
    }
}

TEST_CASE("threat: a key slot of another store in a backup opens nothing") {
    SafeOffice office;
    SafeOffice other;
    const auto file = office.back_up();
    const auto theirs = other.back_up();
    // The other store's slot, and behind it this store's stream.
    const auto start = backup::parse_clear_part(file).value().size;
    const auto their_start = backup::parse_clear_part(theirs).value().size;
    Bytes mixed{theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(their_start)};
    mixed.insert(mixed.end(), file.begin() + static_cast<std::ptrdiff_t>(start), file.end());
    RestoreInProgress restore;
    const auto read = other.read(other.store(), mixed, restore);
    REQUIRE_FALSE(read);
    CHECK(read.error().what.find("its key slot belongs to another store") != std::string::npos);
}
