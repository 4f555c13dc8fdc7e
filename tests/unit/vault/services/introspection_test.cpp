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
