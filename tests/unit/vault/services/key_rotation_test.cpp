#include "daemon/vault/services/key_rotation.hpp"

#include <set>

#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/tickets.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "daemon/vault/store/tables.hpp"
#include "daemon/vault/store/tickets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";
const std::string remote = "dispatcher/9@production";
constexpr std::string_view remote_secret = "cs1.an-imported-client-secret";

bool always() { return true; }
bool never() { return false; }

/// One value of each kind in `integration`, one imported in `production`.
struct Sealed : Office {
    Sealed() {
        connected(local);
        connected(remote, EnvironmentKind::upstream);
        auto generated = generate(local);
        REQUIRE(generated);
        secret = std::string{generated->value.reveal()};
        REQUIRE(import_pair(remote, {"cid.a", remote_secret, {}}));
        Identity identity;
        identity.user = program.user;
        identity.uid = program.uid;
        auto created = run([&](Transaction& tx) {
            return create_pair(tx, admin, connection(local), identity, std::nullopt, clock.now());
        });
        REQUIRE(created);
        pair_id = created->pair.client_id;
        pair_secret = std::string{created->value.reveal()};
        hand_off(local);
    }

    void hand_off(const std::string& name) {
        NewTicket wanted;
        wanted.connection = connection(name);
        wanted.user = worker.user;
        wanted.uid = worker.uid;
        auto made = run([&](Transaction& tx) { return create_ticket(tx, admin, wanted, clock.now()); });
        REQUIRE(made);
        ticket = made->ticket;
        ticket_text = std::string{made->text.reveal()};
    }

    Result<Environment> rotate(std::string_view name) {
        return run([&](Transaction& tx) { return rotate_data_key(tx, admin, name, clock.now()); });
    }
    /// One slice, as the desk does it.
    bool slice(const std::function<bool()>& has_time) {
        auto progress = room.resealing;
        const bool more = run([&](Transaction& tx) { return reseal_slice(tx, progress, has_time, clock.now()); });
        room.resealing = progress;
        store().finish_destroying_keys();
        return more;
    }
    /// Until nothing is left; gives back how many slices it took.
    int finish(const std::function<bool()>& has_time = always) {
        int slices = 0;
        while (slice(has_time)) ++slices;
        return slices;
    }
    Environment environment_row(std::string_view name) {
        return run([&](Transaction& tx) { return environments::find(tx, name); }).value();
    }
    std::int64_t left(std::string_view name) {
        return run([&](Transaction& tx) { return values_left(tx, *environments::find(tx, name)); });
    }
    std::string client_id() { return row(local).client_id; }
    bool ticket_opens() {
        return run([&](Transaction& tx) {
            return is_text_of(tx, *environments::find(tx, "integration"), *tickets::get(tx, ticket.id), ticket_text);
        });
    }
    /// What the exchange would send for `remote`.
    std::string sent_upstream() {
        TokenRequest request;
        request.authentication = ClientAuthentication::peer;
        request.connection = remote;
        auto decision = decide(request);
        REQUIRE(decision);
        REQUIRE(decision->fetch);
        return std::string{decision->fetch->request.client_secret.reveal()};
    }
    std::set<std::int64_t> generations() {
        return run([&](Transaction& tx) {
            std::set<std::int64_t> all;
            const auto environment = *environments::find(tx, "integration");
            const auto id = find_connection(tx, connection(local))->connection.id;
            for (const auto& one : signing_keys::of(tx, environment.id)) all.insert(one.key_generation);
            for (const auto& one : secrets::of(tx, id)) all.insert(one.key_generation);
            for (const auto& one : pairs::of_connection(tx, id)) all.insert(one.key_generation);
            for (const auto& one : tickets::of_connection(tx, id)) all.insert(one.key_generation);
            return all;
        });
    }
    void check_all_work() {
        CHECK(accepts(client_id(), secret));
        CHECK_FALSE(accepts(client_id(), secret + "x"));
        CHECK(accepts(pair_id, pair_secret));
        CHECK_FALSE(accepts(pair_id, pair_secret + "x"));
        CHECK(ticket_opens());
    }

    std::string secret;
    std::string pair_id;
    std::string pair_secret;
    std::string ticket_text;
    Ticket ticket;
};

std::string_view as_text(const Bytes& bytes) { return text_of(bytes); }

}  // namespace

TEST_CASE("key rotation: every table with a sealed column is moved, and remembers its generation") {
    const auto listed = sealed_tables();
    std::set<std::string_view> moved{listed.begin(), listed.end()};
    CHECK(moved.size() == listed.size());
    for (const auto* table : authority_tables()) {
        const bool has_sealed =
            std::ranges::any_of(table->columns, [](std::string_view column) { return column.starts_with("sealed"); });
        INFO(table->name);
        CHECK(moved.contains(table->name) == has_sealed);
        const auto remembers = std::ranges::find(table->columns, "key_generation") != table->columns.end();
        CHECK(remembers == (has_sealed || table->name == "environments"));
    }
}

TEST_CASE("key rotation: each value moves and works as before; the neighbour environment stays as it is") {
    Sealed office;
    office.bind(remote);
    const auto before = office.environment_row("integration");
    const auto neighbour = office.environment_row("production");
    const auto rotated = office.rotate("integration");
    REQUIRE(rotated);
    CHECK(rotated->key_generation == 2);
    CHECK(rotated->retiring_data_key == before.wrapped_data_key);
    CHECK(office.left("integration") == 3);  // secret, pair, ticket; the signing key is a new one
    office.check_all_work();
    CHECK(office.finish() == 1);
    CHECK(office.left("integration") == 0);
    CHECK(office.generations() == std::set<std::int64_t>{2});
    office.check_all_work();
    const auto after = office.environment_row("integration");
    CHECK(after.retiring_data_key.empty());
    CHECK(after.wrapped_data_key != before.wrapped_data_key);
    CHECK(office.environment_row("production").wrapped_data_key == neighbour.wrapped_data_key);
    CHECK(office.sent_upstream() == remote_secret);

    REQUIRE(office.rotate("production"));
    CHECK(office.sent_upstream() == remote_secret);
    office.finish();
    CHECK(office.sent_upstream() == remote_secret);
    office.restart();
    office.check_all_work();
    CHECK(office.run([](Transaction& tx) { return audit::verify(tx); }));
}

TEST_CASE("key rotation: the key before it stands in no file any more once the last value has moved") {
    Sealed office;
    const auto old_key = office.environment_row("integration").wrapped_data_key;
    CHECK(office.stands_in_a_file(as_text(old_key)));
    REQUIRE(office.rotate("integration"));
    CHECK(office.stands_in_a_file(as_text(old_key)));  // it is still needed
    office.finish();
    CHECK_FALSE(office.stands_in_a_file(as_text(old_key)));
    CHECK(office.stands_in_a_file(as_text(office.environment_row("integration").wrapped_data_key)));
    CHECK(std::filesystem::file_size(office.directory() / "state/jeton.db-wal") == 0);
}

TEST_CASE("threat: a vault that ends between commit and emptying its log empties it at its next start") {
    Sealed office;
    const auto old_key = office.environment_row("integration").wrapped_data_key;
    REQUIRE(office.rotate("integration"));
    auto progress = office.room.resealing;
    CHECK(office.run([&](Transaction& tx) { return reseal_slice(tx, progress, always, office.clock.now()); }));
    CHECK(office.stands_in_a_file(as_text(old_key)));  // of an earlier frame of the log, or of the database
    office.restart();
    office.store().finish_destroying_keys();
    CHECK_FALSE(office.stands_in_a_file(as_text(old_key)));
}

TEST_CASE("key rotation: slices, a restart between any two of them, and tokens all the while") {
    Sealed office;
    constexpr int more_secrets = 40;
    std::string newest = office.secret;
    for (int i = 0; i < more_secrets; ++i) {
        const auto last = office.run([&](Transaction& tx) {
            return deactivate_secret(tx, office.admin, World::connection(local), newest.substr(0, secret_prefix_size),
                                     office.clock.now());
        });
        REQUIRE(last);
        auto made = office.generate(local);
        REQUIRE(made);
        newest = std::string{made->value.reveal()};
    }
    office.secret = newest;
    for (int cut = 0; cut <= 7; ++cut) {
        INFO("a restart after ", cut, " slices");
        REQUIRE(office.rotate("integration"));
        // A signing key that each rotation before has replaced is still published, and its row moves along.
        CHECK(office.left("integration") == 3 + more_secrets + cut);
        auto before = office.left("integration");
        for (int i = 0; i < cut && office.slice(never); ++i) {
            office.check_all_work();
            CHECK(office.left("integration") <= before);
            before = office.left("integration");
        }
        office.restart();  // the walk begins anew; what has moved is passed by
        CHECK(office.left("integration") == before);
        office.check_all_work();
        CHECK(office.finish(never) <= 6);  // signing keys; three lots of secrets; a pair; a ticket
        CHECK(office.left("integration") == 0);
        CHECK(office.generations() == std::set<std::int64_t>{cut + 2});
        office.check_all_work();
    }
}

TEST_CASE("key rotation: what is made while values move is under the new key at once") {
    Sealed office;
    REQUIRE(office.rotate("integration"));
    auto made = office.generate(local);
    REQUIRE(made);
    CHECK(made->secret.key_generation == 2);
    CHECK(office.accepts(office.client_id(), made->value.reveal()));
    office.finish();
    CHECK(office.accepts(office.client_id(), made->value.reveal()));
    office.environment("late");
    CHECK(office.environment_row("late").key_generation == 1);
}

TEST_CASE("key rotation: not twice at once; afterwards again, and the generation goes on growing") {
    Sealed office;
    REQUIRE(office.rotate("integration"));
    const auto refused = office.rotate("integration");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(refused.error().what == "the data key of integration was rotated a moment ago: 3 values still move to it");
    office.finish();
    REQUIRE(office.rotate("integration"));
    office.finish();
    CHECK(office.environment_row("integration").key_generation == 3);
    office.check_all_work();
    CHECK(office.rotate("nowhere").error().code == Errc::not_found);
}

TEST_CASE("T29: a value of a generation that its environment does not have is refused by name") {
    Sealed office;
    const auto id = office.row(local).id;
    Secret moved;
    for (const auto generation : {0, 2, 7}) {
        office.run([&](Transaction& tx) {
            moved = secrets::of(tx, id).front();
            moved.key_generation = generation;
            tx.update(moved);
            tx.append_audit(audit::own_entry(office.clock.now(), "test", "", ""));
        });
        try {
            (void)office.accepts(office.client_id(), office.secret);
            FAIL("generation ", generation, " was taken");
        } catch (const Tampered& fault) {
            CHECK(fault.table == "secrets");
            CHECK(fault.id == moved.id.text);
        }
    }
    // Nor does the walk touch it: the key that it would need is not erased under its feet.
    REQUIRE(office.rotate("integration"));
    CHECK_THROWS_AS((void)office.slice(always), Tampered);
    CHECK_FALSE(office.environment_row("integration").retiring_data_key.empty());
}

TEST_CASE("T29: a retired generation is refused though its row was put back with the MAC of then") {
    Sealed office;
    const auto id = office.row(local).id;
    const auto old_secret = office.run([&](Transaction& tx) { return secrets::of(tx, id).front(); });
    REQUIRE(office.rotate("integration"));
    office.finish();
    office.run([&](Transaction& tx) {
        tx.update(old_secret);
        tx.append_audit(audit::own_entry(office.clock.now(), "test", "", ""));
    });
    CHECK_THROWS_WITH_AS((void)office.accepts(office.client_id(), office.secret),
                         ("row " + old_secret.id.text +
                          " of table secrets is sealed under a data key that its environment does not have")
                             .c_str(),
                         Tampered);
}

TEST_CASE("key rotation: a slice that is not committed is done again") {
    Sealed office;
    REQUIRE(office.rotate("integration"));
    auto progress = office.room.resealing;
    {
        auto group = office.store().group();
        CHECK(group.attempt([&](Transaction& tx) { return reseal_slice(tx, progress, always, office.clock.now()); }));
    }
    CHECK(office.left("integration") == 3);
    office.check_all_work();
    CHECK(office.finish() == 1);
    office.check_all_work();
}

TEST_CASE("key rotation: the audit tells who, how many values, and when the old key was gone") {
    Sealed office;
    REQUIRE(office.rotate("integration"));
    office.finish();
    const auto rotated = office.audited("key.rotated");
    REQUIRE(rotated.size() == 1);
    CHECK(rotated[0].actor_user == "alice");
    CHECK(rotated[0].subject == "data key 2 of integration");
    const auto moved = office.audited("key.moved");
    REQUIRE(moved.size() == 1);
    CHECK(moved[0].detail == "3 values are sealed under it now");
    CHECK(moved[0].via == "vault");
    const auto erased = office.audited("key.erased");
    REQUIRE(erased.size() == 1);
    CHECK(erased[0].subject == "data key 1 of integration");
    CHECK_FALSE(office.slice(always));
    CHECK(office.audited("key.*").size() == 3);
}
