#include "daemon/front/routes/client_auth.hpp"

#include <string>

#include <doctest/doctest.h>

namespace jeton::front::test {
namespace {

Result<Credentials> read(std::string_view body, std::optional<std::string_view> authorization = std::nullopt) {
    const auto form = Form::parse(body);
    REQUIRE(form.has_value());
    return read_credentials(*form, authorization);
}

}  // namespace

TEST_CASE("T-6: Basic is form-decoded, its scheme in any case") {
    const auto credentials = read("", "bAsIc amlkLmElMkJiOnMlM0EreA==");  // jid.a%2Bb:s%3A+x
    REQUIRE(credentials.has_value());
    CHECK(credentials->method == ClientAuth::basic);
    CHECK(credentials->client_id == "jid.a+b");
    CHECK(credentials->client_secret == "s: x");
}

TEST_CASE("T-1: two authentications are invalid_request") {
    CHECK(read("client_id=a&client_secret=b", "Basic YTpi").error().code == Errc::invalid_request);
    CHECK(read("client_assertion=x", "Basic YTpi").error().code == Errc::invalid_request);
    CHECK(read("client_id=a&client_secret=b&client_assertion=x").error().code == Errc::invalid_request);
    CHECK(read("client_id=other", "Basic YTpi").error().code == Errc::invalid_request);
    CHECK(read("client_id=a", "Basic YTpi").has_value());
}

TEST_CASE("any other Authorization or an assertion excludes the peer grant") {
    for (const char* value : {"Bearer abc", "Basic", "Basic !!", "Basic YQ==", "Basic OmI=", ""}) {
        INFO(std::string{value});
        CHECK(read("", value).error().code == Errc::invalid_client);
    }
    CHECK(read("client_assertion=x").error().code == Errc::invalid_client);
    CHECK(read("client_secret=b").error().code == Errc::invalid_request);
}

TEST_CASE("T-18: an assertion of RFC 7523 is one way to authenticate; half of one, and any other kind, is none") {
    const std::string bearer = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    const auto credentials = read(bearer + "&client_assertion=a.b.c");
    REQUIRE(credentials.has_value());
    CHECK(credentials->method == ClientAuth::assertion);
    CHECK(credentials->client_assertion == "a.b.c");
    CHECK_FALSE(credentials->client_id.has_value());
    CHECK(read(bearer + "&client_assertion=a.b.c&client_id=x")->client_id == "x");
    CHECK(read(bearer).error().code == Errc::invalid_client);
    CHECK(read("client_assertion=a.b.c").error().code == Errc::invalid_client);
    CHECK(read("client_assertion=a.b.c&client_assertion_type=saml2-bearer").error().code == Errc::invalid_client);
    CHECK(read(bearer + "&client_assertion=a.b.c&client_id=x&client_secret=y").error().code == Errc::invalid_request);
    CHECK(read(bearer + "&client_assertion=a.b.c", "Basic YTpi").error().code == Errc::invalid_request);
}

TEST_CASE("an absent or empty secret with a lone client_id is the peer") {
    const auto credentials = read("client_id=a&client_secret=");
    REQUIRE(credentials.has_value());
    CHECK(credentials->method == ClientAuth::peer);
    CHECK(credentials->client_id == "a");
    CHECK_FALSE(credentials->client_secret.has_value());
}

}  // namespace jeton::front::test
