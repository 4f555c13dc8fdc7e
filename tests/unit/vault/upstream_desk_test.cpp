// Half hours of a host with upstream connections: how often the token endpoint is asked, and what its programs get.
#include <fstream>

#include <fmt/format.h>

#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/kept_tokens.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/store/support.hpp"
#include "tests/unit/vault/upstream_host.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

/// Five programs on each connection, as the front asks for them: it repeats an answer while it may, and until it is
/// told that the token was replaced.
struct Fleet {
    static constexpr int programs = 5;

    explicit Fleet(UpstreamHost& the_host, int count) : host(the_host) {
        for (int i = 0; i < count; ++i) all.push_back(i);
    }
    /// Whoever has no answer to repeat asks; what was got.
    std::vector<UpstreamHost::Got> round(int program) {
        for (const auto& name : std::exchange(host.replaced, {})) {
            for (auto& mine : repeats) mine.erase(name);
        }
        auto& mine = repeats[static_cast<std::size_t>(program)];
        std::vector<int> asking;
        for (const int i : all) {
            const auto at = mine.find(UpstreamHost::name_of(i));
            if (at == mine.end() || at->second <= host.clock.boot_time()) asking.push_back(i);
        }
        std::vector<UpstreamHost::Got> answers;
        for (auto& [i, got] : host.ask(asking)) {
            mine[UpstreamHost::name_of(i)] = host.clock.boot_time() + std::chrono::seconds{got.reuse};
            answers.push_back(std::move(got));
        }
        return answers;
    }

    UpstreamHost& host;
    std::vector<int> all;
    std::array<std::map<std::string, BootTime>, programs> repeats;
};

constexpr auto half_an_hour = 1800s;

int failures_in(const std::vector<UpstreamHost::Got>& answers) {
    return static_cast<int>(std::ranges::count_if(answers, [](const auto& got) { return !got.served(); }));
}

std::int64_t least_left(const std::vector<UpstreamHost::Got>& answers) {
    std::int64_t least = 900;
    for (const auto& got : answers) least = std::min(least, got.expires_in);
    return least;
}

}  // namespace

TEST_CASE("P1, P3, P4: five programs a connection, half an hour: one request per token life, nobody waits or fails") {
    const int count = connections_wanted(30);
    UpstreamHost host{count};
    host.config.upstream.requests_per_minute = 2 * count;
    host.restart();
    Fleet fleet{host, count};
    int failed = 0;
    std::int64_t shortest = 900;
    for (int program = 0; program < Fleet::programs; ++program) failed += failures_in(fleet.round(program));
    CHECK(host.requests_in_all == count);
    for (auto now = 0s; now < half_an_hour; now += 30s) {
        host.pass(30s);
        const auto before = host.requests_in_all;
        for (int program = 0; program < Fleet::programs; ++program) {
            const auto answers = fleet.round(program);
            failed += failures_in(answers);
            shortest = std::min(shortest, least_left(answers));
        }
        CHECK(host.requests_in_all == before);  // what is asked for is asked ahead of need
    }
    CHECK(shortest >= 300);
    CHECK(failed == 0);
    // The first one, and one each 590 s or so: 300 s of 900 are always left.
    CHECK(host.requests_in_all <= count * (1 + 3) + count / 100);
    CHECK(host.requests.size() == static_cast<std::size_t>(count));
}

TEST_CASE("P16: fifty edits of what is none of a connection's business cost no request and no token") {
    UpstreamHost host{5};
    const auto before = host.ask({0, 1, 2, 3, 4});
    const auto asked = host.requests_in_all;
    for (int i = 0; i < 50; ++i) {
        CHECK(host.order("tenant.create",
                         {{"tenant", "other" + std::to_string(i) + "@production"}, {"name", "Other"}}) == "");
    }
    host.pass(5s);
    for (const auto& [i, got] : host.ask({0, 1, 2, 3, 4})) CHECK(got.token == before.at(i).token);
    CHECK(host.requests_in_all == asked);
}

TEST_CASE("S46, S47: after a disable the upstream is not asked, not even by what waits for its turn") {
    UpstreamHost host{3};
    host.config.upstream.requests_per_minute = 2;
    host.restart();
    host.clock.advance(60s);
    // Two go, the third waits for its turn.
    host.endpoint = [](const auto&) { return std::nullopt; };
    (void)host.ask({0, 1, 2});
    CHECK(host.requests_in_all == 2);
    CHECK(host.order("access.disable", UpstreamHost::about(2)) == "");
    host.endpoint = [&](const auto&) { return std::optional{host.granted()}; };
    host.pass(half_an_hour);
    CHECK(host.requests["cid.2"] == 0);
    CHECK(host.ask_one(2).error == "unauthorized_client");
    CHECK(host.requests["cid.2"] == 0);
    CHECK(host.order("access.enable", UpstreamHost::about(2)) == "");
    CHECK(host.ask_one(2).served());
}

TEST_CASE("P2: a thousand rejections and demands are at most one request a minute for each key") {
    UpstreamHost host{1};
    auto token = host.ask_one(0).token;
    int minutes = 0;
    for (int call = 0; call < 1000; ++call) {
        if (call % 250 == 0) {
            host.pass(60s);
            ++minutes;
        }
        json::object worst;
        if (call % 2 == 0) worst["rejected_token"] = token;
        if (call % 3 == 0) worst["min_ttl"] = 86'400;
        if (call % 5 == 0) worst["scope"] = "tn.crm.customers:r";
        const auto got = host.ask_one(0, worst);
        if (got.served()) token = got.token;
        if (!got.served()) {
            CHECK(got.error == "temporarily_unavailable");
            CHECK(got.retry_after >= 1);
            CHECK(got.retry_after <= 60);
        }
    }
    constexpr int keys = 2;
    CHECK(host.requests_in_all <= keys * (minutes + 1));
}

TEST_CASE("P17: the upstream down for 10 of 15 minutes: nobody with a valid token fails, the rest is told in words") {
    UpstreamHost host{20};
    Fleet fleet{host, 19};  // the last connection is asked for when it is down
    for (int program = 0; program < Fleet::programs; ++program) CHECK(failures_in(fleet.round(program)) == 0);
    host.pass(290s);
    host.endpoint = [](const auto&) {
        return std::optional{json::object{{"failure", "auth.example refuses connections"}}};
    };
    const auto down_since = host.clock.now();
    const auto asked = host.requests_in_all;
    int failed = 0;
    for (auto down = 0s; down < 600s; down += 20s) {
        for (int program = 0; program < Fleet::programs; ++program) failed += failures_in(fleet.round(program));
        host.pass(20s);
    }
    CHECK(failed == 0);
    // One probe after each pause, not one for each connection.
    CHECK(host.requests_in_all - asked <= 40);
    const auto got = host.ask_one(19);
    CHECK(got.error == "temporarily_unavailable");
    CHECK(got.words.find("auth.example refuses connections; it has failed since " +
                         rfc3339(down_since + 299s).substr(0, 15)) == 0);
    CHECK(got.words.find(" and is asked again at ") != std::string::npos);
    CHECK(got.retry_after >= 1);
    CHECK(got.retry_after <= 61);
    host.endpoint = [&](const auto&) { return std::optional{host.granted()}; };
    host.pass(70s);
    CHECK(host.ask_one(19).served());
    for (int program = 0; program < Fleet::programs; ++program) CHECK(failures_in(fleet.round(program)) == 0);
}

TEST_CASE("P4: the endpoint's 429 counts, too, where the connection was changed while its token was asked for") {
    UpstreamHost host{1};
    json::object answer{{"status", 429}, {"retry_after", 45}, {"json", json::object{}}};
    host.endpoint = [&](const auto& request) {
        answer["id"] = request.at("id");
        return std::nullopt;
    };
    (void)host.ask_one(0);
    const auto waiter = host.last_id;
    CHECK(host.order("access.disable", UpstreamHost::about(0)) == "");
    CHECK(host.order("access.enable", UpstreamHost::about(0)) == "");
    host.daemon->desk.flights().arrived({json::serialize(answer)});
    host.settle();
    CHECK(host.requests_in_all == 1);
    const auto& got = host.got.at(waiter);
    CHECK(got.error == "temporarily_unavailable");
    CHECK(got.words.contains("auth.example answered 429"));
    CHECK(got.retry_after == 45);
}

TEST_CASE("P17: whoever imports a pair while the endpoint is left alone is told why, and until when") {
    UpstreamHost host{1};
    host.endpoint = [](const auto&) {
        return std::optional{json::object{{"status", 429}, {"retry_after", 45}, {"json", json::object{}}}};
    };
    CHECK(host.ask_one(0).retry_after == 45);
    auto pair = UpstreamHost::about(0);
    pair["client_id"] = "cid.0";
    pair["client_secret"] = "cs1.abcdefghijklmnopqrstuvwxyz0123456789";
    const auto got = host.ordered("secret.import", std::move(pair));
    CHECK(got.error == "temporarily_unavailable");
    CHECK(got.words.contains("auth.example answered 429"));
    CHECK(got.words.contains("is asked again at " + rfc3339(host.clock.now() + 45s)));
    CHECK(got.retry_after == 45);
    CHECK(host.requests_in_all == 1);
}

TEST_CASE("P5: a token that has ended already is given to nobody, and not asked for again at once") {
    UpstreamHost host{1};
    host.endpoint = [&](const auto&) { return std::optional{host.granted(0)}; };
    for (int call = 0; call < 5; ++call) {
        const auto got = host.ask_one(0);
        CHECK(got.error == "temporarily_unavailable");
        CHECK(got.words.find("has ended already") != std::string::npos);
        CHECK(got.retry_after >= 1);
    }
    CHECK(host.requests_in_all == 1);
    host.endpoint = [&](const auto&) { return std::optional{host.granted()}; };
    host.pass(3s);
    CHECK(host.ask_one(0).served());
}

TEST_CASE("a CA file that cannot be used is this host's own fault: its endpoint is not asked, and does not cool down") {
    UpstreamHost host{1};
    const auto file = host.directory() / "ca.pem";
    const auto put = [&](std::string_view text) { std::ofstream{file} << text; };
    REQUIRE(host.order("environment.edit",
                       {{"environment", "production"}, {"ca_file", file.string()}, {"import_anew", true}}) == "");
    host.run([&](Transaction& tx) {
        REQUIRE(import_secret(tx, host.admin, host.connection(host.name_of(0)),
                              {"cid.0", "cs1.abcdefghijklmnopqrstuvwxyz0123456789", {}}, host.clock.now()));
    });
    for (const bool there : {false, true}) {
        if (there) put("no certificate\n");
        const auto got = host.ask_one(0);
        CHECK(got.error == "temporarily_unavailable");
        CHECK(got.words.contains(file.string()));
        CHECK(got.next.contains("jeton environment edit production --ca-file FILE"));
    }
    CHECK(host.requests_in_all == 0);
    const auto& endpoints = host.daemon->room.upstream.endpoints();
    const auto* health = endpoints.health("https://auth.example/connect/token");
    CHECK((health == nullptr || (!health->cooling && health->last_error.empty())));
    put("-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n");
    const auto token = host.ask_one(0).token;
    CHECK_FALSE(token.empty());
    // What is held is served to its end, whatever becomes of the file.
    put("");
    host.pass(700s);
    CHECK(host.ask_one(0).token == token);
    CHECK(host.requests_in_all == 1);
}

TEST_CASE("P1: what is beyond the budget waits for its turn, or is told honestly when it comes") {
    UpstreamHost host{10};
    host.config.upstream.requests_per_minute = 4;
    host.restart();
    const auto answers = host.ask({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(host.requests_in_all == 4);
    int refused = 0;
    for (const auto& [i, got] : answers) {
        if (got.served()) continue;
        ++refused;
        CHECK(got.error == "temporarily_unavailable");
        CHECK(got.words.find("at most 4 tokens a minute") != std::string::npos);
        CHECK(got.retry_after >= 60);
        CHECK(got.retry_after <= 120);
    }
    CHECK(refused == 6);
    host.pass(55s);
    CHECK(host.requests_in_all == 4);
    // Its turn comes within what it may wait: it waits, and is served.
    CHECK_FALSE(host.ask_one(5).served());
    host.pass(5s);
    CHECK(host.requests["cid.5"] == 1);
    CHECK(host.ask_one(5).served());
}

TEST_CASE("a restart with tokens for every connection: no request until they are due") {
    const int count = connections_wanted(60);
    UpstreamHost host{count};
    host.config.upstream.requests_per_minute = 2 * count;
    host.restart();
    Fleet fleet{host, count};
    CHECK(failures_in(fleet.round(0)) == 0);
    const auto before = host.ask({0})[0].token;
    host.restart();
    CHECK(host.daemon->room.upstream.keys().size() == static_cast<std::size_t>(count));
    CHECK(host.ask_one(0).token == before);
    CHECK(host.ask_one(0).expires_in == 900);
    host.pass(100s);
    host.restart();
    CHECK(host.ask_one(0).expires_in == 800);
    Fleet again{host, count};
    CHECK(failures_in(again.round(0)) == 0);
    CHECK(host.requests_in_all == count);
    host.pass(503s);
    CHECK(host.requests_in_all == 2 * count);
}

TEST_CASE("P4: what a trial brought is not replaced ahead before a program wanted it, not after a restart either") {
    UpstreamHost host{2};
    for (const int i : {0, 1}) REQUIRE(host.ask_one(i).served());
    CHECK(host.requests_in_all == 2);
    host.run([&](Transaction& tx) {
        const auto connection = find_connection(tx, host.connection(host.name_of(0)))->connection;
        const auto key = UpstreamTokens::token_key(connection, secrets::of(tx, connection.id).front(), {});
        auto& upstream = host.daemon->room.upstream;
        drop_tokens(tx, upstream, connection.id);
        upstream.hold_tried(key, {SecretText{"of a trial"}, "", 900s}, host.clock);
        keep_token(tx, upstream, key, host.clock);
    });
    host.restart();
    CHECK(host.daemon->room.upstream.keys().size() == 2);
    host.pass(603s);
    CHECK(host.requests_in_all == 3);  // of the other one, which a program wanted
    const auto got = host.ask_one(0);
    CHECK(got.token == "of a trial");
    host.pass(3s);
    CHECK(host.requests_in_all == 4);
}

TEST_CASE("T48: after a restart a token is not served past its end by any clock") {
    UpstreamHost host{1};
    const auto token = host.ask_one(0).token;
    const auto comes_back = [&] { return host.ask_one(0).token == token; };
    SUBCASE("the host was off for a while") {
        host.clock.wall += 901s;
        host.clock.boot = 10s;
        host.restart();
        CHECK_FALSE(comes_back());
    }
    SUBCASE("its clock shows a time before the token was given: nobody knows how long it was off") {
        host.clock.wall -= 3600s;
        host.clock.boot = 10s;
        host.restart();
        CHECK_FALSE(comes_back());
    }
    SUBCASE("it was off for less") {
        host.clock.wall += 600s;
        host.clock.boot = 10s;
        host.restart();
        CHECK(comes_back());
        host.clock.boot += 301s;
        CHECK_FALSE(comes_back());
    }
}

TEST_CASE("a row of a token that was altered, moved or copied costs one request, never more") {
    UpstreamHost host{3};
    for (const auto& [i, got] : host.ask({0, 1, 2})) CHECK(got.served());
    const auto edit = [&](const std::string& sql) { StoreProbe::engine(host.store()).database->execute(sql); };
    SUBCASE("altered") { edit("UPDATE token_cache SET sealed = zeroblob(100)"); }
    SUBCASE("a later end") { edit("UPDATE token_cache SET expires_at = expires_at + 10"); }
    SUBCASE("another connection's") {
        edit(
            "UPDATE token_cache SET sealed = (SELECT sealed FROM token_cache ORDER BY connection DESC LIMIT 1), "
            "expires_at = (SELECT expires_at FROM token_cache ORDER BY connection DESC LIMIT 1) "
            "WHERE connection <> (SELECT max(connection) FROM token_cache)");
    }
    const bool one_is_good =
        StoreProbe::engine(host.store())
                .database->number("SELECT count(*) FROM token_cache WHERE sealed <> zeroblob(100)") == 3 &&
        StoreProbe::engine(host.store()).database->number("SELECT count(DISTINCT sealed) FROM token_cache") == 1;
    host.restart();
    CHECK(host.store().state() == StoreState::unsealed);
    for (const auto& [i, got] : host.ask({0, 1, 2})) CHECK(got.served());
    CHECK(host.requests_in_all == (one_is_good ? 5 : 6));
    host.restart();
    for (const auto& [i, got] : host.ask({0, 1, 2})) CHECK(got.served());
    CHECK(host.requests_in_all == (one_is_good ? 5 : 6));
}

TEST_CASE(
    "S46, S17: the rows of tokens go with a disable, a deactivated secret and a seal; no clear text in any file") {
    UpstreamHost host{3};
    const auto token = host.ask({0, 1, 2})[0].token;
    const auto rows = [&] {
        return StoreProbe::engine(host.store()).database->number("SELECT count(*) FROM token_cache");
    };
    CHECK(rows() == 3);
    const auto epoch = host.store().epoch();
    host.clock.advance(700s);
    (void)host.ask({0, 1, 2});
    CHECK(host.store().epoch() == epoch);
    CHECK(host.order("access.disable", UpstreamHost::about(0)) == "");
    CHECK(rows() == 2);
    auto deactivate = UpstreamHost::about(1);
    deactivate["prefix"] = "cs1.aaaa";
    CHECK(host.order("secret.deactivate", deactivate) == "");
    CHECK(rows() == 1);
    CHECK(host.order("store.seal", {}) == "");
    host.restart();
    CHECK(rows() == 0);
    CHECK(host.ask_one(2).served());
}

TEST_CASE("T29: a new data key: the rows of tokens move to it, and a restart costs no request") {
    UpstreamHost host{4};
    (void)host.ask({0, 1, 2, 3});
    host.pass(2s);
    REQUIRE(host.run([&](Transaction& tx) { return rotate_data_key(tx, host.admin, "production", host.clock.now()); }));
    SUBCASE("while it runs") { host.pass(3s); }
    SUBCASE("interrupted at once, then ended") {
        host.restart();
        host.pass(3s);
    }
    host.restart();
    CHECK(host.run([&](Transaction& tx) { return find_environment(tx, "production"); })->retiring_data_key.empty());
    for (const auto& [i, got] : host.ask({0, 1, 2, 3})) CHECK(got.served());
    CHECK(host.requests_in_all == 4);
}

TEST_CASE("T30: a full disk keeps no token, and takes none from anybody") {
    UpstreamHost host{40};
    auto& database = *StoreProbe::engine(host.store()).database;
    database.execute("PRAGMA max_page_count = " + std::to_string(database.number("PRAGMA page_count")));
    std::vector<int> all;
    for (int i = 0; i < 40; ++i) all.push_back(i);
    host.endpoint = [&](const auto&) {
        auto answer = host.granted();
        answer.at("json").as_object()["access_token"] = std::string(3000, 'x');
        return std::optional{std::move(answer)};
    };
    for (const auto& [i, got] : host.ask(all)) CHECK(got.served());
    CHECK(database.number("SELECT count(*) FROM token_cache") < 40);
    for (const auto& [i, got] : host.ask(all)) CHECK(got.served());
    CHECK(host.requests_in_all == 40);
}
