#include <boost/json/serialize.hpp>

#include "daemon/vault/issuer/jwt.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/store/audit.hpp"
#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

TokenRequest peer_request(std::optional<std::string> connection = name) {
    TokenRequest request;
    request.connection = std::move(connection);
    return request;
}

TokenRequest pair_request(std::string_view client_id, std::string_view secret) {
    TokenRequest request;
    request.authentication = ClientAuthentication::post;
    request.client_id = client_id;
    request.client_secret = secret;
    return request;
}

void refused(const Result<TokenDecision>& decision, Errc code) {
    REQUIRE_FALSE(decision);
    CHECK(protocol::word_of(decision.error().code).name == protocol::word_of(code).name);
}

ExchangeAnswer upstream_answer(std::string_view token) {
    ExchangeAnswer answer;
    answer.status = 200;
    answer.access_token = SecretText{token};
    answer.token_type = "Bearer";
    answer.expires_in = 900;
    answer.scope = "tn.crm.customers:r";
    return answer;
}

struct Upstream : World {
    Upstream() {
        connected(remote, EnvironmentKind::upstream);
        bind(remote);
        REQUIRE(import_pair(remote, {"cid.a", "cs1.bbbbbbbbbbbbbbbbbbbb", {}}));
    }
    Landing land(const TokenDecision& decision, const ExchangeAnswer& answer) {
        return run([&](Transaction& tx) {
            auto landing = land_token(tx, *decision.fetch, answer, {upstream, sightings}, clock);
            if (landing.keep) landing.keep(tx);
            return landing;
        });
    }
    const std::string remote = "dispatcher/1@production";
};

/// Goes on while it is looked at, as the kernel's do.
class RunningClock final : public Clock {
public:
    RunningClock(UtcSeconds wall, BootTime boot) : wall_(wall), boot_(boot) {}
    [[nodiscard]] UtcSeconds now() const override { return wall_; }
    [[nodiscard]] BootTime boot_time() const override { return boot_ += 1ns; }

private:
    UtcSeconds wall_;
    mutable BootTime boot_;
};

}  // namespace

TEST_CASE("S1: no binding, no pair: nothing is issued, and the answer says what was seen and what to ask for") {
    World world;
    world.connected(name);
    const auto decision = world.decide(peer_request());
    refused(decision, Errc::invalid_client);
    CHECK(decision.error().what == "user worker (uid 2000) has no binding for " + name);
    CHECK(decision.error().next == "ask the operator: jeton explain " + name + " --user worker");
}

TEST_CASE("an environment that does not exist refuses in the words of one in which the caller has nothing") {
    World world;
    world.connected(name);
    world.environment("other");
    const auto client_id = world.row(name).client_id;
    const auto refusal = [&](TokenRequest request, const char* environment) {
        request.environment = environment;
        const auto decision = world.decide(request);
        REQUIRE_FALSE(decision);
        return std::pair{decision.error().what, decision.error().next};
    };
    for (const auto& request : {peer_request(std::nullopt), peer_request(), pair_request(client_id, "jcs.wrong")})
        CHECK(refusal(request, "nowhere") == refusal(request, "other"));
}

TEST_CASE("a binding stands for the secret") {
    World world;
    world.connected(name);
    world.bind(name);
    const auto decision = world.decide(peer_request());
    REQUIRE(decision);
    REQUIRE(decision->token);
    CHECK(decision->token->left == 900s);
    CHECK(decision->token->reuse == 600s);
    CHECK(decision->token->scope == "tn.crm.customers:r tn.jpm.jobs:w");
    CHECK(decision->token->app_key.starts_with("jak."));
}

TEST_CASE("without a name the default is taken, and a lone binding is never a default") {
    World world;
    world.connected(name);
    world.bind(name);
    refused(world.decide(peer_request(std::nullopt)), Errc::invalid_request);
    World with_default;
    with_default.connected(name);
    with_default.bind(name, true);
    CHECK(with_default.decide(peer_request(std::nullopt)));
}

TEST_CASE("a lone client_id selects the bound connection of that ID") {
    World world;
    world.connected(name);
    world.bind(name);
    const auto client_id = world.row(name).client_id;
    auto request = pair_request(client_id, "");
    CHECK(world.decide(request));
    request.client_id = "jid.unknown";
    refused(world.decide(request), Errc::invalid_client);
}

TEST_CASE("S3: a client ID of a network of tenants names no connection alone; its connections keep their own tokens") {
    World world;
    const std::string one = "dispatcher/1@production", two = "dispatcher/2@production";
    const std::string secret = "cs1.of-the-whole-network";
    for (const auto& [connection, tenant] : {std::pair{one, "1"}, std::pair{two, "2"}}) {
        world.connected(connection, EnvironmentKind::upstream);
        ImportedPair pair{"cid.network", secret, {}};
        pair.form_fields = std::vector<FormField>{{"tenant", tenant}};
        REQUIRE(world.import_pair(connection, pair));
    }
    world.connected("dispatcher/3@production", EnvironmentKind::upstream);
    CHECK(world.import_pair("dispatcher/3@production", {"cid.network", secret, {}}).error().code ==
          Errc::already_exists);
    auto request = pair_request("cid.network", secret);
    auto shared = world.decide(request);
    refused(shared, Errc::invalid_request);
    CHECK(shared.error().next.contains("connection=APP/TENANT@ENVIRONMENT"));
    for (const auto& connection : {one, two}) {
        request.connection = connection;
        const auto decision = world.decide(request);
        REQUIRE(decision);
        CHECK(decision->fetch->name == connection);
        CHECK(decision->fetch->request.form.front().value == connection.substr(11, 1));
    }
    // Who has not the secret does not learn that the ID is shared, or is there.
    const auto wrong = world.decide(pair_request("cid.network", "cs1.not-of-the-network"));
    refused(wrong, Errc::invalid_client);
    CHECK(wrong.error().what == world.decide(pair_request("cid.nobody", "cs1.not-of-the-network")).error().what);
    // A lone client ID means the bound one, while that is one.
    request = pair_request("cid.network", "");
    refused(world.decide(request), Errc::invalid_client);
    world.bind(two);
    REQUIRE(world.decide(request));
    CHECK(world.decide(request)->fetch->name == two);
    world.bind(one);
    refused(world.decide(request), Errc::invalid_request);
    request.connection = one;
    CHECK(world.decide(request)->fetch->name == one);
}

TEST_CASE("S4, S23: a pair works in its own environment only; the operator's note says where it belongs") {
    World world;
    world.connected(name);
    world.environment("sandbox");
    const auto secret = world.generate(name);
    const auto client_id = world.row(name).client_id;
    auto request = pair_request(client_id, secret->value.reveal());
    REQUIRE(world.decide(request));
    request.environment = "integration";
    CHECK(world.decide(request));
    request.environment = "sandbox";
    const auto wrong = world.decide(request);
    refused(wrong, Errc::invalid_client);
    CHECK(wrong.error().what.find("integration") == std::string::npos);
    CHECK(wrong.error().operator_note == "the client ID is known in environment integration, not in sandbox");
}

TEST_CASE("S3: the pair of one tenant is refused for another") {
    World world;
    world.connected(name);
    world.connected("dispatcher/2@integration");
    const auto secret = world.generate(name);
    const auto client_id = world.row(name).client_id;
    auto request = pair_request(client_id, secret->value.reveal());
    request.connection = "dispatcher/2@integration";
    const auto wrong = world.decide(request);
    refused(wrong, Errc::invalid_client);
    CHECK(wrong.error().operator_note == "the client ID belongs to " + name + ", not to dispatcher/2@integration");
}

TEST_CASE("S17: both of two secrets work, a deactivated one does not") {
    World world;
    world.connected(name);
    const auto client_id = world.row(name).client_id;
    const auto first = world.generate(name);
    const auto second = world.generate(name);
    CHECK(world.decide(pair_request(client_id, first->value.reveal())));
    CHECK(world.decide(pair_request(client_id, second->value.reveal())));
    REQUIRE(world.run([&](Transaction& tx) {
        return deactivate_secret(tx, world.admin, World::connection(name), first->secret.prefix, world.clock.now());
    }));
    refused(world.decide(pair_request(client_id, first->value.reveal())), Errc::invalid_client);
    CHECK(world.decide(pair_request(client_id, second->value.reveal())));
    refused(world.decide(pair_request(client_id, "jcs.wrong")), Errc::invalid_client);
}

TEST_CASE("S46: a disabled connection gives unauthorized_client, and works again when it is enabled") {
    World world;
    world.connected(name);
    world.bind(name);
    const auto switched = [&](decltype(&disable_access) service) {
        REQUIRE(world.run([&](Transaction& tx) {
            return service(tx, world.admin, world.everything, World::connection(name), {}, world.clock.now());
        }));
    };
    switched(disable_access);
    refused(world.decide(peer_request()), Errc::unauthorized_client);
    switched(enable_access);
    CHECK(world.decide(peer_request()));
}

TEST_CASE("S42: scopes beyond the accepted version are refused, fewer are granted") {
    World world;
    world.connected(name);
    world.bind(name);
    auto request = peer_request();
    request.scope = "tn.crm.customers:r";
    CHECK(world.decide(request)->token->scope == "tn.crm.customers:r");
    request.scope = "tn.acc.invoices:r";
    refused(world.decide(request), Errc::invalid_scope);
}

TEST_CASE("T-14: an unknown resource is invalid_target") {
    World world;
    world.connected(name);
    world.bind(name);
    auto request = peer_request();
    request.resources = {"https://api.example/"};
    refused(world.decide(request), Errc::invalid_target);
    request.resources = {"http://localhost/integration"};
    CHECK(world.decide(request));
}

TEST_CASE("T-14: what was registered may be asked for, once or several times, and becomes aud") {
    World world;
    world.connected(name);
    world.bind(name);
    const auto edit = [&](std::vector<std::string> resources) {
        EnvironmentEdit wanted;
        wanted.resources = std::move(resources);
        return world.run([&](Transaction& tx) {
            return edit_environment(tx, world.admin, "integration", wanted, world.clock.now());
        });
    };
    for (const auto* wrong : {"api.example", "/api", "https://api.example/#part", "https://a b/", ""}) {
        CHECK(edit({wrong}).error().code == Errc::bad_input);
    }
    REQUIRE(edit({"https://a.example/", "urn:example:b", "https://a.example/"}));
    const auto audience = [&](std::vector<std::string> resources) {
        auto request = peer_request();
        request.resources = std::move(resources);
        const auto decision = world.decide(request);
        REQUIRE(decision);
        const auto parsed = parse_jwt(decision->token->access_token.reveal());
        return boost::json::serialize(parsed->claims.at("aud"));
    };
    CHECK(audience({}) == R"("http://localhost/integration")");
    CHECK(audience({"urn:example:b"}) == R"("urn:example:b")");
    CHECK(audience({"urn:example:b", "https://a.example/", "urn:example:b"}) ==
          R"(["urn:example:b","https://a.example/"])");
    auto request = peer_request();
    request.resources = {"https://a.example/", "https://A.example/"};
    refused(world.decide(request), Errc::invalid_target);
    REQUIRE(edit({}));
    request.resources = {"https://a.example/"};
    refused(world.decide(request), Errc::invalid_target);
}

TEST_CASE("host, path and connection that disagree are invalid_request") {
    World world;
    world.connected(name);
    world.bind(name);
    world.environment("sandbox");
    auto request = peer_request();
    request.environment = "sandbox";
    refused(world.decide(request), Errc::invalid_request);
    request.environment = "nowhere";
    refused(world.decide(request), Errc::invalid_request);
}

TEST_CASE("upstream: the first request asks, the next ones share the token, expires_in is what is left") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    REQUIRE(first);
    CHECK_FALSE(first->token);
    REQUIRE(first->fetch);
    CHECK(first->fetch->request.client_id == "cid.a");
    CHECK(first->fetch->request.client_secret.reveal() == "cs1.bbbbbbbbbbbbbbbbbbbb");
    CHECK(first->fetch->request.scope.empty());
    const auto landing = world.land(*first, upstream_answer("the.upstream.token"));
    CHECK_FALSE(landing.failure);
    world.clock.advance(100s);
    const auto next = world.decide(peer_request(world.remote));
    REQUIRE(next->token);
    CHECK_FALSE(next->fetch);
    CHECK(next->token->access_token.reveal() == "the.upstream.token");
    CHECK(next->token->left == 800s);
    CHECK(next->token->reuse == 500s);
    CHECK(next->token->scope == "tn.crm.customers:r");
}

TEST_CASE("upstream: with 300 s left a token is served and a new one fetched ahead of need") {
    Upstream world;
    (void)world.land(*world.decide(peer_request(world.remote)), upstream_answer("old"));
    world.clock.advance(600s);
    const auto decision = world.decide(peer_request(world.remote));
    REQUIRE(decision->token);
    REQUIRE(decision->fetch);
    CHECK(decision->token->reuse <= 2s);
}

TEST_CASE("P17: while the upstream is down the token that is still good is served, then 503 with the reason") {
    Upstream world;
    (void)world.land(*world.decide(peer_request(world.remote)), upstream_answer("old"));
    world.clock.advance(700s);
    ExchangeAnswer down;
    down.failure = "auth.example refuses connections";
    (void)world.land(*world.decide(peer_request(world.remote)), down);
    const auto still = world.decide(peer_request(world.remote));
    REQUIRE(still->token);
    CHECK_FALSE(still->fetch);
    for (int i = 0; i < 8; ++i)
        (void)world.upstream.endpoints().failed("https://auth.example/connect/token",
                                                refuse(Errc::temporarily_unavailable, down.failure, ""), false,
                                                world.clock.boot_time(), world.clock);
    world.clock.advance(200s - 190s);
    world.clock.advance(190s);
    const auto ended = world.decide(peer_request(world.remote));
    REQUIRE(ended);
    CHECK_FALSE(ended->token);
    const auto waited =
        world.decide(peer_request(world.remote), Landing{refuse(Errc::temporarily_unavailable, down.failure, ""), "k"});
    refused(waited, Errc::temporarily_unavailable);
    CHECK(waited.error().what == down.failure);
}

TEST_CASE("a failure is shared by all who waited for it") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    ExchangeAnswer answer;
    answer.status = 400;
    answer.error = "invalid_client";
    const auto landing = world.land(*first, answer);
    REQUIRE(landing.failure);
    refused(world.decide(peer_request(world.remote), landing), Errc::invalid_client);
}

namespace {

std::string token_with(std::string_view claims) { return "e30." + base64url(claims) + ".c2ln"; }

std::string issuer_of(Upstream& world) {
    return world.run([](Transaction& tx) { return find_environment(tx, "production"); }).value().issuer;
}

std::vector<AuditEntry> audited(World& world, std::string event) {
    audit::Filter filter;
    filter.event_glob = std::move(event);
    return world.run([&](Transaction& tx) { return audit::list(tx, filter); });
}

}  // namespace

TEST_CASE("the first token that names an issuer pins it to its environment; another one is an alarm, not a token") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    REQUIRE_FALSE(world.land(*first, upstream_answer("opaque")).failure);
    CHECK(issuer_of(world).empty());
    REQUIRE_FALSE(world.land(*first, upstream_answer(token_with(R"({"iss":"https://auth.example"})"))).failure);
    CHECK(issuer_of(world) == "https://auth.example");
    const auto learned = audited(world, "environment.issuer_learned");
    REQUIRE(learned.size() == 1);
    CHECK(learned.front().via == "vault");
    CHECK(learned.front().subject == "production");

    for (const auto& token : {token_with(R"({"iss":"https://auth.integration.example"})"), token_with("{}"),
                              token_with(R"({"iss":7})"), std::string{"opaque"}}) {
        CAPTURE(token);
        const auto landing = world.land(*first, upstream_answer(token));
        REQUIRE(landing.failure);
        CHECK(landing.failure->code == Errc::mismatch);
        REQUIRE(landing.alarm);
        CHECK(landing.alarm->event == "upstream.mismatch");
        CHECK(landing.alarm->connection == world.remote);
        CHECK(landing.alarm->refused);
        CHECK(landing.alarm->detail.find("--forget-issuer") != std::string::npos);
    }
    CHECK(issuer_of(world) == "https://auth.example");
}

TEST_CASE("of two first tokens in one turn the first teaches the issuer, the second is judged by it") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    const auto land = [&](Transaction& tx, std::string_view claims) {
        auto landing = land_token(tx, *first->fetch, upstream_answer(token_with(claims)),
                                  {world.upstream, world.sightings}, world.clock);
        if (landing.keep) landing.keep(tx);
        return landing.failure.has_value();
    };
    auto group = world.store().group();
    CHECK_FALSE(group.attempt([&](Transaction& tx) { return land(tx, R"({"iss":"https://a.example"})"); }));
    CHECK(group.attempt([&](Transaction& tx) { return land(tx, R"({"iss":"https://b.example"})"); }));
    group.commit();
    CHECK(audited(world, "environment.issuer_learned").size() == 1);
}

TEST_CASE("scopes beyond the accepted version are an alarm, whether the answer or the token names them") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    auto answer = upstream_answer("opaque");
    answer.scope = "tn.crm.customers:r tn.crm.customers:w";
    CHECK(world.land(*first, answer).alarm);
    for (const auto* claims :
         {R"({"scope":["tn.crm.customers:r","tn.acc.invoices:w"]})",
          R"({"scope":"tn.crm.customers:r tn.acc.invoices:w"})", R"({"scope":[7]})", R"({"scope":{}})"}) {
        CAPTURE(claims);
        const auto landing = world.land(*first, upstream_answer(token_with(claims)));
        REQUIRE(landing.alarm);
        CHECK(landing.failure->code == Errc::mismatch);
    }
    refused(world.decide(peer_request(world.remote)), Errc::temporarily_unavailable);
}

TEST_CASE("fewer scopes than the accepted version are served, and shown") {
    Upstream world;
    const auto id = world.row(world.remote).id;
    const auto first = world.decide(peer_request(world.remote));
    auto answer = upstream_answer(token_with(R"({"scope":["tn.crm.customers:r"]})"));
    answer.scope.clear();
    REQUIRE_FALSE(world.land(*first, answer).failure);
    CHECK(world.decide(peer_request(world.remote))->token->scope == "tn.crm.customers:r");
    REQUIRE(world.sightings.lesser_grant(id) != nullptr);
    CHECK(*world.sightings.lesser_grant(id) == std::vector<std::string>{"tn.crm.customers:r"});
    answer.scope = "tn.jpm.jobs:w tn.crm.customers:r";
    REQUIRE_FALSE(world.land(*first, answer).failure);
    CHECK(world.sightings.lesser_grant(id) == nullptr);
}

TEST_CASE("an answer that comes when its endpoint was changed is worth nothing, and teaches nothing") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    EnvironmentEdit edit;
    edit.token_endpoint = "https://other.example/connect/token";
    edit.import_anew = true;
    REQUIRE(world.run(
        [&](Transaction& tx) { return edit_environment(tx, world.admin, "production", edit, world.clock.now()); }));
    const auto landing = world.land(*first, upstream_answer(token_with(R"({"iss":"https://auth.example"})")));
    CHECK(landing.failure);
    CHECK(issuer_of(world).empty());
}

TEST_CASE("P11: a token of another tenant is never handed out; the operator is told whose it was") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    const auto claims = base64url(std::string_view{R"({"tenant":"7654321"})"});
    const auto landing = world.land(*first, upstream_answer("e30." + claims + ".c2ln"));
    const auto decision = world.decide(peer_request(world.remote), landing);
    refused(decision, Errc::temporarily_unavailable);
    CHECK(decision.error().what.find("7654321") == std::string::npos);
    CHECK(decision.error().operator_note.find("7654321") != std::string::npos);
}

TEST_CASE("P2: a rejected token is replaced once, and only by those who reject the one that is held") {
    Upstream world;
    (void)world.land(*world.decide(peer_request(world.remote)), upstream_answer("rejected"));
    auto request = peer_request(world.remote);
    request.rejected_token = "an older one";
    CHECK(world.decide(request)->token);
    request.rejected_token = "rejected";
    const auto forced = world.decide(request);
    REQUIRE(forced->fetch);
    CHECK_FALSE(forced->token);
    refused(world.decide(request), Errc::temporarily_unavailable);
    CHECK(world.decide(peer_request(world.remote))->token);
    (void)world.land(*forced, upstream_answer("fresh"));
    CHECK(world.decide(request)->token->access_token.reveal() == "fresh");
}

TEST_CASE("P2: a token that the caller wants longer is replaced once a minute; more than there is is not asked for") {
    Upstream world;
    (void)world.land(*world.decide(peer_request(world.remote)), upstream_answer("first"));
    auto request = peer_request(world.remote);
    request.min_ttl = 840;
    CHECK(world.decide(request)->token);
    world.clock.advance(61s);
    const auto forced = world.decide(request);
    REQUIRE(forced->fetch);
    CHECK_FALSE(forced->token);
    CHECK(world.decide(request)->token->access_token.reveal() == "first");  // the freshest that there is
    const auto landing = world.land(*forced, upstream_answer("second"));
    CHECK(world.decide(request, landing)->token->left == 900s);
    request.min_ttl = 86'400;
    CHECK(world.decide(request)->token->left == 900s);
}

TEST_CASE("P7: of two active secrets the newest is sent, the other one where the upstream does not accept it") {
    Upstream world;
    REQUIRE(world.import_pair(world.remote, {"cid.a", "cs1.cccccccccccccccccccc", {}}));
    const auto sent = [](const Result<TokenDecision>& decision) {
        REQUIRE(decision);
        REQUIRE(decision->fetch);
        return std::string{decision->fetch->request.client_secret.reveal().substr(0, 8)};
    };
    const auto first = world.decide(peer_request(world.remote));
    CHECK(sent(first) == "cs1.cccc");
    ExchangeAnswer no;
    no.status = 400;
    no.error = "invalid_client";
    const auto refused_one = world.land(*first, no);
    const auto second = world.decide(peer_request(world.remote), refused_one);
    CHECK(sent(second) == "cs1.bbbb");
    SUBCASE("it works: it is preferred until something changes, and the operator is told once") {
        const auto landing = world.land(*second, upstream_answer("by the older"));
        CHECK(world.decide(peer_request(world.remote), landing)->token->access_token.reveal() == "by the older");
        world.clock.advance(850s);
        CHECK(sent(world.decide(peer_request(world.remote))) == "cs1.bbbb");
        audit::Filter filter;
        filter.event_glob = "secret.refused";
        const auto told = world.run([&](Transaction& tx) { return audit::list(tx, filter); });
        REQUIRE(told.size() == 1);
        CHECK(told[0].subject == world.remote + " cs1.cccc");
        CHECK(told[0].connection == world.remote);
        CHECK(told[0].tenant == "1@production");
        world.upstream.drop_connection(world.row(world.remote).id);
        CHECK(sent(world.decide(peer_request(world.remote))) == "cs1.cccc");
    }
    SUBCASE("neither works: the program is told, and nobody is asked again for a while") {
        const auto landing = world.land(*second, no);
        refused(world.decide(peer_request(world.remote), landing), Errc::invalid_client);
        refused(world.decide(peer_request(world.remote)), Errc::invalid_client);
        world.clock.advance(31s);
        CHECK(sent(world.decide(peer_request(world.remote))) == "cs1.cccc");
    }
}

TEST_CASE("whoever names all scopes shares the token of who names none, where it covers them") {
    Upstream world;
    const std::string both = "tn.crm.customers:r tn.jpm.jobs:w";
    auto granted = upstream_answer("for all");
    granted.scope = both;
    auto all = peer_request(world.remote);
    all.scope = "tn.jpm.jobs:w tn.crm.customers:r";
    const auto first = world.decide(all);
    REQUIRE(first->fetch);
    CHECK(first->fetch->request.scope.empty());
    SUBCASE("it does") {
        (void)world.land(*first, granted);
        CHECK(world.decide(all)->token->scope == both);
        CHECK(world.decide(peer_request(world.remote))->token->scope == both);
    }
    SUBCASE("it does not: then it is asked for by name, in the same wait") {
        const auto landing = world.land(*first, upstream_answer("less"));
        const auto second = world.decide(all, landing);
        REQUIRE(second->fetch);
        CHECK(second->fetch->request.scope == both);
        (void)world.land(*second, granted);
        CHECK(world.decide(all)->token->access_token.reveal() == "for all");
        CHECK(world.decide(peer_request(world.remote))->token->access_token.reveal() == "less");
    }
}

TEST_CASE("a scope that the upstream does not grant, and a token of another tenant, are not asked for again at once") {
    Upstream world;
    auto request = peer_request(world.remote);
    request.scope = "tn.jpm.jobs:w";
    ExchangeAnswer no;
    no.status = 400;
    no.error = "invalid_scope";
    (void)world.land(*world.decide(request), no);
    refused(world.decide(request), Errc::invalid_scope);
    CHECK(world.decide(peer_request(world.remote))->fetch);
    const auto claims = base64url(std::string_view{R"({"tenant":"7654321"})"});
    (void)world.land(*world.decide(peer_request(world.remote)), upstream_answer("e30." + claims + ".c2ln"));
    refused(world.decide(peer_request(world.remote)), Errc::temporarily_unavailable);
    world.clock.advance(31s);
    CHECK(world.decide(request)->fetch);
    CHECK(world.decide(peer_request(world.remote))->fetch);
}

TEST_CASE(
    "an answer to what was asked before the connection changed is worth nothing, and who waited is decided anew") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    world.upstream.drop_connection(world.row(world.remote).id);
    const auto landing = world.land(*first, upstream_answer("of before"));
    CHECK(landing.outdated);
    const auto again = world.decide(peer_request(world.remote), landing);
    REQUIRE(again);
    CHECK(again->fetch);
    CHECK_FALSE(again->token);
}

TEST_CASE("S47: a disabled connection is not fetched for, not even by one who waited") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    REQUIRE(world.run([&](Transaction& tx) {
        return disable_access(tx, world.admin, world.everything, World::connection(world.remote), {},
                              world.clock.now());
    }));
    const auto landing = world.land(*first, upstream_answer("late"));
    refused(world.decide(peer_request(world.remote), landing), Errc::unauthorized_client);
}

TEST_CASE("a refused secret's pause that ends while a request is decided is over for all of the decision or for none") {
    Upstream world;
    const auto first = world.decide(peer_request(world.remote));
    REQUIRE(first);
    ExchangeAnswer answer;
    answer.status = 400;
    answer.error = "invalid_client";
    REQUIRE(world.land(*first, answer).failure);
    for (const auto whole : {29s, 30s}) {
        for (int before = 0; before < 20; ++before) {
            const RunningClock clock{world.clock.wall, world.clock.boot + whole - std::chrono::nanoseconds{before}};
            const auto again = world.run([&](Transaction& tx) {
                return decide_token(tx, world.program, peer_request(world.remote), world.upstream, clock, {});
            });
            CHECK((again ? again->fetch.has_value() : again.error().code == Errc::invalid_client));
        }
    }
}
