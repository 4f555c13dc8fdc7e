#include "daemon/vault/desk.hpp"

#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sqlite3.h>

#include "daemon/vault/keys/recovery_key.hpp"
#include "daemon/vault/store/usage.hpp"
#include "tests/unit/vault/store/fault_vfs.hpp"
#include "tests/unit/vault/store/support.hpp"
#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

/// A desk with its front played by the test.
struct Counter : World {
    Counter()
        : room{config, clock, store()},
          desk{room, 1000, [this](std::string payload) { sent.push_back(json::parse(payload).as_object()); }} {
        desk.greet();
        sent.clear();
    }
    static std::string frame(int id, std::string_view verb, json::object body, std::int64_t uid = 1000) {
        return json::serialize(json::value{{"id", id},
                                           {"peer", {{"uid", uid}, {"gid", uid}, {"pid", 5}, {"user", "alice"}}},
                                           {"socket", "control"},
                                           {"verb", verb},
                                           {"body", std::move(body)}});
    }
    void turn(std::deque<std::string> frames) {
        sent.clear();
        desk.take(std::move(frames));
    }
    json::object answer(int id) const {
        for (const auto& frame : sent) {
            if (frame.contains("id") && frame.at("id").as_int64() == id) return frame;
        }
        FAIL("no answer to ", id);
        return {};
    }
    static json::object tenant(const char* name) { return {{"tenant", name}, {"name", "Customer"}}; }

    Config config;
    Room room;
    std::vector<json::object> sent;
    Desk desk;
};

/// Adds one to the store.
std::string recovery_key(World& world) {
    const auto key = make_recovery_key();
    world.run([&](Transaction& tx) {
        tx.insert(make_slot(tx.root(), KeySlotKind::recovery, "recovery key", *parse_recovery_key(key.reveal()),
                            world.clock.now()));
        tx.append_audit(AuditEntry{});
    });
    return std::string{key.reveal()};
}

Result<Bytes> backup_of(World& world, BackupInProgress& backup) {
    return world.run([&](Transaction& tx) { return begin_backup(tx, world.admin, backup, world.clock); });
}

/// A backup that somebody made to suit, of a store of their own, and what opens it.
json::object backup_of_a_stranger() {
    World stranger;
    const auto key = recovery_key(stranger);
    BackupInProgress backup;
    const auto file = backup_of(stranger, backup);
    REQUIRE(file);
    return {{"proof", key}, {"data", base64url(*file)}};
}

json::object environment(const char* name) { return {{"environment", name}, {"kind", "local"}}; }

}  // namespace

TEST_CASE("a change is announced to the front before it is answered, with the epoch that it made") {
    Counter counter;
    const auto before = counter.store().epoch();
    counter.turn({Counter::frame(1, "environment.create", environment("integration"))});
    REQUIRE(counter.sent.size() == 2);
    CHECK(counter.sent[0].at("event") == "epoch");
    CHECK(counter.sent[0].at("epoch").as_int64() == before + 1);
    CHECK(counter.sent[1].at("done").at("environment") == "integration");
    CHECK(counter.sent[1].at("epoch").as_int64() == before + 1);
}

TEST_CASE(
    "another [audit] tokens ends what was decided before, and is in the audit; of a sealed store it needs nothing") {
    Counter counter;
    const auto before = counter.store().epoch();
    CHECK(counter.desk.begin_token_audit(true));
    REQUIRE(counter.sent.size() == 1);
    CHECK(counter.sent[0].at("event") == "epoch");
    CHECK(counter.sent[0].at("epoch").as_int64() == before + 1);
    counter.turn({Counter::frame(1, "audit.list", {{"event", "audit.tokens"}})});
    const auto entries = counter.answer(1).at("done").as_array();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].at("detail") == "an entry for each token");
    counter.store().seal("on purpose");
    counter.sent.clear();
    CHECK(counter.desk.begin_token_audit(false));
    CHECK(counter.sent.empty());
}

TEST_CASE("another [audit] tokens is in force once it is in the store, also where the anchor could not follow") {
    Counter counter;
    const auto before = counter.store().epoch();
    std::filesystem::rename(counter.directory() / "anchor", counter.directory() / "away");
    CHECK(counter.desk.begin_token_audit(true));
    CHECK(counter.store().epoch() == before + 1);
    REQUIRE(counter.sent.size() == 1);
    CHECK(counter.sent[0].at("event") == "epoch");
}

TEST_CASE(
    "one turn: a refused request takes nothing from its neighbours, and a read before a change carries the epoch "
    "before it") {
    Counter counter;
    counter.turn({Counter::frame(1, "environment.create", environment("integration"))});
    const auto before = counter.store().epoch();
    counter.turn({Counter::frame(1, "environment.list", {}),
                  Counter::frame(2, "tenant.create", Counter::tenant("1@integration")),
                  Counter::frame(3, "tenant.create", Counter::tenant("1@integration")),
                  Counter::frame(4, "tenant.create", Counter::tenant("2@integration"))});
    CHECK(counter.answer(1).at("epoch").as_int64() == before);
    CHECK(counter.answer(2).contains("done"));
    CHECK(counter.answer(3).at("refused").at("error") == "already_exists");
    CHECK(counter.answer(4).contains("done"));
    CHECK(counter.store().epoch() == before + 2);
}

TEST_CASE("S7: a stranger is refused and audited; the same refusal again is counted, not written") {
    Counter counter;
    const auto refused = [&](int times) {
        for (int i = 0; i < times; ++i) {
            counter.turn({Counter::frame(1, "app.list", {}, 1001)});
            CHECK(counter.answer(1).at("refused").at("error") == "forbidden");
        }
    };
    refused(5);
    counter.turn({Counter::frame(2, "audit.list", {{"event", "app.list"}})});
    const auto list = counter.answer(2).at("done").as_array();
    REQUIRE(list.size() == 2);
    CHECK(list[0].at("result") == "refused");
    CHECK(list[0].at("count").as_int64() == 1);
    CHECK(list[0].at("actor").at("uid").as_int64() == 1001);
    CHECK(list[1].at("count").as_int64() == 4);
}

TEST_CASE("seal forgets the keys: nothing but the store's own verbs answers, until it is unsealed") {
    Counter counter;
    const auto instance = counter.store().instance();
    counter.turn({Counter::frame(1, "store.seal", {})});
    CHECK(counter.answer(1).at("done").at("state") == "sealed");
    CHECK(counter.store().instance() != instance);
    counter.turn({Counter::frame(2, "app.list", {}), Counter::frame(3, "status.show", {})});
    CHECK(counter.answer(2).at("refused").at("error") == "sealed");
    CHECK(counter.answer(3).at("done").at("state") == "sealed");
    counter.turn({Counter::frame(4, "token.issue", {{"auth", {{"method", "peer"}}}})});
    CHECK(counter.answer(4).at("refused").at("error") == "temporarily_unavailable");
    CHECK(counter.answer(4).at("refused").as_object().contains("retry_after"));
}

TEST_CASE("seal is done whatever the store is like") {
    Counter counter;
    StoreProbe::engine(counter.store()).database->execute("DROP TABLE token_cache");
    counter.turn({Counter::frame(1, "store.seal", {})});
    CHECK(counter.answer(1).at("done").at("state") == "sealed");
    CHECK(counter.store().state() == StoreState::sealed);
}

TEST_CASE("an answer that no frame holds is refused alone: the front goes on, and so do those who asked with it") {
    Counter counter;
    const std::string long_name(50, 'a');
    counter.run([&](Transaction& tx) {
        NewEnvironment environment;
        environment.name = long_name;
        environment.kind = "local";
        const auto made = create_environment(tx, counter.admin, environment, counter.clock.now());
        REQUIRE(made);
        const NewApp wanted{long_name, "Acme", "https://acme.example", "developer", {"tn.crm.customers:r"}, {}, false};
        const auto app = create_app(tx, counter.admin, counter.everything, wanted, counter.clock.now());
        REQUIRE(app);
        for (int i = 0; i < 10'000; ++i) {  // of a hundred bytes and more each, as `whoami` lists them
            Binding binding;
            binding.id = BindingId::fresh();
            binding.kind = BindingKind::pattern;
            binding.app = app->app.id;
            binding.environment = made->id;
            binding.uid = 2000;
            binding.user = "alice";
            tx.insert(binding);
        }
        tx.append_audit(AuditEntry{});
    });
    counter.turn({Counter::frame(1, "whoami.show", {}, 2000), Counter::frame(2, "app.list", {})});
    CHECK(counter.answer(1).at("refused").at("error") == "server_error");
    CHECK(counter.answer(2).contains("done"));
}

TEST_CASE("seal ends a backup that is being made, which has a root key of its own") {
    Counter counter;
    (void)recovery_key(counter);
    REQUIRE(backup_of(counter, counter.room.backup));
    REQUIRE(counter.room.backup.has_value());
    counter.turn({Counter::frame(1, "store.seal", {})});
    CHECK(counter.answer(1).at("done").at("state") == "sealed");
    CHECK_FALSE(counter.room.backup.has_value());
}

TEST_CASE("threat: guessing (T16): a backup made to suit is no way to ask for nothing what opens the store") {
    Counter counter;
    (void)recovery_key(counter);
    const auto body = backup_of_a_stranger();
    for (int i = 0; i <= Guesses::free_of_charge; ++i) {
        counter.turn({Counter::frame(1, "restore.begin", body)});
        CHECK(counter.answer(1).at("refused").at("error") == "forbidden");
    }
    counter.turn({Counter::frame(1, "restore.begin", body)});
    CHECK(counter.answer(1).at("refused").at("error") == "temporarily_unavailable");
}

TEST_CASE("threat: tampering (T29): slots taken out of the open store's file do not spare a restore its proof") {
    Counter counter;
    (void)recovery_key(counter);
    StoreProbe::engine(counter.store()).database->execute("DELETE FROM key_slots");
    counter.turn({Counter::frame(1, "restore.begin", backup_of_a_stranger())});
    const auto refused = counter.answer(1).at("refused");
    CHECK(refused.at("error") == "mismatch");
    CHECK(refused.at("error_description").as_string().find("key_slots") != std::string::npos);
    CHECK_FALSE(counter.room.restore.has_value());
}

TEST_CASE("T30: a disk that fails for a neighbour does not end a backup") {
    const store_test::FaultVfs vfs;
    Counter counter;
    counter.World::environment("integration");
    (void)recovery_key(counter);
    REQUIRE(backup_of(counter, counter.room.backup));
    const auto page = Counter::frame(2, "backup.page", {{"backup", counter.room.backup->id}, {"page", 0}});
    store_test::FaultVfs::fail(1, SQLITE_FULL);
    counter.turn({Counter::frame(1, "tenant.create", Counter::tenant("1@integration")), page,
                  Counter::frame(3, "tenant.create", Counter::tenant("2@integration"))});
    CHECK(store_test::FaultVfs::operations() > 0);
    store_test::FaultVfs::fail(0, 0);
    CHECK(counter.answer(2).contains("done"));
    CHECK(counter.answer(3).contains("done"));
}

TEST_CASE("T29: where it cannot be read what must be attested of callers, all of it is, and the vault goes on") {
    Counter counter;
    counter.connected("dispatcher/1@integration");
    NewBinding wanted;
    wanted.connection = "dispatcher/1@integration";
    wanted.identity.user = "worker";
    wanted.identity.uid = 2000;
    REQUIRE(counter.run([&](Transaction& tx) { return add_binding(tx, counter.admin, wanted, counter.clock.now()); }));
    StoreProbe::engine(counter.store()).database->execute("UPDATE bindings SET gid = 3000");
    counter.sent.clear();
    counter.desk.greet();
    REQUIRE(counter.sent.size() == 1);
    CHECK(counter.sent[0].at("event") == "hello");
    CHECK(counter.sent[0].at("attest") == json::array{"groups", "unit"});
}

TEST_CASE("an unknown member is refused by name, and nothing is done") {
    Counter counter;
    auto body = environment("integration");
    body["colour"] = "red";
    counter.turn({Counter::frame(1, "environment.create", body)});
    CHECK(counter.answer(1).at("refused").at("error") == "bad_input");
    CHECK(counter.answer(1).at("refused").at("error_description").as_string().find("colour") != std::string::npos);
}

namespace {

/// A counter with a connection to a token endpoint; the test plays the exchange.
struct Remote : Counter {
    Remote() {
        connected(remote, EnvironmentKind::upstream);
        REQUIRE(import_pair(remote, {"cid.a", "cs1.bbbbbbbbbbbbbbbbbbbb", {}}));
        NewBinding alice;
        alice.connection = remote;
        alice.identity.user = "alice";
        alice.identity.uid = 1000;
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, alice, clock.now()); }));
        (void)desk.tick();
    }
    /// A request as it waits for an exchange.
    wire::Request waiting(int id) {
        auto request = wire::read_request(frame(id, "status.show", {}));
        request.front = 1;  // the first that was greeted
        return request;
    }
    void ask(int id) { turn({frame(id, "token.issue", {{"auth", {{"method", "peer"}}}, {"connection", remote}})}); }
    /// The exchange answers its request `number` with a token of these claims.
    void land(int number, std::string_view claims) {
        sent.clear();
        const auto token = "e30." + base64url(claims) + ".c2ln";
        desk.flights().arrived({json::serialize(
            json::value{{"id", number},
                        {"status", 200},
                        {"date", 1'800'000'030},
                        {"json", {{"access_token", token}, {"token_type", "Bearer"}, {"expires_in", 900}}}})});
    }
    std::string issuer() {
        return run([](Transaction& tx) { return find_environment(tx, "production"); })->issuer;
    }
    const std::string remote = "dispatcher/1@production";
};

}  // namespace

TEST_CASE("what an answer leaves in the store is there, and told, before those who wait for it are answered") {
    Remote counter;
    const auto before = counter.store().epoch();
    counter.ask(1);
    counter.land(1, R"({"iss":"https://auth.example"})");
    REQUIRE(counter.sent.size() == 3);
    CHECK(counter.sent[0].at("event") == "epoch");
    CHECK(counter.sent[0].at("epoch").as_int64() == before + 1);
    CHECK(counter.sent[1].at("event") == "token_replaced");
    CHECK(counter.sent[2].at("done").at("expires_in").as_int64() == 900);
    CHECK(counter.issuer() == "https://auth.example");
    const auto* drift = counter.room.sightings.drift("https://auth.example/connect/token");
    REQUIRE(drift != nullptr);
    CHECK(drift->ahead == 30s);
}

TEST_CASE("P10: a token of another issuer is refused without telling the program whose, and the audit says it") {
    Remote counter;
    counter.ask(1);
    counter.land(1, R"({"iss":"https://auth.example"})");
    counter.room.upstream.drop_connection(counter.row(counter.remote).id);
    counter.ask(2);
    counter.land(2, R"({"iss":"https://integration.example"})");
    const auto refused = counter.answer(2).at("refused");
    CHECK(refused.at("error") == "temporarily_unavailable");
    CHECK(json::serialize(refused).find("integration.example") == std::string::npos);
    counter.turn({Counter::frame(3, "audit.list", {{"event", "upstream.*"}})});
    const auto alarms = counter.answer(3).at("done").as_array();
    REQUIRE(alarms.size() == 1);
    CHECK(alarms[0].at("result") == "refused");
    CHECK(alarms[0].at("connection").as_string() == counter.remote);
    CHECK(json::serialize(alarms[0]).find("https://integration.example") != std::string::npos);
}

TEST_CASE("T30: a disk that is full takes no token from those who wait for it") {
    Remote counter;
    auto& database = *StoreProbe::engine(counter.store()).database;
    counter.ask(1);
    database.execute("PRAGMA max_page_count = " + std::to_string(database.number("PRAGMA page_count")));
    for (int i = 2; i < 1000; ++i) {
        counter.turn(
            {Counter::frame(2, "tenant.create", Counter::tenant((std::to_string(i) + "@production").c_str()))});
        if (counter.answer(2).contains("refused")) break;
    }
    REQUIRE(counter.answer(2).contains("refused"));
    counter.land(1, R"({"iss":"https://)" + std::string(240, 'x') + R"("})");
    CHECK(counter.answer(1).at("done").at("expires_in").as_int64() == 900);
    database.execute("PRAGMA max_page_count = 1000000");
    CHECK(counter.issuer().empty());  // it could not be written: the next token teaches it
}

TEST_CASE("an answer that cannot be judged ends its own request, not the vault") {
    Remote counter;
    ExchangeNeed need;
    need.flight = "made to fail";
    need.connection = counter.remote;
    need.request.endpoint = "https://auth.example/connect/token";
    need.land = [](Transaction&, const ExchangeAnswer&) -> Landing { throw std::runtime_error("no judgement"); };
    counter.desk.flights().join(std::move(need), counter.waiting(1));
    counter.land(1, "{}");
    CHECK(counter.answer(1).contains("done"));
}

TEST_CASE(
    "a vault that ends leaves nobody in doubt: what is not done is refused, a program's token is the next one's") {
    Remote counter;
    CHECK(counter.desk.idle());
    counter.ask(1);
    ExchangeNeed need;
    need.flight = "a trial";
    need.connection = counter.remote;
    need.request.endpoint = "https://auth.example/connect/token";
    counter.desk.flights().join(std::move(need), counter.waiting(2));
    CHECK_FALSE(counter.desk.idle());
    counter.sent.clear();
    counter.desk.give_up();
    CHECK(counter.sent.size() == 1);
    CHECK(counter.answer(2).at("refused").at("error") == "temporarily_unavailable");
    CHECK(counter.desk.idle());

    Desk slow{counter.room, 1000,
              [&](std::string payload) { counter.sent.push_back(json::parse(payload).as_object()); },
              [](std::uint64_t, const SlowWork&) {}};  // a worker that does not come to it
    slow.greet();
    auto body = environment("signed");
    body["signing_alg"] = "RS256";
    slow.take({Counter::frame(3, "environment.create", body)});
    CHECK_FALSE(slow.idle());
    slow.give_up();
    CHECK(counter.answer(3).at("refused").at("error") == "temporarily_unavailable");
    CHECK(slow.idle());
}

TEST_CASE("an answer that comes while the store is sealed is nobody's") {
    Remote counter;
    counter.ask(1);
    counter.turn({Counter::frame(2, "store.seal", {})});
    counter.land(1, "{}");
    CHECK(counter.answer(1).at("refused").at("error") == "temporarily_unavailable");
}

TEST_CASE("P1: many who want one upstream token share one request, and its failure") {
    Counter counter;
    const std::string remote = "dispatcher/1@production";
    counter.connected(remote, EnvironmentKind::upstream);
    REQUIRE(counter.import_pair(remote, {"cid.a", "cs1.bbbbbbbbbbbbbbbbbbbb", {}}));
    NewBinding alice;
    alice.connection = remote;
    alice.identity.user = "alice";
    alice.identity.uid = 1000;
    REQUIRE(counter.run([&](Transaction& tx) { return add_binding(tx, counter.admin, alice, counter.clock.now()); }));

    std::deque<std::string> frames;
    for (int id = 1; id <= 20; ++id) {
        frames.push_back(Counter::frame(id, "token.issue", {{"auth", {{"method", "peer"}}}, {"connection", remote}}));
    }
    counter.turn(std::move(frames));
    CHECK(std::ranges::none_of(counter.sent, [](const auto& frame) { return frame.contains("id"); }));
    counter.sent.clear();
    counter.clock.advance(20s);
    (void)counter.desk.tick();
    CHECK(counter.sent.size() == 20);
    for (int id = 1; id <= 20; ++id) {
        CHECK(counter.answer(id).at("refused").at("error") == "temporarily_unavailable");
    }
}

TEST_CASE("usage is counted, and listed before it is written down") {
    Counter counter;
    const std::string name = "dispatcher/1@integration";
    counter.connected(name);
    REQUIRE(counter.generate(name));
    counter.turn({Counter::frame(1, "usage.report",
                                 {{"entries", json::array{json::object{{"uid", 2000},
                                                                       {"user", "worker"},
                                                                       {"connection", name},
                                                                       {"secret_prefix", "jcs.aaaa"},
                                                                       {"count", 17},
                                                                       {"last_at", 1'800'000'000}}}}})});
    REQUIRE(counter.answer(1).contains("done"));
    counter.turn({Counter::frame(2, "audit.list", {{"event", "token.*"}})});
    const auto list = counter.answer(2).at("done").as_array();
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("count").as_int64() == 17);
    CHECK(list[0].at("actor").at("user") == "worker");
}

TEST_CASE("where each token has its entry, a decision is repeated with one of its own, and in its own epoch alone") {
    Counter counter;
    counter.config.audit.every_token = true;
    const std::string name = "dispatcher/1@integration";
    counter.connected(name);
    const auto epoch = [&] { return static_cast<std::int64_t>(counter.store().epoch()); };
    const auto uses = [&](std::int64_t count) {
        return json::object{
            {"uid", 2000},    {"connection", name},      {"secret_prefix", "jcs.aaaa"}, {"via", "secret jcs.aaaa"},
            {"count", count}, {"last_at", 1'800'000'000}};
    };
    const auto use = uses(1);
    const auto repeat = [&](int id, std::int64_t at, const json::array& entries) {
        return Counter::frame(id, "token.repeat", {{"epoch", at}, {"entries", entries}});
    };
    const auto decided_at = epoch();
    counter.turn({repeat(1, decided_at, {use, uses(2)}), repeat(2, decided_at, {use}),
                  repeat(5, decided_at, {uses(257)}), repeat(6, decided_at, {uses(0)})});
    for (int id : {5, 6}) CHECK(counter.answer(id).at("refused").at("error") == "bad_input");
    for (int id : {1, 2}) CHECK(counter.answer(id).at("done").at("noted").as_bool());
    counter.turn({Counter::frame(3, "tenant.create", Counter::tenant("2@integration")), repeat(4, decided_at, {use})});
    REQUIRE(counter.answer(3).contains("done"));
    CHECK_FALSE(counter.answer(4).at("done").at("noted").as_bool());
    REQUIRE(epoch() != decided_at);

    // Nothing was counted: the entries stand without a listing's having written them down.
    audit::Filter tokens;
    tokens.event_glob = "token.*";
    const auto entries = counter.run([&](Transaction& tx) { return audit::list(tx, tokens); });
    REQUIRE(entries.size() == 4);
    const auto id = counter.row(name).id;
    const auto used = counter.run([&](Transaction& tx) { return usage::last_of_connection(tx, id); });
    REQUIRE(used);
    CHECK(used->count == 4);
    for (const auto& entry : entries) {
        CHECK(entry.event == "token.issued");
        CHECK(entry.connection == name);
        CHECK(entry.actor_uid == 2000);
        CHECK(entry.via == "secret jcs.aaaa");
        CHECK(entry.count == 1);
    }
}

TEST_CASE("the front learns what it must attest as soon as a binding asks for it") {
    Counter counter;
    counter.connected("dispatcher/1@integration");
    NewBinding wanted;
    wanted.connection = "dispatcher/1@integration";
    wanted.identity.group = "workers";
    wanted.identity.gid = 3000;
    REQUIRE(counter.run([&](Transaction& tx) { return add_binding(tx, counter.admin, wanted, counter.clock.now()); }));
    counter.turn({Counter::frame(1, "status.show", {})});
    REQUIRE_FALSE(counter.sent.empty());
    CHECK(counter.sent[0].at("event") == "epoch");
    CHECK(counter.sent[0].at("attest") == json::array{"groups"});
    CHECK(counter.sent[0].at("known").at("groups") == json::array{3000});
}

TEST_CASE("a listing goes on where its page ended") {
    Counter counter;
    counter.World::environment("integration");
    for (const auto* name : {"3", "1", "2"}) counter.World::tenant(std::string{name} + "@integration");
    counter.turn({Counter::frame(1, "tenant.list", {{"limit", 2}})});
    CHECK(counter.answer(1).at("done").as_array().size() == 2);
    const auto next = counter.answer(1).at("next");
    counter.turn({Counter::frame(2, "tenant.list", {{"limit", 2}, {"after", next}})});
    CHECK(counter.answer(2).at("done").as_array().size() == 1);
    CHECK_FALSE(counter.answer(2).contains("next"));
}

TEST_CASE("T30: a full disk refuses changes and hides nothing: listings go on, and what was counted is not lost") {
    Counter counter;
    counter.turn({Counter::frame(1, "environment.create", environment("integration"))});
    auto& database = *StoreProbe::engine(counter.store()).database;
    database.execute("PRAGMA max_page_count = " + std::to_string(database.number("PRAGMA page_count")));
    const auto create = [&](int i) {
        counter.turn(
            {Counter::frame(1, "tenant.create", Counter::tenant((std::to_string(i) + "@integration").c_str()))});
        return counter.answer(1).contains("done");
    };
    int created = 0;
    while (created < 1000 && create(created)) ++created;
    REQUIRE(created < 1000);
    CHECK(counter.answer(1).at("refused").at("error") == "temporarily_unavailable");

    json::array entries;
    for (int uid = 2000; uid < 2200; ++uid) {
        entries.push_back(
            json::object{{"uid", uid}, {"connection", "a/1@integration"}, {"count", 1}, {"last_at", 1'800'000'000}});
    }
    counter.turn({Counter::frame(2, "usage.report", {{"entries", std::move(entries)}})});
    counter.turn({Counter::frame(3, "audit.list", {}), Counter::frame(4, "audit.verify", {})});
    CHECK(counter.answer(3).contains("done"));
    CHECK(counter.answer(4).contains("done"));

    database.execute("PRAGMA max_page_count = 1000000");
    counter.turn({Counter::frame(5, "audit.list", {{"event", "token.*"}})});
    CHECK(counter.answer(5).at("done").as_array().size() == 200);
}

TEST_CASE("a new data key: the desk moves the values between requests, and announces what changed") {
    Counter counter;
    const std::string name = "dispatcher/1@integration";
    counter.connected(name);
    REQUIRE(counter.generate(name));
    CHECK(counter.desk.tick() == 1s);
    REQUIRE(counter.run(
        [&](Transaction& tx) { return rotate_data_key(tx, counter.admin, "integration", counter.clock.now()); }));
    counter.turn({Counter::frame(1, "status.show", {})});
    const auto moving = counter.answer(1).at("done").at("environments").at(0);
    CHECK(moving.at("key_generation").as_int64() == 2);
    CHECK(moving.at("key_rotation").at("values_left").as_int64() == 1);
    CHECK(moving.at("key_rotation").at("problem").is_null());
    counter.sent.clear();
    CHECK(counter.desk.tick() == 0ms);
    REQUIRE(counter.sent.size() == 1);
    CHECK(counter.sent[0].at("event") == "epoch");
    while (counter.desk.tick() == 0ms) continue;
    counter.turn({Counter::frame(2, "status.show", {})});
    CHECK(counter.answer(2).at("done").at("environments").at(0).at("key_rotation").is_null());
}

TEST_CASE("T30: a disk that is full while values move is told in the status, and loses nothing") {
    Counter counter;
    const std::string name = "dispatcher/1@integration";
    counter.connected(name);
    const auto secret = counter.generate(name);
    REQUIRE(secret);
    REQUIRE(counter.run(
        [&](Transaction& tx) { return rotate_data_key(tx, counter.admin, "integration", counter.clock.now()); }));
    auto& database = *StoreProbe::engine(counter.store()).database;
    // The audit entry of a slice needs room somewhere: there is none.
    database.execute("PRAGMA max_page_count = " + std::to_string(database.number("PRAGMA page_count")));
    for (int i = 0; i < 40; ++i)
        counter.turn(
            {Counter::frame(1, "tenant.create", Counter::tenant(("t" + std::to_string(i) + "@integration").c_str()))});
    CHECK(counter.desk.tick() == 1s);
    counter.turn({Counter::frame(2, "status.show", {})});
    const auto rotation = counter.answer(2).at("done").at("environments").at(0).at("key_rotation");
    CHECK(rotation.at("values_left").as_int64() == 1);
    CHECK(rotation.at("problem").as_string().find("full") != std::string::npos);
    TokenRequest request;
    request.authentication = ClientAuthentication::post;
    const auto client_id = counter.row(name).client_id;
    request.client_id = client_id;
    request.client_secret = secret->value.reveal();
    CHECK(counter.decide(request));
}
