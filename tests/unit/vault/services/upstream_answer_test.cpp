#include "daemon/vault/services/upstream_answer.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

constexpr std::string_view endpoint = "https://auth.example/connect/token";

/// An unsigned JWT with these claims.
std::string jwt(std::string_view claims) {
    return base64url(std::string_view{"{}"}) + "." + base64url(claims) + ".c2ln";
}

ExchangeAnswer good(std::string_view claims) {
    ExchangeAnswer answer;
    answer.status = 200;
    answer.access_token = SecretText{jwt(claims)};
    answer.token_type = "Bearer";
    answer.expires_in = 900;
    return answer;
}

const ExpectedClaims expected{"cid.a", "1234567", false};

}  // namespace

TEST_CASE("P11: a token of another tenant or client is a mismatch; numbers and strings are the same tenant") {
    CHECK(judge(good(R"({"tenant":"1234567","client_id":"cid.a"})"), expected, endpoint));
    CHECK(judge(good(R"({"tenant":1234567})"), expected, endpoint));
    for (const auto* claims : {R"({"tenant":"7654321"})", R"({"tenant":"1234567","client_id":"cid.b"})",
                               R"({"tenant":["1234567"]})", R"({"tenant":18446744073709551615})"}) {
        INFO(claims);
        const auto judged = judge(good(claims), expected, endpoint);
        REQUIRE_FALSE(judged);
        CHECK(judged.error().code == Errc::mismatch);
    }
}

TEST_CASE("where the tenant claim is required, a token without it is a mismatch") {
    auto strict = expected;
    strict.tenant_required = true;
    CHECK_FALSE(judge(good("{}"), strict, endpoint));
    CHECK(judge(good("{}"), expected, endpoint));
    auto opaque = good("{}");
    opaque.access_token = SecretText{"opaque"};
    CHECK(judge(opaque, expected, endpoint));
    CHECK_FALSE(judge(opaque, strict, endpoint));
}

TEST_CASE(
    "T44: a token for more than the tenant accepted is a mismatch, whether its answer says so or it does itself") {
    auto accepted = expected;
    accepted.scopes = {"tn.crm.customers:r", "tn.jpm.jobs:r"};
    accepted.connection = "dispatcher/1234567@production";
    const auto judged = [&](std::string_view scope, std::string_view claims) {
        auto answer = good(claims);
        answer.scope = scope;
        return judge(answer, accepted, endpoint);
    };
    CHECK(judged("tn.jpm.jobs:r", "{}"));
    CHECK(judged("tn.jpm.jobs:r tn.crm.customers:r", R"({"scope":["tn.jpm.jobs:r"]})"));
    for (const auto& wider : {judged("tn.jpm.jobs:r tn.jpm.jobs:w", "{}"), judged("", R"({"scope":"tn.jpm.jobs:w"})"),
                              judged("tn.jpm.jobs:r", R"({"scope":["tn.jpm.jobs:r","tn.jpm.jobs:w"]})")}) {
        REQUIRE_FALSE(wider);
        CHECK(wider.error().code == Errc::mismatch);
        CHECK(wider.error().what.find("grants tn.jpm.jobs:w, which is not in the version") != std::string::npos);
    }
}

TEST_CASE("the JSON error decides, not the status: 400, 401 and 200 invalid_client are the same") {
    for (const int status : {400, 401, 200}) {
        ExchangeAnswer answer;
        answer.status = status;
        answer.error = "invalid_client";
        const auto judged = judge(answer, expected, endpoint);
        REQUIRE_FALSE(judged);
        CHECK(judged.error().code == Errc::invalid_client);
    }
}

TEST_CASE("what the JSON error says of one client alone is no trouble of the endpoint's") {
    for (const auto* word : {"unauthorized_client", "invalid_request", "invalid_grant", "unsupported_grant_type"}) {
        INFO(word);
        ExchangeAnswer answer;
        answer.status = 400;
        answer.error = word;
        CHECK(judge(answer, expected, endpoint).error().code == Errc::unauthorized_client);
        answer.status = 200;
        CHECK(judge(answer, expected, endpoint).error().code == Errc::unauthorized_client);
        answer.status = 503;
        CHECK(judge(answer, expected, endpoint).error().code == Errc::temporarily_unavailable);
    }
}

TEST_CASE(
    "an error that is none of the client's is the endpoint's, with status 200 as well; a token beside it counts") {
    ExchangeAnswer answer;
    answer.status = 200;
    answer.error = "server_error";
    const auto judged = judge(answer, expected, endpoint);
    REQUIRE_FALSE(judged);
    CHECK(judged.error().code == Errc::temporarily_unavailable);
    CHECK(judged.error().what == "auth.example answered 200, server_error");
    answer = good("{}");
    answer.error = "server_error";
    CHECK(judge(answer, expected, endpoint));
}

TEST_CASE("P4: 429 and 5xx are unavailability with the upstream's own Retry-After") {
    ExchangeAnswer answer;
    answer.status = 429;
    answer.retry_after = 17;
    const auto judged = judge(answer, expected, endpoint);
    REQUIRE_FALSE(judged);
    CHECK(judged.error().code == Errc::temporarily_unavailable);
    CHECK(judged.error().retry_after == 17);
}

TEST_CASE("P19: expires_in may be missing, negative or huge") {
    auto answer = good("{}");
    answer.expires_in = std::nullopt;
    CHECK(judge(answer, expected, endpoint)->life == 30s);
    answer.expires_in = -5;
    CHECK(judge(answer, expected, endpoint)->life == 0s);
    answer.expires_in = 1'000'000'000'000;
    CHECK(judge(answer, expected, endpoint)->life == 24h);
}

TEST_CASE("an answer that is no bearer token is refused") {
    auto answer = good("{}");
    answer.token_type = "mac";
    CHECK_FALSE(judge(answer, expected, endpoint));
    answer = good("{}");
    answer.access_token = {};
    CHECK_FALSE(judge(answer, expected, endpoint));
}
