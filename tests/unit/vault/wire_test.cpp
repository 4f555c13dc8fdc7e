#include "daemon/vault/wire.hpp"

#include <doctest/doctest.h>

#include "daemon/base/frames.hpp"
#include "libclient/protocol/json.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("inner frames: a request of the front is read as it is documented") {
    const auto request = wire::read_request(
        R"({"id":7,"peer":{"uid":4000000000,"gid":5,"pid":11,"user":"alice","foreign":true},"socket":"control","verb":"app.list","body":{"a":1}})");
    CHECK(request.id == 7);
    CHECK(request.peer.uid == 4'000'000'000);
    CHECK(request.peer.user == "alice");
    CHECK(request.peer.foreign);
    CHECK(request.peer.on_control_socket);
    CHECK_FALSE(request.peer.daemon_user);
    CHECK(request.verb == "app.list");
}

TEST_CASE("inner frames: groups and unit of a peer, or why there is none") {
    const auto known = wire::read_request(
        R"({"id":1,"peer":{"uid":1,"gid":1,"groups":[{"gid":1001,"name":"workers"},{"gid":7}],"unit":"w.service"},"socket":"token","verb":"x","body":{}})");
    REQUIRE(known.peer.groups.size() == 2);
    CHECK(known.peer.groups[0].name == "workers");
    CHECK(known.peer.groups[1].gid == 7);
    CHECK(known.peer.unit == "w.service");
    const auto unknown = wire::read_request(
        R"({"id":1,"peer":{"uid":1,"gid":1,"unit_unknown":"this kernel cannot tell"},"socket":"token","verb":"x","body":{}})");
    CHECK(unknown.peer.unit.empty());
    CHECK(unknown.peer.unit_unknown == "this kernel cannot tell");
}

TEST_CASE("inner frames: an event says what must be attested, an answer where its listing goes on") {
    CHECK(wire::moment_event("epoch", {"ab", 9}, "unsealed", {.groups = true, .unit = true}) ==
          R"({"event":"epoch","instance":"ab","epoch":9,"state":"unsealed","attest":["groups","unit"]})");
    const KnownCallers known{.users = {7, 1000}, .groups = {20}, .units = {"w.service"}, .container_users = {}};
    CHECK(wire::moment_event("epoch", {"ab", 9}, "unsealed", {}, &known) ==
          R"({"event":"epoch","instance":"ab","epoch":9,"state":"unsealed","attest":[],)"
          R"("known":{"users":[7,1000],"groups":[20],"units":["w.service"],"container_users":[]}})");
    KnownCallers many;
    for (int i = 0; i < 5000; ++i) many.units.insert(std::to_string(i) + std::string(60, 'u') + ".service");
    CHECK(wire::moment_event("epoch", {"ab", 9}, "unsealed", {}, &many) ==
          R"({"event":"epoch","instance":"ab","epoch":9,"state":"unsealed","attest":[],"known":null})");
    CHECK(wire::answer(3, {"ab", 9}, boost::json::array{}, "dispatcher/1@x") ==
          R"({"id":3,"instance":"ab","epoch":9,"done":[],"next":"dispatcher/1@x"})");
}

TEST_CASE("threat: a hostile front (T43) gets its link closed, whatever it sends") {
    for (const auto* payload :
         {"", "[]", "{}", "{\"id\":-1}", R"({"id":1,"peer":{},"socket":"token","verb":"x","body":{}})",
          R"({"id":1,"peer":{"uid":-1,"gid":0},"socket":"token","verb":"x","body":{}})",
          R"({"id":1,"peer":{"uid":4294967296,"gid":0},"socket":"token","verb":"x","body":{}})",
          R"({"id":1,"peer":{"uid":0,"uid":1,"gid":0},"socket":"token","verb":"x","body":{}})",
          R"({"id":1,"peer":{"uid":0,"gid":0,"daemon_user":true},"socket":"token","verb":"x","body":{}})",
          R"({"id":1,"peer":{"uid":0,"gid":0},"socket":"token","verb":"x"})",
          R"({"id":1,"peer":{"uid":0,"gid":0},"socket":"token","verb":"","body":{}})",
          R"({"id":1,"peer":{"uid":0,"gid":0},"socket":"","verb":"x","body":{}})",
          R"({"id":1,"peer":{"uid":0,"gid":0},"socket":"tokens","verb":"x","body":{}})"}) {
        INFO(payload);
        CHECK_THROWS_AS((void)wire::read_request(payload), FrameFault);
    }
}

TEST_CASE("inner frames: a refusal carries code, what and next") {
    auto error = refuse(Errc::temporarily_unavailable, "what", "next");
    error.retry_after = 4;
    error.operator_note = "only for the log";
    CHECK(
        wire::refusal(3, {"ab", 9}, error) ==
        R"({"id":3,"instance":"ab","epoch":9,"refused":{"error":"temporarily_unavailable","error_description":"what","next":"next","retry_after":4}})");
}

TEST_CASE("inner frames: an exchange answer with and without a token") {
    const auto good = wire::read_exchange_answer(
        R"({"id":1,"status":200,"json":{"access_token":"t","expires_in":900,"token_type":"Bearer","scope":"s"},"date":1})");
    CHECK(good.answer.status == 200);
    CHECK(good.answer.access_token.reveal() == "t");
    CHECK(good.answer.expires_in == 900);
    CHECK(good.answer.server_date == 1);
    const auto bad = wire::read_exchange_answer(R"({"id":2,"failure":"no route"})");
    CHECK(bad.id == 2);
    CHECK(bad.answer.failure == "no route");
    CHECK_FALSE(bad.answer.our_own_fault);
    CHECK(wire::read_exchange_answer(R"({"id":2,"failure":"no memory","own":true})").answer.our_own_fault);
    CHECK_THROWS_AS((void)wire::read_exchange_answer(R"({"id":2,"json":{"x":1}})"), FrameFault);
}

TEST_CASE("inner frames: a token request brings its form fields and, where there is one, the proxy") {
    ExchangeRequest request;
    request.endpoint = "https://auth.example/t";
    request.client_id = "cid.a";
    request.client_secret = SecretText{std::string_view{"cs1.b"}};
    const auto bare = boost::json::parse(wire::exchange_request(1, request, std::string{}, {})).as_object();
    CHECK_FALSE(bare.contains("form"));
    CHECK_FALSE(bare.contains("proxy"));
    request.form = {{"tenant", "1"}};
    const Config::Exchange proxy{"http://proxy.example:3128", false};
    const auto frame = boost::json::parse(wire::exchange_request(1, request, std::string{}, proxy)).as_object();
    CHECK(frame.at("form").at("tenant") == "1");
    CHECK(frame.at("proxy") == "http://proxy.example:3128");
    CHECK(frame.at("proxy_loopback") == false);
}
