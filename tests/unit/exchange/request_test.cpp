#include "daemon/exchange/request.hpp"

#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/base/frames.hpp"
#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::exchange;

namespace {

Asked ask(const std::string& members) {
    return read_request(R"({"id":3,"client_id":"cid.a b","client_secret":"s+&=%é",)" + members + "}");
}

std::string refusal(const std::string& members) {
    const auto asked = ask(members);
    REQUIRE_FALSE(asked.request);
    CHECK(asked.request.error().what.find("s+&") == std::string::npos);
    return asked.request.error().what;
}

}  // namespace

TEST_CASE("request: in the form, every value is percent-encoded") {
    const auto asked =
        ask(R"("endpoint":"https://auth.example/connect/token","scope":"tn.a:r tn.b:w","form":{"tenant":"1&2"})");
    REQUIRE(asked.request);
    CHECK(asked.id == 3);
    CHECK(asked.request->host == "auth.example");
    CHECK(asked.request->encrypted);
    CHECK(asked.request->timeout.count() == 10'000);
    CHECK(asked.request->body.reveal() ==
          "grant_type=client_credentials&client_id=cid.a%20b&client_secret=s%2B%26%3D%25%C3%A9&scope=tn.a%3Ar%20tn.b%"
          "3Aw&tenant=1%262");
}

TEST_CASE("request: Basic carries the form-encoded pair, and the form does not (RFC 6749 2.3.1)") {
    const auto asked = ask(R"("endpoint":"https://auth.example/t","client_auth":"basic")");
    REQUIRE(asked.request);
    CHECK(asked.request->body.reveal() == "grant_type=client_credentials");
    CHECK(asked.request->user.reveal() == "cid.a%20b");
    CHECK(asked.request->password.reveal() == "s%2B%26%3D%25%C3%A9");
}

TEST_CASE("request: encrypted, or on this very host where that is allowed (T44)") {
    const auto allowed = [](const std::string& url) {
        return ask(R"("allow_loopback_http":true,"endpoint":")" + url + "\"").request.has_value();
    };
    for (const std::string url :
         {"http://localhost:1/t", "http://127.0.0.1/t", "http://127.1/t", "http://[::1]:8080/t", "https://h/t"}) {
        CAPTURE(url);
        CHECK(allowed(url));
    }
    for (const std::string url :
         {"http://example.com/t", "http://localhost.example.com/t", "http://127.example.com/t",
          "http://127.0.0.1.example.com/t", "http://0.0.0.0/t", "ftp://localhost/t", "file:///etc/passwd",
          "https://user@h/t", "https://u:p@h/t", "https://h/t#f", "h", "", "https://"}) {
        CAPTURE(url);
        CHECK_FALSE(allowed(url));
    }
    CHECK(refusal(R"("endpoint":"http://localhost/t")").find("not encrypted") != std::string::npos);
}

TEST_CASE("request: through the proxy goes what is encrypted, and to this host only where that is said") {
    const auto proxy = [](const std::string& members) {
        return ask(R"("proxy":"http://proxy.example:3128",)" + members).request.value().proxy;
    };
    CHECK(proxy(R"("endpoint":"https://auth.example/t")") == "http://proxy.example:3128");
    CHECK(proxy(R"("endpoint":"https://localhost/t")").empty());
    CHECK(proxy(R"("endpoint":"https://127.0.0.1/t")").empty());
    CHECK(proxy(R"("endpoint":"https://[::1]/t")").empty());
    CHECK_FALSE(proxy(R"("endpoint":"https://localhost/t","proxy_loopback":true)").empty());
    CHECK(proxy(R"("endpoint":"http://localhost/t","allow_loopback_http":true,"proxy_loopback":true)").empty());
    CHECK(ask(R"("endpoint":"https://auth.example/t")").request->proxy.empty());
}

TEST_CASE("request: what is missing, unknown or of another type is named") {
    CHECK(refusal(R"("x":1)").find("\"endpoint\"") != std::string::npos);
    CHECK(refusal(R"("endpoint":"https://h/t","x":1)").find("\"x\"") != std::string::npos);
    CHECK(refusal(R"("endpoint":"https://h/t","client_auth":"none")").find("\"client_auth\"") != std::string::npos);
    CHECK(refusal(R"("endpoint":"https://h/t","timeout_ms":30001)").find("\"timeout_ms\"") != std::string::npos);
    CHECK(refusal(R"("endpoint":"https://h/t","form":{"client_id":"x"})").find("client_id") != std::string::npos);
    CHECK(refusal(R"("endpoint":"https://h/t","form":{"resource":"x"})").find("resource") != std::string::npos);
    CHECK(refusal(R"("endpoint":"https://h/t","form":{"tenant":7})").find("\"form\"") != std::string::npos);
}

TEST_CASE("request: a host that is no printable text, once it is decoded, is refused without it") {
    for (const std::string host : {"%ff.example", "a%00b.example", "a%0a.example"}) {
        CAPTURE(host);
        CHECK(refusal(R"("endpoint":"https://)" + host + R"(/t")").starts_with("the token endpoint"));
    }
}

TEST_CASE("request: a frame without an id ends the link") {
    CHECK_THROWS_AS((void)read_request("{}"), FrameFault);
    CHECK_THROWS_AS((void)read_request("[]"), FrameFault);
    CHECK_THROWS_AS((void)read_request("nonsense"), FrameFault);
    CHECK_THROWS_AS((void)read_request(R"({"id":1,"id":2})"), FrameFault);
}

TEST_CASE("request: where the locked memory is full one request fails, and its answer says so") {
    const std::string endpoint = R"("endpoint":"https://auth.example/t")";
    std::vector<SecretBytes> held;
    for (std::size_t piece = secure_arena_size; piece > 0;) {
        try {
            held.emplace_back(piece);
        } catch (const std::bad_alloc&) {
            piece /= 2;
        }
    }
    const auto asked = ask(endpoint);
    held.clear();
    CHECK(asked.id == 3);
    REQUIRE_FALSE(asked.request);
    CHECK(asked.request.error().code == Errc::temporarily_unavailable);
    CHECK(asked.request.error().what == no_memory);
    CHECK(ask(endpoint).request);
}
