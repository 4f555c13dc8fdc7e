#include "daemon/vault/services/introspection.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

struct Guarded : World {
    Guarded() {
        connected(name);
        connected("dispatcher/1@production");
        bind(name);
        NewBinding wanted;
        wanted.introspect = "integration";
        wanted.identity.user = guard.user = "guard";
        wanted.identity.uid = guard.uid = 3000;
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, wanted, clock.now()); }));
    }
    std::string token() {
        TokenRequest request;
        request.connection = name;
        auto decision = decide(request);
        REQUIRE(decision);
        return std::string{decision->token->access_token.reveal()};
    }
    Result<std::optional<boost::json::object>> ask(const Peer& peer, std::string_view environment,
                                                   std::string_view text) {
        return run([&](Transaction& tx) { return introspect_token(tx, peer, environment, text, clock.now()); });
    }
    bool is_active(std::string_view text) { return ask(guard, "integration", text).value().has_value(); }

    Peer guard;
};

}  // namespace

TEST_CASE("T-11: a live token is told with its members to whom is bound, and to nobody else") {
    Guarded world;
    const auto token = world.token();
    const auto told = world.ask(world.guard, "integration", token);
    REQUIRE(told);
    REQUIRE(*told);
    CHECK((*told)->at("active").as_bool());
    CHECK((*told)->at("connection") == "dispatcher/1@integration");
    CHECK((*told)->at("client_id") == (*told)->at("sub"));
    CHECK(world.ask(world.program, "integration", token).error().code == Errc::invalid_client);
    CHECK(world.ask(world.guard, "nonesuch", token).error().code == Errc::invalid_client);
}

TEST_CASE("T-11: an introspector of one app, or of one resource, is told of nothing else") {
    World world;
    world.connected(name);
    world.connected("billing/1@integration");
    world.bind(name);
    world.bind("billing/1@integration");
    REQUIRE(world.run([&](Transaction& tx) {
        EnvironmentEdit edit;
        edit.resources = std::vector<std::string>{"https://a.example/", "https://b.example/"};
        return edit_environment(tx, world.admin, "integration", edit, world.clock.now());
    }));
    const auto token = [&](const std::string& connection, std::vector<std::string> resources) {
        TokenRequest request;
        request.connection = connection;
        request.resources = std::move(resources);
        return std::string{world.decide(request)->token->access_token.reveal()};
    };
    const auto introspector = [&](std::int64_t uid, std::optional<std::string> app,
                                  std::optional<std::string> resource) {
        Peer peer;
        peer.user = "guard";
        peer.uid = uid;
        NewBinding wanted;
        wanted.introspect = "integration";
        wanted.app = std::move(app);
        wanted.resource = std::move(resource);
        wanted.identity.user = peer.user;
        wanted.identity.uid = uid;
        REQUIRE(world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); }));
        return peer;
    };
    const auto is_active = [&](const Peer& peer, const std::string& text) {
        return world
            .run([&](Transaction& tx) { return introspect_token(tx, peer, "integration", text, world.clock.now()); })
            .value()
            .has_value();
    };
    const auto plain = token(name, {});
    const auto both = token(name, {"https://a.example/", "https://b.example/"});
    const auto only_b = token("billing/1@integration", {"https://b.example/"});
    const auto of_app = introspector(3001, "dispatcher", {});
    CHECK(is_active(of_app, plain));
    CHECK(is_active(of_app, both));
    CHECK_FALSE(is_active(of_app, only_b));
    const auto of_a = introspector(3002, {}, "https://a.example/");
    CHECK_FALSE(is_active(of_a, plain));
    CHECK(is_active(of_a, both));
    CHECK_FALSE(is_active(of_a, only_b));
    const auto of_both = introspector(3003, "billing", "https://a.example/");
    for (const auto& text : {plain, both, only_b}) CHECK_FALSE(is_active(of_both, text));
    (void)introspector(3003, "billing", "https://b.example/");
    CHECK(is_active(of_both, only_b));
    NewBinding misspelt;
    misspelt.introspect = "integration";
    misspelt.resource = "https://a.example";
    misspelt.identity.user = "guard";
    misspelt.identity.uid = 3004;
    CHECK(world.run([&](Transaction& tx) { return add_binding(tx, world.admin, misspelt, world.clock.now()); })
              .error()
              .code == Errc::bad_input);
}

TEST_CASE("S4: a token of one environment is nothing in another") {
    Guarded world;
    const auto token = world.token();
    CHECK(world.ask(world.guard, "production", token).error().code == Errc::invalid_client);
    NewBinding wanted;
    wanted.introspect = "production";
    wanted.identity.user = world.guard.user;
    wanted.identity.uid = world.guard.uid;
    REQUIRE(world.run([&](Transaction& tx) { return add_binding(tx, world.admin, wanted, world.clock.now()); }));
    CHECK_FALSE(world.ask(world.guard, "production", token).value());
    CHECK(world.is_active(token));
}

TEST_CASE("an altered, foreign, ended or shapeless token is inactive") {
    Guarded world;
    auto token = world.token();
    for (const auto* text : {"", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30."}) CHECK_FALSE(world.is_active(text));
    auto altered = token;
    altered[altered.find('.') + 5] ^= 1;
    CHECK_FALSE(world.is_active(altered));
    world.clock.advance(899s);
    CHECK(world.is_active(token));
    world.clock.advance(1s);
    CHECK_FALSE(world.is_active(token));
}

TEST_CASE("S46: disabled means inactive at once; enabled again, the token lives on") {
    Guarded world;
    const auto token = world.token();
    auto row = world.row(name);
    const auto set = [&](ConnectionState state) {
        row.state = state;
        REQUIRE(world.run([&](Transaction& tx) -> Result<void> {
            tx.update(row);
            AuditEntry entry;
            entry.event = "test.state";
            tx.append_audit(entry);
            return {};
        }));
    };
    set(ConnectionState::disabled);
    CHECK_FALSE(world.is_active(token));
    set(ConnectionState::connected);
    CHECK(world.is_active(token));
    row.token_generation = 1;
    set(ConnectionState::connected);
    CHECK_FALSE(world.is_active(token));  // issued before `rotate --now`
    CHECK(world.is_active(world.token()));
}
