#include "daemon/vault/services/connections.hpp"

#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string remote = "dispatcher/1@production";

struct Edited : Office {
    Edited() { connected(remote, EnvironmentKind::upstream); }
    Result<json::value> edit(const json::object& fields) {
        return ask_about(operator_peer, "connection.edit", remote, {{"form_fields", fields}});
    }
};

}  // namespace

TEST_CASE("connection edit: the form fields are shown, sent with the pair, and changed only where they differ") {
    Edited world;
    const auto edited = world.edit({{"tenant", "985798691"}});
    REQUIRE(edited);
    CHECK(edited->at("form_fields").at("tenant") == "985798691");
    CHECK(world.audited("connection.edited").size() == 1);
    CHECK(world.audited("connection.edited").front().detail == "form fields: tenant");
    REQUIRE(world.edit({{"tenant", "985798691"}}));
    CHECK(world.audited("connection.edited").size() == 1);
    REQUIRE(world.import_pair(remote, {"cid.a", "cs1.bbbbbbbbbbbbbbbbbbbb", {}}));
    world.bind(remote);
    TokenRequest request;
    request.connection = remote;
    const auto decision = world.decide(request);
    REQUIRE(decision);
    REQUIRE(decision->fetch);
    CHECK(decision->fetch->request.form == std::vector<FormField>{{"tenant", "985798691"}});
    REQUIRE(world.edit({}));
    CHECK(world.row(remote).form_fields.empty());
}

TEST_CASE("connection edit: refused fields change nothing; a local environment sends no form") {
    Edited world;
    const auto refused = world.edit({{"scope", "x"}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::bad_input);
    CHECK_FALSE(world.edit({{"tenant", 7}}));
    CHECK(world.row(remote).form_fields.empty());
    world.connected("dispatcher/1@integration");
    const auto local = world.ask_about(world.operator_peer, "connection.edit", "dispatcher/1@integration",
                                       {{"form_fields", {{"tenant", "1"}}}});
    REQUIRE_FALSE(local);
    CHECK(local.error().code == Errc::wrong_state);
    CHECK_FALSE(world.ask_about(world.worker, "connection.edit", remote, {{"form_fields", json::object{}}}));
}

TEST_CASE("a token that was asked for with other form fields is worth nothing") {
    Edited world;
    REQUIRE(world.import_pair(remote, {"cid.a", "cs1.bbbbbbbbbbbbbbbbbbbb", {}}));
    world.bind(remote);
    TokenRequest request;
    request.connection = remote;
    const auto decision = world.decide(request);
    REQUIRE(decision->fetch);
    REQUIRE(world.edit({{"tenant", "2"}}));
    ExchangeAnswer answer;
    answer.status = 200;
    answer.access_token = SecretText{std::string_view{"of.before"}};
    answer.token_type = "Bearer";
    answer.expires_in = 900;
    const auto landing = world.run([&](Transaction& tx) {
        return land_token(tx, *decision->fetch, answer, {world.upstream, world.sightings}, world.clock);
    });
    REQUIRE(landing.failure);
    CHECK(landing.failure->code == Errc::temporarily_unavailable);
    CHECK_FALSE(world.decide(request)->token);
}
