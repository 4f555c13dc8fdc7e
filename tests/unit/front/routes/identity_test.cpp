#include "daemon/front/routes/identity.hpp"

#include <cerrno>
#include <string>

#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"
#include "tests/unit/front/peer/kernel_faults.hpp"

namespace jeton::front::test {
namespace {

using Prepare = Result<void> (*)(Desk&, const Caller&, json::object&);

struct World {
    /// The body as the vault would get it; the code and text of the refusal where it would not.
    std::string prepared(Prepare prepare, std::string_view text) {
        auto body = protocol::parse_strict(text).value().as_object();
        const auto done = prepare(desk, caller, body);
        if (done) return json::serialize(body);
        return std::string{protocol::word_of(done.error().code).name} + ": " + done.error().what;
    }
    /// `seen` of an explanation.
    json::object seen(std::string_view text) {
        auto body = protocol::parse_strict(text).value().as_object();
        const auto looked = look_at_process(desk, caller, body);
        REQUIRE(looked.has_value());
        for (const char* name : {"pid", "user", "group", "unit"}) CHECK_FALSE(body.contains(name));
        return body.at("seen").as_object();
    }

    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page, .control_group = "daemon"};
    Caller caller{.socket = -1, .peer = some_peer(), .socket_name = "control"};
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("identity: users and groups of a binding get their numbers, and their names where numbers are given") {
    World world;
    CHECK(world.prepared(name_identity, R"({"user":"daemon"})") == R"({"user":"daemon","user_id":1})");
    CHECK(world.prepared(name_identity, R"({"group":"0","x":1})") == R"({"group":"root","x":1,"group_id":0})");
    CHECK(world.prepared(name_identity, R"({"user":"0","group":"daemon"})") ==
          R"({"user":"root","group":"daemon","user_id":0,"group_id":1})");
    CHECK(world.prepared(name_identity, R"({"user":null,"group":null})") == R"({"user":null,"group":null})");
    CHECK(contains(world.prepared(name_identity, R"({"user":"no-such-user"})"), "bad_input: this host has no user"));
    CHECK(contains(world.prepared(name_identity, R"({"group":"no-such"})"), "bad_input: this host has no group"));
    CHECK(contains(world.prepared(name_identity, R"({"user":"nobody"})"), "bad_input: uid 65534"));
    CHECK(contains(world.prepared(name_identity, R"({"group":"nogroup"})"), "bad_input: gid 65534"));
    CHECK(contains(world.prepared(name_identity, R"({"user":1})"), "bad_input: member \"user\" must be"));
}

TEST_CASE("identity: nobody brings along what the daemon fills in") {
    World world;
    for (const char* body : {R"({"user":"root","user_id":7})", R"({"group_id":0})", R"({"user_id":null})"}) {
        for (const auto prepare : {name_identity, name_new_holder, name_old_holder})
            CHECK(contains(world.prepared(prepare, body), "is filled in by the daemon"));
    }
    CHECK(contains(world.prepared(name_new_holder, R"({"outside_control_group":false})"), "filled in"));
    CHECK(contains(world.prepared(name_ticket_holder, R"({"ticket_for":"root","ticket_for_id":1})"), "filled in"));
    CHECK(contains(world.prepared(look_at_process, R"({"seen":{"uid":0}})"), "filled in"));
}

TEST_CASE("T3: a condition on a unit is refused where no unit can be proven, naming the kernel") {
    World world;
    const KernelFault old_kernel{Call::peer_pidfd, ENOPROTOOPT};
    const auto refused = world.prepared(name_identity, R"({"user":"root","unit":"worker.service"})");
    CHECK(contains(refused, "wrong_state: " + kernel_name()));
    CHECK(contains(refused, "SO_PEERPIDFD"));
    CHECK(contains(world.prepared(name_identity, R"({"user":"root","unit":null})"), R"("user_id":0)"));
}

TEST_CASE("identity: a unit goes through where units can be proven") {
    if (why_no_units()) return;
    World world;
    CHECK(world.prepared(name_identity, R"({"unit":"worker.service"})") == R"({"unit":"worker.service"})");
}

TEST_CASE("roles: who could not reach the control socket is told apart") {
    World world;
    CHECK(world.prepared(name_new_holder, R"({"role":"auditor","user":"bin"})") ==
          R"({"role":"auditor","user":"bin","user_id":2,"outside_control_group":true})");
    CHECK(world.prepared(name_new_holder, R"({"user":"daemon"})") == R"({"user":"daemon","user_id":1})");
    CHECK(world.prepared(name_new_holder, R"({"user":"root"})") == R"({"user":"root","user_id":0})");
    CHECK(world.prepared(name_new_holder, R"({"group":"bin"})") == R"({"group":"bin","group_id":2})");
    world.desk.control_group = "no-such-group";
    CHECK(contains(world.prepared(name_new_holder, R"({"user":"daemon"})"), "outside_control_group"));
    world.desk.control_group.clear();
    CHECK(world.prepared(name_new_holder, R"({"user":"bin"})") == R"({"user":"bin","user_id":2})");
}

TEST_CASE("roles: who has left the host can be revoked") {
    World world;
    CHECK(world.prepared(name_old_holder, R"({"user":"daemon"})") == R"({"user":"daemon","user_id":1})");
    CHECK(world.prepared(name_old_holder, R"({"user":"left-us"})") == R"({"user":"left-us"})");
    CHECK(world.prepared(name_old_holder, R"({"group":"left-us"})") == R"({"group":"left-us"})");
    CHECK(world.prepared(name_old_holder, R"({"group":"0"})") == R"({"group":"root","group_id":0})");
    CHECK(contains(world.prepared(name_old_holder, R"({"user":[]})"), "bad_input"));
}

TEST_CASE("tickets: whom one is for gets its number") {
    World world;
    CHECK(world.prepared(name_ticket_holder, R"({"ticket_for":"daemon"})") ==
          R"({"ticket_for":"daemon","ticket_for_id":1})");
    CHECK(world.prepared(name_ticket_holder, R"({"overlap":60})") == R"({"overlap":60})");
    CHECK(contains(world.prepared(name_ticket_holder, R"({"ticket_for":"no-such-user"})"), "bad_input"));
}

TEST_CASE("explain: without a process or a name it is about the caller") {
    World world;
    CHECK(world.prepared(look_at_process, R"({"app":"a","tenant":"t@e"})") == R"({"app":"a","tenant":"t@e"})");
    CHECK(world.prepared(look_at_process, R"({"app":"a","pid":null,"user":null})") == R"({"app":"a"})");
}

TEST_CASE("explain: a process by its number") {
    World world;
    const auto seen = world.seen(R"({"pid":)" + std::to_string(::getpid()) + "}");
    CHECK(seen.at("uid").to_number<uid_t>() == ::geteuid());
    CHECK(seen.at("pid").to_number<pid_t>() == ::getpid());
    CHECK(seen.at("foreign") == false);
    CHECK(seen.contains("command"));
    CHECK_FALSE(seen.at("groups").as_array().empty());
    CHECK(seen.contains("unit") != seen.contains("unit_unknown"));
    CHECK(contains(world.prepared(look_at_process, R"({"pid":4194304})"), "not_found: there is no process 4194304"));
    for (const char* pid : {"0", "-1", "4194305", "\"1\"", "[]", "true"}) {
        CAPTURE(std::string{pid});
        CHECK(contains(world.prepared(look_at_process, R"({"pid":)" + std::string{pid} + "}"), "bad_input"));
    }
    CHECK(contains(world.prepared(look_at_process, R"({"pid":1,"user":"root"})"), "bad_input: both"));
}

TEST_CASE("explain: a process that is only named") {
    if (why_no_units()) return;
    World world;
    world.caller.peer.groups = {4'000'000'000};
    world.caller.peer.unit = Unit{"own.service", ""};
    SUBCASE("a user, with the groups of the account and no unit") {
        const auto seen = world.seen(R"({"user":"daemon"})");
        CHECK(seen.at("uid") == 1);
        CHECK(seen.at("gid") == 1);
        CHECK(seen.at("user") == "daemon");
        CHECK(seen.at("groups").at(0).at("name") == "daemon");
        CHECK(contains(json::serialize(seen), R"("unit_unknown":"no unit is named")"));
        CHECK_FALSE(seen.contains("pid"));
        CHECK_FALSE(seen.contains("command"));
    }
    SUBCASE("a user in a unit") {
        const auto seen = world.seen(R"({"user":"0","unit":"worker.service"})");
        CHECK(seen.at("uid") == 0);
        CHECK(seen.at("unit") == "worker.service");
        CHECK_FALSE(seen.contains("unit_unknown"));
    }
    SUBCASE("the caller in a unit") {
        const auto seen = world.seen(R"({"unit":"worker.service"})");
        CHECK(seen.at("uid") == 1000);
        CHECK(seen.at("unit") == "worker.service");
    }
    SUBCASE("the caller in one group more") {
        const auto seen = world.seen(R"({"group":"daemon"})");
        CHECK(seen.at("uid") == 1000);
        CHECK(seen.at("unit") == "own.service");
        CHECK(json::serialize(seen.at("groups")) == R"([{"gid":4000000000},{"gid":1,"name":"daemon"}])");
    }
    SUBCASE("what is no name of a unit") {
        for (const char* unit : {"worker", "worker.socket", "", ".service"}) {
            CHECK(contains(world.prepared(look_at_process, R"({"unit":")" + std::string{unit} + "\"}"),
                           "bad_input: member \"unit\""));
        }
    }
    SUBCASE("a unit on a kernel that proves none") {
        const KernelFault old_kernel{Call::peer_pidfd, ENOPROTOOPT};
        const auto seen = world.seen(R"({"unit":"worker.service"})");
        CHECK_FALSE(seen.contains("unit"));
        CHECK(contains(json::serialize(seen.at("unit_unknown")), "SO_PEERPIDFD"));
    }
}

}  // namespace jeton::front::test
