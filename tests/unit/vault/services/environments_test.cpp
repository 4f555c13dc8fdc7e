#include "daemon/vault/services/environments.hpp"

#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

Result<Environment> create(World& world, const NewEnvironment& wanted) {
    return world.run([&](Transaction& tx) { return create_environment(tx, world.admin, wanted, world.clock.now()); });
}

NewEnvironment upstream(std::string endpoint) {
    NewEnvironment wanted;
    wanted.name = "production";
    wanted.kind = "upstream";
    wanted.token_endpoint = std::move(endpoint);
    return wanted;
}

}  // namespace

TEST_CASE("environment: a token endpoint is https, or http on loopback where that is allowed") {
    World world;
    for (const auto* bad : {"", "auth.example", "http://auth.example/token", "http://127.0.0.1:1/token",
                            "https://user@host/", "ftp://host/", "https://host/#x"}) {
        INFO(bad);
        CHECK_FALSE(create(world, upstream(bad)));
    }
    auto loopback = upstream("http://localhost:8080/token");
    loopback.allow_loopback_http = true;
    CHECK(create(world, loopback));
}

TEST_CASE("threat: a name that only begins like loopback is not loopback") {
    World world;
    auto wanted = upstream("http://localhost.example.com/token");
    wanted.allow_loopback_http = true;
    CHECK_FALSE(create(world, wanted));
    wanted.token_endpoint = "http://127.example.com/token";
    CHECK_FALSE(create(world, wanted));
}

TEST_CASE("environment: the presets fill endpoint, alias and claim check") {
    World world;
    NewEnvironment wanted;
    wanted.name = "integration";
    wanted.preset = "servicetitan-integration";
    const auto created = create(world, wanted);
    REQUIRE(created);
    CHECK(created->kind == EnvironmentKind::upstream);
    CHECK(created->token_endpoint == "https://auth-integration.servicetitan.io/connect/token");
    CHECK(created->host_aliases == std::vector<std::string>{"auth-integration.servicetitan.io"});
    CHECK(created->tenant_claim_required);
    CHECK(created->developer_access);
}

TEST_CASE("environment: host aliases are unique") {
    World world;
    auto first = upstream("https://a.example/token");
    first.host_aliases = {"auth.example"};
    REQUIRE(create(world, first));
    auto second = upstream("https://b.example/token");
    second.name = "other";
    second.host_aliases = {"AUTH.example"};
    const auto refused = create(world, second);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::already_exists);
}

TEST_CASE("environment: --if-not-exists succeeds only where the fields match") {
    World world;
    auto wanted = upstream("https://a.example/token");
    const auto first = create(world, wanted);
    REQUIRE(first);
    CHECK_FALSE(create(world, wanted));
    wanted.if_not_exists = true;
    const auto again = create(world, wanted);
    REQUIRE(again);
    CHECK(again->id == first->id);
    wanted.token_endpoint = "https://b.example/token";
    CHECK_FALSE(create(world, wanted));
}

TEST_CASE("S35: whether developers hold secrets, and the host aliases, can be changed; the rest stays") {
    Office office;
    auto wanted = upstream("https://a.example/token");
    wanted.host_aliases = {"auth.example"};
    const auto before = create(office, wanted);
    REQUIRE(before);
    CHECK_FALSE(before->developer_access);
    const auto edited = office.ask(
        office.operator_peer, "environment.edit",
        {{"environment", "production"}, {"developer_access", true}, {"host_aliases", json::array{"AUTH2.example"}}});
    REQUIRE(edited);
    CHECK(edited->at("developer_access").as_bool());
    CHECK(json::serialize(edited->at("host_aliases")) == R"(["auth2.example"])");
    const auto after = office.run([](Transaction& tx) { return find_environment(tx, "production"); });
    CHECK(after->token_endpoint == before->token_endpoint);
    CHECK(after->key_generation == before->key_generation);
    CHECK(office.audited("environment.edited").at(0).detail == "developer access: yes; host aliases: auth2.example");
}

TEST_CASE("environment edit: absent members stay, an empty list takes all aliases away, no difference is no change") {
    Office office;
    auto wanted = upstream("https://a.example/token");
    wanted.host_aliases = {"auth.example"};
    REQUIRE(create(office, wanted));
    const auto edit = [&](json::object body) {
        body["environment"] = "production";
        return office.ask(office.operator_peer, "environment.edit", body);
    };
    const auto epoch = office.store().epoch();
    CHECK(json::serialize(edit({{"developer_access", false}})->at("host_aliases")) == R"(["auth.example"])");
    CHECK(edit({}));
    CHECK(office.store().epoch() == epoch);
    CHECK(edit({{"host_aliases", json::array{}}})->at("host_aliases").as_array().empty());
    CHECK(office.store().epoch() == epoch + 1);
}

TEST_CASE(
    "environment edit: another environment's alias and what is no host are refused; nobody but an operator edits") {
    Office office;
    auto other = upstream("https://b.example/token");
    other.name = "other";
    other.host_aliases = {"taken.example"};
    REQUIRE(create(office, other));
    REQUIRE(create(office, upstream("https://a.example/token")));
    const auto edit = [&](const Peer& peer, const char* alias) {
        return office
            .ask(peer, "environment.edit", {{"environment", "production"}, {"host_aliases", json::array{alias}}})
            .error()
            .code;
    };
    CHECK(edit(office.operator_peer, "Taken.example") == Errc::already_exists);
    CHECK(edit(office.operator_peer, "https://x.example") == Errc::bad_input);
    CHECK(edit(office.operator_peer, "a\x1b.example") == Errc::bad_input);
    office.grant("developer", office.developer, {}, {});
    CHECK(edit(office.developer, "x.example") == Errc::forbidden);
    CHECK(office.ask(office.developer, "environment.show", {{"environment", "other"}})->at("connections").is_null());
}
