#include "daemon/front/peer/attest.hpp"

#include <array>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

/// A socket whose peer is a process that has connected and ended.
UniqueFd socket_of_the_dead() {
    const UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_storage address{};
    address.ss_family = AF_UNIX;
    // Without a path the kernel chooses a name.
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    const auto child = ::fork();
    if (child == 0) {
        const int own = ::socket(AF_UNIX, SOCK_STREAM, 0);
        ::_exit(::connect(own, reinterpret_cast<sockaddr*>(&address), size));
    }
    UniqueFd accepted{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    ::waitpid(child, nullptr, 0);
    return accepted;
}

}  // namespace

TEST_CASE("peer: the kernel's word on this very process") {
    const auto [ours, theirs] = socket_pair();
    const SystemClock clock;
    const auto peer = attest(ours.get(), clock);
    REQUIRE(peer.has_value());
    CHECK(peer->uid == ::geteuid());
    CHECK(peer->gid == ::getegid());
    CHECK(peer->pid == ::getpid());
    CHECK_FALSE(peer->foreign);
    CHECK(command_of(ours.get(), *peer).has_value());
    CHECK(groups_of(ours.get()).has_value());
}

TEST_CASE("T1: a peer that has ended is nobody") {
    const auto socket = socket_of_the_dead();
    const SystemClock clock;
    const auto peer = attest(socket.get(), clock);
    REQUIRE(peer.has_error());
    CHECK(peer.error().code == Errc::forbidden);
    CHECK_FALSE(peer.error().operator_note.empty());
}

TEST_CASE("T2: an error while asking is a refusal, never uid 0") {
    const SystemClock clock;
    CHECK(attest(-1, clock).has_error());
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const UniqueFd read_end{pipe[0]}, write_end{pipe[1]};
    CHECK(attest(read_end.get(), clock).has_error());
    CHECK(groups_of(read_end.get()).has_error());
}

TEST_CASE("T12: an attestation lives 60 s") {
    HandClock clock;
    const auto [ours, theirs] = socket_pair();
    const auto peer = attest(ours.get(), clock);
    REQUIRE(peer.has_value());
    clock.advance(std::chrono::seconds{59});
    CHECK_FALSE(peer->is_stale(clock));
    clock.advance(std::chrono::seconds{1});
    CHECK(peer->is_stale(clock));
}

}  // namespace jeton::front::test
