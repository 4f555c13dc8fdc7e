#include "libclient/http/endpoint.hpp"

#include <string>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/libclient/scratch.hpp"

namespace jeton::client {
namespace {

using testing::listening;
using testing::Scratch;

/// Two places for daemons; none runs yet.
struct World {
    Scratch scratch;
    std::string own = scratch.directory("run/jeton", 0700);
    std::string system = scratch.directory("system", 0755);
    Surroundings here;

    World() {
        here.self = ::geteuid();
        here.runtime_directory = scratch.path() + "/run";
        here.system_token_directory = system;
        here.system_control_directory = system;
    }
};

std::string found(Side side, const Surroundings& here) {
    const auto choice = find_endpoint(side, Socket::control, here);
    return choice ? choice->endpoint.control_directory : choice.error().what;
}

TEST_CASE("endpoint: the only daemon that runs is taken") {
    World world;
    SUBCASE("the user's own") {
        const auto listener = listening(world.own + "/control.sock");
        CHECK(found(Side::any, world.here) == world.own);
    }
    SUBCASE("the system's") {
        const auto listener = listening(world.system + "/control.sock");
        CHECK(found(Side::any, world.here) == world.system);
    }
}

TEST_CASE("endpoint: with both running the user's comes first and the other is told") {
    World world;
    const auto one = listening(world.own + "/control.sock");
    const auto two = listening(world.system + "/control.sock");
    const auto choice = find_endpoint(Side::any, Socket::control, world.here);
    REQUIRE(choice);
    CHECK(choice->endpoint.control_directory == world.own);
    REQUIRE(choice->other);
    CHECK(choice->other->control_directory == world.system);
    CHECK(choice->other->name == "the system");
    CHECK_FALSE(find_endpoint(Side::system, Socket::control, world.here)->other);
}

TEST_CASE("endpoint: JETON_SOCKET_DIR beats what runs, --user and --system beat it") {
    World world;
    const auto listener = listening(world.own + "/control.sock");
    world.here.socket_directory = "/elsewhere";
    CHECK(found(Side::any, world.here) == "/elsewhere");
    CHECK(found(Side::user, world.here) == world.own);
    CHECK(found(Side::system, world.here) == world.system);
}

TEST_CASE("endpoint: without XDG_RUNTIME_DIR the user's own daemon cannot be meant, and it says what to set") {
    World world;
    world.here.runtime_directory.reset();
    const auto choice = find_endpoint(Side::user, Socket::token, world.here);
    REQUIRE_FALSE(choice);
    CHECK(choice.error().what.contains("XDG_RUNTIME_DIR is not set"));
    CHECK(choice.error().next.contains("export XDG_RUNTIME_DIR=/run/user/"));
}

TEST_CASE("endpoint: where none runs it says where it looked and how to start one") {
    World world;
    const auto choice = find_endpoint(Side::any, Socket::token, world.here);
    REQUIRE_FALSE(choice);
    CHECK(choice.error().fault == Fault::unreachable);
    CHECK(choice.error().what.contains(world.own));
    CHECK(choice.error().what.contains(world.system));
    CHECK(choice.error().next.contains("jetond --user"));
}

TEST_CASE("endpoint: a foreign XDG_RUNTIME_DIR is named with owner and mode (threat: T14)") {
    if (::geteuid() != 0) return;  // only root can make one
    World world;
    REQUIRE(::chown(world.here.runtime_directory->c_str(), 12345, 12345) == 0);
    CHECK(found(Side::any, world.here).contains("belongs to uid 12345 (mode 0755)"));
    // Whoever listens there is not asked: a shell of root's may have the directory of who became root.
    const auto theirs = listening(world.own + "/control.sock");
    const auto systems = listening(world.system + "/control.sock");
    CHECK(found(Side::any, world.here) == world.system);
}

}  // namespace
}  // namespace jeton::client
