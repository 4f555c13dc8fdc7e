#include "daemon/vault/services/secrets.hpp"

#include <set>

#include <fmt/format.h>

#include "daemon/vault/store/secrets.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string local = "dispatcher/1@integration";
const std::string remote = "dispatcher/1@production";
const ImportedPair pair{"cid.aaaaaaaaaaaaaaaaaaaaaaaaa", "cs1.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", {}};

std::vector<Secret> secrets_of(World& world, const std::string& name) {
    const auto connection = world.row(name).id;
    return world.run([&](Transaction& tx) { return secrets::of(tx, connection); });
}

/// A connection in each mode, with the people who may and who may not.
struct Offices : Office {
    Offices() {
        connected(local);
        listed(of_tenant, EnvironmentKind::local, "tenant");
        auto allowed = allow(of_tenant);
        REQUIRE(allowed);
        tenant("9@integration");
        for (const auto* app : {"dispatcher", "zapper"}) grant("developer", developer, app, {});
        grant("tenant-admin", tenant_admin, {}, "1@integration");
        app("other");
        grant("developer", other_developer, "other", {});
        grant("tenant-admin", other_admin, {}, "9@integration");
        grant("auditor", auditor, {}, {});
    }

    const std::string of_tenant = "zapper/1@integration";
    Peer other_developer = person(2011, "otto");
    Peer other_admin = person(2013, "olga");
    Peer auditor = person(2005, "ada");
};

}  // namespace

TEST_CASE("S6: no generation before allow") {
    World world;
    world.listed(local);
    const auto refused = world.generate(local);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == local + ": Not Connected Yet");
    CHECK(secrets_of(world, local).empty());
}

TEST_CASE("S17: two active secrets, a third is refused, a deactivated one makes room") {
    World world;
    world.connected(local);
    const auto first = world.generate(local);
    REQUIRE(first);
    REQUIRE(world.generate(local));
    const auto third = world.generate(local);
    REQUIRE_FALSE(third);
    CHECK(third.error().what == "Only two active secrets are allowed at a time");
    REQUIRE(world.run([&](Transaction& tx) {
        return deactivate_secret(tx, world.admin, World::connection(local), first->secret.prefix, world.clock.now());
    }));
    CHECK(world.generate(local));
}

TEST_CASE("an upstream environment makes no secrets, a local one takes none in") {
    World world;
    world.connected(local);
    world.connected(remote, EnvironmentKind::upstream);
    const auto generated = world.generate(remote);
    REQUIRE_FALSE(generated);
    CHECK(generated.error().next.find("jeton secret import") != std::string::npos);
    const auto imported = world.import_pair(local, pair);
    REQUIRE_FALSE(imported);
    CHECK(imported.error().next.find("jeton secret generate") != std::string::npos);
}

TEST_CASE("S37: an imported pair loses the white space around it, and is readable by the daemon alone") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    const auto secret = world.import_pair(
        remote, {" cid.aaaaaaaaaaaaaaaaaaaaaaaaa\n", "cs1.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb \r\n", {}});
    REQUIRE(secret);
    CHECK(secret->prefix == "cs1.bbbb");
    CHECK(world.row(remote).client_id == pair.client_id);
    CHECK(text_of(secret->sealed).find("bbbb") == std::string_view::npos);
}

TEST_CASE("S3: a client ID of one tenant is refused for another") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    world.connected("dispatcher/2@production", EnvironmentKind::upstream);
    REQUIRE(world.import_pair(remote, pair));
    const auto refused = world.import_pair("dispatcher/2@production", pair);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::already_exists);
    // Whose it is, its tenant's admin need not know; the operator reads it in the audit.
    CHECK((refused.error().what + refused.error().next).find(remote) == std::string::npos);
    CHECK(refused.error().operator_note == "the client ID is the one of " + remote);
}

TEST_CASE("import with an overlap: the older secret works until its end") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    REQUIRE(world.import_pair(remote, pair));
    auto next = pair;
    next.client_secret = "cs1.cccccccccccccccccccccccccccccccccccc";
    next.overlap = 3600s;
    world.clock.advance(10s);
    REQUIRE(world.import_pair(remote, next));
    const auto active = [&] {
        return world
            .run([&](Transaction& tx) -> Result<std::size_t> {
                std::size_t count = 0;
                for (const auto& secret :
                     secrets::of(tx, find_connection(tx, World::connection(remote))->connection.id)) {
                    count += secret.is_active(world.clock.now()) ? 1 : 0;
                }
                return count;
            })
            .value();
    };
    CHECK(active() == 2);
    world.clock.advance(3599s);
    CHECK(active() == 2);
    world.clock.advance(1s);
    CHECK(active() == 1);
}

TEST_CASE("deactivate ends every row of that secret, and another secret of the same prefix stays") {
    World world;
    world.connected(remote, EnvironmentKind::upstream);
    const auto deactivate = [&] {
        return world.run([&](Transaction& tx) {
            return deactivate_secret(tx, world.admin, World::connection(remote), "cs1.bbbb", world.clock.now());
        });
    };
    const auto count_active = [&] {
        return world.run([&](Transaction& tx) {
            return active_secrets(tx, find_connection(tx, World::connection(remote))->connection).size();
        });
    };
    auto second = pair;
    REQUIRE(world.import_pair(remote, pair));
    SUBCASE("the same value") {
        REQUIRE(world.import_pair(remote, second));
        CHECK(count_active() == 2);
        REQUIRE(deactivate());
        CHECK(count_active() == 0);
    }
    SUBCASE("another value") {
        second.client_secret = "cs1.bbbbcccccccccccccccccccccccccccccccc";
        REQUIRE(world.import_pair(remote, second));
        REQUIRE(deactivate());
        CHECK(count_active() == 1);
        REQUIRE(deactivate());
    }
    CHECK(deactivate().error().code == Errc::not_found);
}

TEST_CASE("S2, S5, S13: the app says who configures: its developer, or the admin of each tenant; an operator always") {
    Offices world;
    struct Case {
        const Peer& peer;
        Errc by_developer;  // of the app that its developer configures
        Errc by_tenant;     // of the app that tenants configure
    };
    // No code of a refusal is ours to expect: the secret is made.
    constexpr auto done = Errc::invalid_target;
    const Case cases[]{{world.developer, done, Errc::forbidden},
                       {world.tenant_admin, Errc::forbidden, done},
                       {world.other_developer, Errc::not_found, Errc::not_found},
                       {world.other_admin, Errc::not_found, Errc::not_found},
                       {world.auditor, Errc::forbidden, Errc::forbidden},
                       {world.worker, Errc::forbidden, Errc::forbidden},
                       {world.operator_peer, done, done}};
    for (const auto& [peer, by_developer, by_tenant] : cases) {
        for (const auto* verb : {"secret.generate", "secret.rotate", "secret.rollback", "secret.deactivate"}) {
            for (const auto& [name, expected] :
                 {std::pair{local, by_developer}, std::pair{world.of_tenant, by_tenant}}) {
                INFO(peer.user, " ", verb, " ", name);
                json::object body;
                if (std::string_view{verb} == "secret.deactivate") body["prefix"] = "jcs.none";
                if (std::string_view{verb} == "secret.rotate") body["now"] = true;
                const auto answer = world.ask_about(peer, verb, name, body);
                const auto code = answer ? done : answer.error().code;
                if (expected != done) {
                    CHECK(code == expected);
                } else if (body.contains("prefix")) {
                    CHECK(code == Errc::not_found);  // of the secret: the peer may
                } else {
                    CHECK((code == done || code == Errc::wrong_state));
                }
            }
        }
    }
}

TEST_CASE("S13: the mode of an app can change hands, and the secrets stay as they are") {
    Offices world;
    const auto made = world.ask_about(world.developer, "secret.generate", local);
    REQUIRE(made);
    CHECK_FALSE(world.ask_about(world.tenant_admin, "secret.generate", local));
    REQUIRE(world.ask(world.developer, "app.edit", {{"app", "dispatcher"}, {"credentials", "tenant"}}));
    CHECK(world.accepts(text_at(*made, "client_id"), text_at(*made, "client_secret")));
    CHECK_FALSE(world.ask_about(world.developer, "secret.generate", local));
    CHECK(world.ask_about(world.tenant_admin, "secret.generate", local));
}

TEST_CASE("S35: a developer holds secrets where the environment lets developers, and nowhere else") {
    Office world;
    const std::string production = "dispatcher/1@production";
    world.connected(local);
    world.connected(production);
    world.grant("developer", world.developer, "dispatcher", {});
    CHECK(world.ask_about(world.developer, "secret.generate", local));
    CHECK(world.ask_about(world.developer, "secret.generate", production).error().code == Errc::forbidden);
    CHECK(secrets_of(world, production).empty());
    CHECK(world.ask_about(world.operator_peer, "secret.generate", production));
}

TEST_CASE("S17: the value stands in one answer, and in no listing, entry or file after it") {
    Offices world;
    const auto answer = world.ask_about(world.developer, "secret.generate", local);
    REQUIRE(answer);
    const auto value = text_at(*answer, "client_secret");
    CHECK(text_at(*answer, "prefix") == value.substr(0, secret_prefix_size));
    CHECK(text_at(*answer, "message").starts_with("This client secret is visible only once."));
    const auto rest = value.substr(secret_prefix_size);
    for (const auto* verb : {"secret.list", "connection.list", "app.list", "audit.list"}) {
        INFO(verb);
        CHECK(json::serialize(world.ask(world.operator_peer, verb).value()).find(rest) == std::string::npos);
    }
    CHECK_FALSE(world.stands_in_a_file(rest));
    CHECK(world.stands_in_a_file(text_at(*answer, "prefix")));
}

TEST_CASE("S17: a third secret is refused with the command that makes room") {
    World world;
    world.connected(local);
    const auto first = world.generate(local);
    REQUIRE(world.generate(local));
    CHECK(world.generate(local).error().next == "jeton secret deactivate " + local + " " + first->secret.prefix);
}

TEST_CASE("S18: the client ID stays the same through everything that happens to secrets") {
    Office world;
    world.connected(local);
    const auto client_id = world.row(local).client_id;
    for (const auto* verb : {"secret.generate", "secret.rotate", "secret.rollback"}) {
        REQUIRE(world.ask_about(world.admin, verb, local));
        CHECK(world.row(local).client_id == client_id);
    }
    for (const auto* verb : {"access.disable", "access.enable"}) REQUIRE(world.ask_about(world.admin, verb, local));
    CHECK(world.row(local).client_id == client_id);
    CHECK(text_at(world.ask(world.admin, "secret.list")->as_array().at(0), "client_id") == client_id);
}

TEST_CASE("S17: to deactivate the last secret is allowed, and the answer warns") {
    Office world;
    world.connected(local);
    const auto first = world.generate(local);
    const auto second = world.generate(local);
    const auto deactivate = [&](const std::string& prefix) {
        return world.ask_about(world.admin, "secret.deactivate", local, {{"prefix", prefix}});
    };
    CHECK(text_at(*deactivate(first->secret.prefix), "message") == first->secret.prefix + " is refused from now on.");
    const auto last = deactivate(second->secret.prefix);
    REQUIRE(last);
    CHECK(text_at(*last, "message").find("It was the last active one") != std::string::npos);
    CHECK(text_at(*last, "message").find("jeton secret generate " + local) != std::string::npos);
    CHECK(deactivate(second->secret.prefix).error().code == Errc::not_found);
    // Whatever clocks do later.
    for (const auto& secret : secrets_of(world, local)) CHECK_FALSE(secret.is_active(UtcSeconds{}));
    const auto entries = world.audited("secret.deactivated");
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].subject == local + " " + second->secret.prefix);
}

TEST_CASE("deactivate in an upstream environment: the tokens are dropped, and the issuer has to be told") {
    Office world;
    world.connected(remote, EnvironmentKind::upstream);
    const auto secret = world.import_pair(remote, pair);
    REQUIRE(secret);
    const auto key = UpstreamTokens::key_of(world.row(remote), *secret, {});
    world.room.upstream.put(key, world.row(remote), {SecretText{"token"}, "", 900s}, world.clock);
    const auto answer = world.ask_about(world.admin, "secret.deactivate", remote, {{"prefix", "cs1.bbbb"}});
    REQUIRE(answer);
    CHECK(text_at(*answer, "message").find("still works at its issuer until it is deactivated there") !=
          std::string::npos);
    CHECK(world.room.upstream.find(key, world.clock) == nullptr);
}

TEST_CASE("secret.list: everybody sees those of the connections that are theirs to see") {
    Offices world;
    for (const auto& name : {local, world.of_tenant}) REQUIRE(world.generate(name));
    const auto count = [&](const Peer& peer, const json::object& body = {}) {
        return world.ask(peer, "secret.list", body)->as_array().size();
    };
    // One of zapper came with its consent (S30).
    CHECK(count(world.operator_peer) == 3);
    CHECK(count(world.auditor) == 3);
    CHECK(count(world.developer) == 3);
    CHECK(count(world.tenant_admin) == 3);
    CHECK(count(world.other_developer) == 0);
    CHECK(count(world.other_admin) == 0);
    CHECK(count(world.operator_peer, {{"app", "dispatcher"}, {"tenant", "1@integration"}}) == 1);
    const auto hidden = world.ask_about(world.other_admin, "secret.list", local);
    const auto absent = world.ask_about(world.other_admin, "secret.list", "nothing/1@integration");
    REQUIRE_FALSE(hidden);
    REQUIRE_FALSE(absent);
    CHECK(hidden.error().code == absent.error().code);
}

TEST_CASE("secret.list: a secret that was used within the hour carries a warning") {
    Office world;
    world.connected(local);
    const auto prefix = world.generate(local)->secret.prefix;
    const auto warning = [&](std::chrono::seconds ago) {
        world.use(local, prefix);
        world.clock.advance(ago);
        const auto value = world.ask(world.admin, "secret.list")->as_array().at(0).at("warning");
        return value.is_null() ? std::string{} : std::string{value.as_string()};
    };
    CHECK(warning(59s) == "used less than a minute ago by worker");
    CHECK(warning(60s) == "used 1 minute ago by worker");
    CHECK(warning(3min + 20s) == "used 3 minutes ago by worker");
    CHECK(warning(1h - 1s) == "used 59 minutes ago by worker");
    CHECK(warning(1h).empty());
    world.clock.wall -= 24h;
    CHECK(text_at(world.ask(world.admin, "secret.list")->as_array().at(0), "warning") ==
          "used less than a minute ago by worker");
}

TEST_CASE("secret.list: by age, and page by page") {
    Office world;
    for (const auto* name : {"dispatcher/3@integration", "dispatcher/1@integration", "dispatcher/2@integration"}) {
        world.connected(name);
        REQUIRE(world.generate(name));
        world.clock.advance(24h);
    }
    const auto older = [&](std::chrono::seconds age) {
        return world.ask(world.admin, "secret.list", {{"older_than", age.count()}})->as_array().size();
    };
    CHECK(older(0s) == 3);
    CHECK(older(24h) == 3);
    CHECK(older(24h + 1s) == 2);
    CHECK(older(72h) == 1);
    CHECK(older(72h + 1s) == 0);
    std::vector<std::string> names;
    const auto listed = world.ask(world.admin, "secret.list", {{"limit", 1}});
    for (const auto& row : listed->as_array()) names.push_back(text_at(row, "connection"));
    CHECK(names ==
          std::vector<std::string>{"dispatcher/1@integration", "dispatcher/2@integration", "dispatcher/3@integration"});
}

TEST_CASE("S34: fifty tenants have fifty pairs") {
    Office world;
    std::set<std::string> client_ids;
    std::set<std::string> values;
    for (int i = 0; i < 50; ++i) {
        const auto name = fmt::format("dispatcher/{}@integration", 1000 + i);
        world.connected(name);
        const auto made = world.ask_about(world.admin, "secret.generate", name);
        REQUIRE(made);
        client_ids.insert(text_at(*made, "client_id"));
        values.insert(text_at(*made, "client_secret"));
    }
    CHECK(client_ids.size() == 50);
    CHECK(values.size() == 50);
    CHECK(world.ask(world.admin, "secret.list")->as_array().size() == 50);
}
