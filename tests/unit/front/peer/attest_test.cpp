#include "daemon/front/peer/attest.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"
#include "tests/unit/front/peer/kernel_faults.hpp"
#include "tests/unit/front/peer/processes.hpp"

namespace jeton::front::test {
namespace {

constexpr Details everything{.groups = true, .unit = true};
const SystemClock clock_of_host;

Result<Peer> attest_all(int socket) { return attest(socket, everything, clock_of_host); }

/// The unit of a live process in a control group below our slice.
Unit unit_in(const std::string& path) {
    const ControlGroup group{path};
    const CallingProcess caller{[&] { group.join(); }};
    const auto peer = attest_all(caller.socket());
    REQUIRE(peer.has_value());
    return *peer->unit;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("peer: the kernel's word on this very process") {
    const auto [ours, theirs] = socket_pair();
    const auto peer = attest(ours.get(), {}, clock_of_host);
    REQUIRE(peer.has_value());
    CHECK(peer->uid == ::geteuid());
    CHECK(peer->gid == ::getegid());
    CHECK(peer->pid == ::getpid());
    CHECK_FALSE(peer->foreign);
    CHECK_FALSE(peer->changed_user);
    CHECK(glimpse_of(ours.get(), *peer).command.has_value());
}

TEST_CASE("T1: a caller whose two numbers from the kernel differ is none" * doctest::skip(!kernel_names_peers())) {
    const CallingProcess caller{[] {}};
    const auto itself = Process::behind(caller.socket(), caller.pid());
    REQUIRE(itself.has_value());
    CHECK(itself->is_foreign().has_value());
    const auto other = Process::behind(caller.socket(), ::getpid());
    REQUIRE(other.has_value());
    const auto foreign = other->is_foreign();
    REQUIRE_FALSE(foreign.has_value());
    CHECK(foreign.error().operator_note == "the kernel gives the caller two numbers");
}

TEST_CASE("peer: a signal that comes while a caller is looked at does not make it one that has ended") {
    const auto [ours, theirs] = socket_pair();
    const auto process = Process::behind(ours.get(), ::getpid());
    REQUIRE(process.has_value());
    struct sigaction taken{};
    taken.sa_handler = [](int) {};
    REQUIRE(::sigaction(SIGALRM, &taken, nullptr) == 0);  // to the end: one that comes late would end the process
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 50}, .it_value = {.tv_sec = 0, .tv_usec = 50}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    int ended = 0;
    for (int i = 0; i < 200'000; ++i) ended += process->is_alive() ? 0 : 1;
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    CHECK(ended == 0);
}

TEST_CASE("peer: groups and unit are looked at only where they are asked for") {
    const auto [ours, theirs] = socket_pair();
    const auto plain = attest(ours.get(), {}, clock_of_host);
    REQUIRE(plain.has_value());
    CHECK_FALSE(plain->groups.has_value());
    CHECK_FALSE(plain->unit.has_value());
    CHECK(plain->tells({}));
    CHECK_FALSE(plain->tells({.groups = true}));
    CHECK_FALSE(plain->tells({.unit = true}));
    const auto whole = attest_all(ours.get());
    REQUIRE(whole.has_value());
    CHECK(whole->tells(everything));
    REQUIRE(whole->groups.has_value());
    CHECK(std::ranges::binary_search(*whole->groups, ::getegid()));
    CHECK(whole->unit->name.empty() != whole->unit->unknown.empty());
}

TEST_CASE("peer: the groups are those of the process, the primary one among them" * doctest::skip(!is_root())) {
    const CallingProcess caller{[] {
        const std::array<gid_t, 3> groups{3002, 3001, 3002};
        if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(3000) != 0 || ::setuid(1) != 0) ::_exit(1);
    }};
    const auto peer = attest_all(caller.socket());
    REQUIRE(peer.has_value());
    CHECK(peer->uid == 1);
    CHECK(peer->groups == std::vector<gid_t>{3000, 3001, 3002});
}

TEST_CASE("peer: a process in thousands of groups is told whole, or not at all" * doctest::skip(!is_root())) {
    const auto in_groups = [](std::size_t count) {
        return [count] {
            std::vector<gid_t> groups;
            for (gid_t gid = 5000; groups.size() < count; ++gid) groups.push_back(gid);
            if (::setgroups(groups.size(), groups.data()) != 0) ::_exit(1);
        };
    };
    const CallingProcess many{in_groups(4000)}, too_many{in_groups(5000)};
    const auto peer = attest_all(many.socket());
    REQUIRE(peer.has_value());
    CHECK(peer->groups->size() == 4001);
    CHECK(attest_all(too_many.socket()).has_error());
    CHECK(attest(too_many.socket(), {}, clock_of_host).has_value());
}

TEST_CASE("T6: the unit of a live process" * doctest::skip(!can_make_cgroups())) {
    CHECK(unit_in("worker.service").name == "worker.service");
    CHECK(unit_in("_cpu.service").name == "cpu.service");
    CHECK(unit_in("a-b.slice/worker@7.service/.control").name == "worker@7.service");
    CHECK(unit_in("user@1.service/system.slice/dispatcher.service").name == "user@1.service");
    CHECK(unit_in("delegated/system.slice/dispatcher.service").name.empty());
    CHECK(unit_in("").name.empty());
}

TEST_CASE("T6: a unit counts only where the kernel confirms the directory" * doctest::skip(!can_make_cgroups())) {
    const ControlGroup group{"worker.service"};
    const CallingProcess caller{[&] { group.join(); }};
    const auto process = Process::behind(caller.socket(), caller.pid());
    REQUIRE(process.has_value());
    const auto info = process->info();
    REQUIRE(info.has_value());
    SUBCASE("by its inode") {
        if (!*info) return;
        CHECK(unit_of(*process, *info)->name == "worker.service");
        auto other = **info;
        other.cgroup = *other.cgroup + 1;
        CHECK(contains(unit_of(*process, other)->unknown, "does not confirm"));
        other.cgroup.reset();
        CHECK(unit_of(*process, other)->name.empty());
    }
    SUBCASE("by its members, before Linux 6.13") {
        CHECK(unit_of(*process, std::nullopt)->name == "worker.service");
        const KernelFault hidden{Call::open_members, EACCES};
        CHECK(contains(unit_of(*process, std::nullopt)->unknown, "does not confirm"));
    }
}

TEST_CASE("T6: a process that moves while it is looked at has no unit" * doctest::skip(!can_make_cgroups())) {
    const ControlGroup group{"worker.service"};
    const CallingProcess caller{[&] { group.join(); }, [&] { group.leave(); }};
    const auto process = Process::behind(caller.socket(), caller.pid());
    REQUIRE(process.has_value());
    const KernelMoment move{KernelMoment::When::before, Call::open_members, [&] { caller.proceed(); }};
    CHECK(contains(unit_of(*process, std::nullopt)->unknown, "does not confirm"));
}

TEST_CASE("T3: Linux 6.5 to 6.12, without PIDFD_GET_INFO, tells units" * doctest::skip(!can_make_cgroups())) {
    for (const int error : {ENOTTY, EINVAL}) {
        const KernelFault absent{Call::pidfd_info, error};
        CHECK(unit_in("worker.service").name == "worker.service");
        CHECK(unit_in("delegated/dispatcher.service").name.empty());
    }
}

TEST_CASE("T3: before Linux 6.5, without SO_PEERPIDFD, there are users and groups, and no units") {
    const auto [ours, theirs] = socket_pair();
    const KernelFault absent{Call::peer_pidfd, ENOPROTOOPT};
    const auto peer = attest_all(ours.get());
    REQUIRE(peer.has_value());
    CHECK(peer->uid == ::geteuid());
    CHECK(std::ranges::binary_search(*peer->groups, ::getegid()));
    CHECK(peer->unit->name.empty());
    CHECK(contains(peer->unit->unknown, kernel_name()));
    CHECK(contains(peer->unit->unknown, "SO_PEERPIDFD"));
    CHECK(why_no_units() == peer->unit->unknown);
    CHECK(glimpse_of(ours.get(), *peer).unit == *peer->unit);
    const auto seen = sight_process(::getpid(), clock_of_host);
    REQUIRE(seen.has_value());
    CHECK(seen->peer.unit == peer->unit);
}

TEST_CASE("T1: a peer that has ended is nobody") {
    CallingProcess caller;
    const auto alive = attest_all(caller.socket());
    REQUIRE(alive.has_value());
    caller.end();
    for (const auto& asked : {Details{}, everything}) {
        const auto peer = attest(caller.socket(), asked, clock_of_host);
        REQUIRE(peer.has_error());
        CHECK(peer.error().code == Errc::forbidden);
        CHECK_FALSE(peer.error().operator_note.empty());
    }
    const auto glimpse = glimpse_of(caller.socket(), *alive);
    CHECK_FALSE(glimpse.command.has_value());
    CHECK(glimpse.unit.name.empty());
}

TEST_CASE("T1: a peer that ends while it is looked at is nobody") {
    for (const auto call : {Call::peer_credentials, Call::peer_pidfd, Call::peer_groups, Call::open_fdinfo,
                            Call::pidfd_info, Call::open_cgroup}) {
        CAPTURE(static_cast<int>(call));
        if (call == Call::open_cgroup && why_no_units()) continue;
        CallingProcess caller;
        const KernelMoment end{KernelMoment::When::after, call, [&] { caller.end(); }};
        CHECK(attest_all(caller.socket()).has_error());
    }
    CallingProcess caller;
    const KernelMoment end{KernelMoment::When::after, Call::peer_pidfd, [&] { caller.end(); }};
    CHECK(attest(caller.socket(), {}, clock_of_host).has_error());
}

TEST_CASE("T1: a process whose PID namespace is known is nobody all the same once it ends") {
    CallingProcess caller;
    CHECK(attest(caller.socket(), {}, clock_of_host).has_value());
    const KernelMoment end{KernelMoment::When::after, Call::peer_pidfd, [&] { caller.end(); }};
    CHECK(attest(caller.socket(), {}, clock_of_host).has_error());
}

TEST_CASE("T9: the PID namespace of a process is looked up once, and is no other's" * doctest::skip(!is_root())) {
    const CallingProcess foreigner{[] {
        if (::unshare(CLONE_NEWPID) != 0) ::_exit(1);
        if (const auto inner = ::fork(); inner != 0) {
            ::waitpid(inner, nullptr, 0);
            ::_exit(0);
        }
    }};
    const CallingProcess known, unknown;
    CHECK_FALSE(attest(known.socket(), {}, clock_of_host)->foreign);
    CHECK(attest(foreigner.socket(), {}, clock_of_host)->foreign);
    const KernelFault fault{Call::open_fdinfo, EIO};
    CHECK(attest(unknown.socket(), {}, clock_of_host).has_error());
    const auto again = attest(foreigner.socket(), {}, clock_of_host);
    if (again.has_error()) return;  // before Linux 6.9 it is looked up each time
    CHECK(again->foreign);
    CHECK_FALSE(attest(known.socket(), {}, clock_of_host)->foreign);
}

TEST_CASE("T1: a process that has got the number of the caller is not the caller" *
          doctest::skip(!can_make_cgroups())) {
    const ControlGroup group{"blessed.service"};
    const Listener listener;
    const auto attacker = ::fork();
    if (attacker == 0) ::_exit(::setgid(1) == 0 && ::setuid(1) == 0 && listener.connect() >= 0 ? 0 : 1);
    ::waitpid(attacker, nullptr, 0);
    const auto socket = listener.accept();
    clone_args same_number{};
    const std::array<pid_t, 1> wanted{attacker};
    same_number.exit_signal = SIGCHLD;
    same_number.set_tid = reinterpret_cast<std::uint64_t>(wanted.data());
    same_number.set_tid_size = wanted.size();
    const auto victim = static_cast<pid_t>(::syscall(SYS_clone3, &same_number, sizeof same_number));
    if (victim == 0) {
        group.join();
        ::pause();
        ::_exit(0);
    }
    REQUIRE(victim == attacker);
    while (!contains(read_text("/proc/" + std::to_string(victim) + "/cgroup", 65536).value_or(""), "blessed")) {
    }
    CHECK(attest_all(socket.get()).has_error());
    {
        const KernelFault old_kernel{Call::peer_pidfd, ENOPROTOOPT};
        const auto peer = attest_all(socket.get());
        REQUIRE(peer.has_value());
        CHECK(peer->uid == 1);
        CHECK(peer->unit->name.empty());
        CHECK(glimpse_of(socket.get(), *peer).unit.name.empty());
    }
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
}

TEST_CASE("T1: without SO_PEERPIDFD only a process older than its connection is certainly the one that connected") {
    CallingProcess caller;
    CHECK(attest(caller.socket(), {}, clock_of_host)->certain);
    const KernelFault old_kernel{Call::peer_pidfd, ENOPROTOOPT};
    const auto process = Process::behind(caller.socket(), caller.pid());
    REQUIRE(process.has_value());
    const auto started = process->started();
    REQUIRE(started.has_value());
    const auto age = clock_of_host.boot_time() - *started;
    CHECK(age < std::chrono::seconds{10});
    CHECK(age > -std::chrono::milliseconds{11});  // it is told a grain later than it was, never earlier
    const auto certain = [&](BootTime connected_after) {
        return attest(caller.socket(), {}, clock_of_host, connected_after)->certain;
    };
    CHECK(certain(*started));
    CHECK_FALSE(certain(*started - BootTime{1}));
    CHECK_FALSE(attest(caller.socket(), {}, clock_of_host)->certain);
    caller.end();
    CHECK(attest(caller.socket(), {}, clock_of_host, BootTime::max()).has_error());
}

TEST_CASE("T2: an error while asking is a refusal, never uid 0") {
    CHECK(attest_all(-1).has_error());
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const UniqueFd read_end{pipe[0]}, write_end{pipe[1]};
    CHECK(attest_all(read_end.get()).has_error());
}

TEST_CASE("T2: whichever call fails while identifying, and however, the caller is refused") {
    const auto [ours, theirs] = socket_pair();
    for (const auto call :
         {Call::peer_credentials, Call::peer_pidfd, Call::peer_groups, Call::pidfd_info, Call::open_fdinfo}) {
        for (const int error : {EPERM, ENOENT, ESRCH, EMFILE, EIO, EACCES}) {
            CAPTURE(static_cast<int>(call));
            CAPTURE(error);
            const CallingProcess stranger;  // of whom nothing is known yet
            const KernelFault fault{call, error};
            const auto peer = attest_all(stranger.socket());
            REQUIRE(peer.has_error());
            CHECK(peer.error().code == Errc::forbidden);
            CHECK(peer.error().what == "the daemon cannot tell who is calling");
        }
    }
    CHECK(attest_all(ours.get()).has_value());
}

TEST_CASE("T2: a control group that cannot be read refuses the caller where its unit is asked for") {
    if (why_no_units()) return;
    const auto [ours, theirs] = socket_pair();
    for (const int error : {EPERM, ENOENT, ESRCH, EMFILE, EIO, EACCES}) {
        const KernelFault fault{Call::open_cgroup, error};
        CHECK(attest(ours.get(), {.unit = true}, clock_of_host).has_error());
        const auto peer = attest(ours.get(), {.groups = true}, clock_of_host);
        REQUIRE(peer.has_value());
        CHECK_FALSE(glimpse_of(ours.get(), *peer).unit.unknown.empty());
    }
}

TEST_CASE("T7: a process outside our control groups has no unit") {
    const auto [ours, theirs] = socket_pair();  // its peer is this process, also for a child of it
    if (!can_make_cgroups() || why_no_units()) return;
    const ControlGroup group{"daemon.service"};
    const auto daemon = ::fork();
    if (daemon == 0) {
        group.join();
        if (::unshare(CLONE_NEWCGROUP) != 0) ::_exit(2);
        const auto peer = attest_all(ours.get());
        ::_exit(peer && peer->unit->name.empty() && contains(peer->unit->unknown, "outside") ? 0 : 1);
    }
    int status = -1;
    ::waitpid(daemon, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("T9: a process of another PID namespace has no unit" * doctest::skip(!is_root())) {
    // The first child behind unshare(CLONE_NEWPID) is the first process of the new namespace.
    const CallingProcess caller{[] {
        if (::unshare(CLONE_NEWPID) != 0) ::_exit(1);
        if (const auto inner = ::fork(); inner != 0) {
            ::waitpid(inner, nullptr, 0);
            ::_exit(0);
        }
    }};
    const auto peer = attest_all(caller.socket());
    REQUIRE(peer.has_value());
    CHECK(peer->foreign);
    CHECK(contains(peer->unit->unknown, "namespace"));
}

TEST_CASE("T12: an attestation lives 60 s") {
    HandClock clock;
    const auto [ours, theirs] = socket_pair();
    const auto peer = attest(ours.get(), {}, clock);
    REQUIRE(peer.has_value());
    clock.advance(std::chrono::seconds{59});
    CHECK_FALSE(peer->is_stale(clock));
    clock.advance(std::chrono::seconds{1});
    CHECK(peer->is_stale(clock));
}

TEST_CASE("T12: a process that has another user than when it connected" * doctest::skip(!is_root())) {
    const CallingProcess caller{{}, [] {
                                    if (::setuid(1) != 0) ::_exit(1);
                                }};
    constexpr Details user_now{.user_now = true};
    CHECK_FALSE(attest(caller.socket(), user_now, clock_of_host)->changed_user);
    caller.proceed();
    CHECK_FALSE(attest(caller.socket(), {}, clock_of_host)->changed_user);  // nobody asked
    const auto peer = attest(caller.socket(), user_now, clock_of_host);
    REQUIRE(peer.has_value());
    CHECK(peer->uid == 0);
    const auto process = Process::behind(caller.socket(), caller.pid());
    REQUIRE(process.has_value());
    CHECK(peer->changed_user == process->info()->has_value());  // Linux 6.13 and later
}

TEST_CASE("explain: a process is seen by its number as if it connected" * doctest::skip(!can_make_cgroups())) {
    const ControlGroup group{"worker.service"};
    CallingProcess caller{[&] {
        group.join();
        const std::array<gid_t, 2> groups{3001, 3002};
        if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(3000) != 0 || ::setuid(1) != 0) ::_exit(1);
    }};
    const auto seen = sight_process(caller.pid(), clock_of_host);
    REQUIRE(seen.has_value());
    CHECK(seen->peer.uid == 1);
    CHECK(seen->peer.gid == 3000);
    CHECK(seen->peer.pid == caller.pid());
    CHECK_FALSE(seen->peer.foreign);
    CHECK(seen->peer.groups == std::vector<gid_t>{3000, 3001, 3002});
    CHECK(seen->peer.unit->name == "worker.service");
    CHECK(seen->glimpse.command.has_value());
    const auto gone = caller.pid();
    caller.end();
    CHECK(sight_process(gone, clock_of_host).error().code == Errc::not_found);
    CHECK(sight_process(-1, clock_of_host).error().code == Errc::not_found);
}

TEST_CASE("T10: the daemon runs where it sees users and processes as they are") {
    CHECK(check_identity_map().has_value());
    CHECK(check_process_view().has_value());
}

}  // namespace jeton::front::test
