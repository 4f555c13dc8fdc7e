#include "daemon/front/routes/responders.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"
#include "tests/unit/front/peer/kernel_faults.hpp"
#include "tests/unit/front/peer/processes.hpp"

namespace jeton::front::test {
namespace {

constexpr std::array<Field, 3> token_fields{
    Field{"Host", "localhost"}, Field{"Content-Type", "application/x-www-form-urlencoded"}, Field{"Jeton-Client", "1"}};

Request request_for(std::string_view method, std::string_view path, std::string_view body = {}) {
    return {.method = method, .target = path, .path = path, .query = {}, .fields = token_fields, .body = body};
}

const Request token_request = request_for("POST", "/token", "grant_type=client_credentials");

struct World {
    World() {
        decisions.enter({"inst", 1});
        vault.script = [](const ScriptedVault::Asked& asked) {
            return done(asked.verb == "token.issue"
                            ? R"({"access_token":"A","token_type":"Bearer","expires_in":900,"scope":"s",
                                  "connection":"a/t@e","reuse_seconds":600,"via":"binding 3f2a9c01"})"
                            : "{}");
        };
    }
    /// The answer a session would give; the status of a refusal.
    int ask(Responder& responder, const Request& request) {
        if (const auto refusal = responder.admit()) return refusal->status;
        if (const auto now = responder.answer_now(request)) return status_of(*now);
        return status_of(run(responder.answer(request)));
    }
    [[nodiscard]] const std::string& last_peer() const { return vault.asked.back().peer; }

    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    std::pair<UniqueFd, UniqueFd> sockets = socket_pair();
};

/// What this process logs while it lives.
class LoggedText {
public:
    LoggedText() { ::dup2(file_.get(), STDERR_FILENO); }
    LoggedText(const LoggedText&) = delete;
    LoggedText& operator=(const LoggedText&) = delete;
    ~LoggedText() { ::dup2(before_.get(), STDERR_FILENO); }

    [[nodiscard]] std::string text() const {
        std::string text(64UZ * 1024, '\0');
        const auto size = ::pread(file_.get(), text.data(), text.size(), 0);
        text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return text;
    }

private:
    UniqueFd file_{::memfd_create("log", MFD_CLOEXEC)};
    UniqueFd before_{::dup(STDERR_FILENO)};
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("attest: on the token socket groups are told where they are asked for, the unit as far as it is seen") {
    World world;
    const auto responder = token_socket(world.desk)({world.sockets.first.get()});
    CHECK(world.ask(*responder, token_request) == 200);
    CHECK_FALSE(contains(world.last_peer(), "\"groups\""));
    CHECK(contains(world.last_peer(), "\"unit"));
    world.decisions.enter({"inst", 2});
    world.vault.attest.groups = true;
    CHECK(world.ask(*responder, token_request) == 200);
    CHECK(world.vault.asked.size() == 2);
    CHECK(contains(world.last_peer(), R"("groups":[{"gid":)"));
}

TEST_CASE("attest: what was decided when less was asked is not repeated when more is") {
    World world;
    const auto responder = token_socket(world.desk)({world.sockets.first.get()});
    CHECK(world.ask(*responder, token_request) == 200);
    CHECK(world.ask(*responder, token_request) == 200);
    CHECK(world.vault.asked.size() == 1);
    world.vault.attest.groups = true;
    CHECK(world.ask(*responder, token_request) == 200);
    CHECK(world.vault.asked.size() == 2);
}

TEST_CASE("attest: more may be asked between the head of a request and its answer") {
    World world;
    const auto responder = token_socket(world.desk)({world.sockets.first.get()});
    CHECK(world.ask(*responder, token_request) == 200);
    REQUIRE_FALSE(responder->admit().has_value());
    world.vault.attest.groups = true;
    CHECK_FALSE(responder->answer_now(token_request).has_value());
    {
        world.vault.attest.unit = true;
        const KernelFault fault{Call::pidfd_info, EMFILE};
        const auto now = responder->answer_now(token_request);
        REQUIRE(now.has_value());
        CHECK(status_of(*now) == 403);
    }
    CHECK(world.vault.asked.size() == 1);
}

TEST_CASE("T2: a caller who cannot be told is refused, on both sockets, and stays so") {
    World world;
    world.vault.attest.unit = true;
    for (const auto call : {Call::peer_credentials, Call::peer_pidfd, Call::pidfd_info}) {
        for (const bool control : {false, true}) {
            const auto factory = control ? control_socket(world.desk) : token_socket(world.desk);
            std::unique_ptr<Responder> responder;
            {
                const KernelFault fault{call, EIO};
                responder = factory({world.sockets.first.get()});
            }
            CHECK(world.ask(*responder, control ? request_for("GET", "/v1/apps") : token_request) == 403);
        }
    }
    CHECK(world.vault.asked.empty());
}

TEST_CASE("a caller who cannot be told fills no log: it has the reason once for each socket, however often it asks") {
    World world;
    constexpr int requests = 100;
    const LoggedText logged;
    for (const auto& factory : {token_socket(world.desk), control_socket(world.desk)}) {
        const KernelFault fault{Call::peer_credentials, ENOTCONN};
        for (int i = 0; i < requests; ++i) CHECK(factory({world.sockets.first.get()})->admit()->status == 403);
    }
    const auto text = logged.text();
    CHECK(contains(text, "a caller on token is refused: "));
    CHECK(contains(text, "a caller on control is refused: "));
    CHECK(std::ranges::count(text, '\n') == 2);
}

TEST_CASE("T2: an error about what is not asked refuses nobody; once it is asked, it does") {
    World world;
    const auto responder = token_socket(world.desk)({world.sockets.first.get()});
    const KernelFault fault{Call::peer_groups, EIO};
    CHECK(world.ask(*responder, token_request) == 200);
    world.vault.attest.groups = true;
    CHECK(world.ask(*responder, token_request) == 403);
}

TEST_CASE("attest: on the control socket groups and unit are always told") {
    World world;
    const auto responder = control_socket(world.desk)({world.sockets.first.get()});
    CHECK(world.ask(*responder, request_for("GET", "/v1/apps")) == 200);
    CHECK(contains(world.last_peer(), R"("groups":[{"gid":)"));
    CHECK(contains(world.last_peer(), "\"unit"));
    const KernelFault fault{Call::open_cgroup, EIO};
    CHECK(world.ask(*responder, request_for("GET", "/v1/apps")) == 200);
    CHECK(contains(world.last_peer(), "\"unit_unknown\""));
}

TEST_CASE("whoami shows the groups on the token socket, too, whatever is asked there") {
    World world;
    const auto responder = token_socket(world.desk)({world.sockets.first.get()});
    CHECK(world.ask(*responder, request_for("GET", "/v1/whoami")) == 200);
    CHECK(world.vault.asked.back().verb == "whoami.show");
    CHECK(contains(world.last_peer(), R"("groups":[{"gid":)"));
}

TEST_CASE("tickets are claimed on both sockets") {
    World world;
    const auto claim = request_for("POST", "/v1/tickets/claim", R"({"ticket":"x"})");
    for (const auto& factory : {token_socket(world.desk), control_socket(world.desk)}) {
        const auto responder = factory({world.sockets.first.get()});
        CHECK(world.ask(*responder, claim) == 200);
        CHECK(world.vault.asked.back().verb == "ticket.claim");
        CHECK(world.vault.asked.back().body == R"({"ticket":"x"})");
    }
    const auto responder = token_socket(world.desk)({world.sockets.first.get()});
    CHECK(world.ask(*responder, request_for("GET", "/v1/tickets")) == 404);
}

TEST_CASE("introspection is on the token socket alone") {
    World world;
    const auto introspection = request_for("POST", "/integration/introspect", "token=a");
    CHECK(world.ask(*token_socket(world.desk)({world.sockets.first.get()}), introspection) == 200);
    CHECK(world.ask(*control_socket(world.desk)({world.sockets.first.get()}), introspection) == 404);
}

TEST_CASE("T12: who has changed its user since it connected is refused on the control socket, from then on" *
          doctest::skip(!is_root())) {
    World world;
    const CallingProcess caller{{}, [] {
                                    if (::setuid(1) != 0) ::_exit(1);
                                }};
    const auto process = Process::behind(caller.socket(), caller.pid());
    REQUIRE(process.has_value());
    if (!process->info()->has_value()) return;  // before Linux 6.13 nobody tells
    const auto control = control_socket(world.desk)({caller.socket()});
    const auto token = token_socket(world.desk)({caller.socket()});
    CHECK(world.ask(*control, request_for("GET", "/v1/apps")) == 200);
    caller.proceed();
    CHECK(world.ask(*control, request_for("GET", "/v1/apps")) == 403);
    CHECK(world.ask(*token, token_request) == 200);
}

TEST_CASE("T12: a caller who has ended is refused on the control socket with its next request") {
    World world;
    CallingProcess caller;
    const auto responder = control_socket(world.desk)({caller.socket()});
    CHECK(world.ask(*responder, request_for("GET", "/v1/apps")) == 200);
    caller.end();
    CHECK(world.ask(*responder, request_for("GET", "/v1/apps")) == 403);
}

TEST_CASE("T9: root of a container takes no session and no try at a secret from root of the host" *
          doctest::skip(!is_root())) {
    World world;
    const CallingProcess root;
    const CallingProcess container{[] {
        if (::unshare(CLONE_NEWPID) != 0) ::_exit(1);
        if (const auto inner = ::fork(); inner != 0) {
            ::waitpid(inner, nullptr, 0);
            ::_exit(0);
        }
    }};
    for (const auto& factory : {token_socket(world.desk), control_socket(world.desk)}) {
        CHECK(factory({root.socket()})->caller() != factory({container.socket()})->caller());
        CHECK(factory({root.socket()})->caller() == factory({root.socket()})->caller());
    }
    world.vault.script = [](const ScriptedVault::Asked&) {
        return refused(refuse(Errc::forbidden, "this ticket is not open", "ask"));
    };
    const auto claim = request_for("POST", "/v1/tickets/claim", R"({"ticket":"x"})");
    const auto from_container = token_socket(world.desk)({container.socket()});
    while (world.ask(*from_container, claim) == 403) REQUIRE(world.vault.asked.size() < 1000);
    CHECK(world.ask(*from_container, claim) == 429);
    const Arrival certain{.socket = root.socket(), .connected_after = BootTime::max()};
    CHECK(world.ask(*token_socket(world.desk)(certain), claim) == 403);
}

TEST_CASE("T9: on an old kernel root, and whoever manages, is asked to connect again while it is too young to be told" *
          doctest::skip(!is_root())) {
    World world;
    const KernelFault old_kernel{Call::peer_pidfd, ENOPROTOOPT};
    const CallingProcess root, user{[] {
        if (::setuid(1) != 0) ::_exit(1);
    }};
    const auto apps = request_for("GET", "/v1/apps");
    for (const auto* caller : {&root, &user}) {
        const int socket = caller->socket();
        const bool is_root = caller == &root;
        CHECK(world.ask(*control_socket(world.desk)({socket}), apps) == 503);
        CHECK(world.ask(*token_socket(world.desk)({socket}), token_request) == (is_root ? 503 : 200));
        const Arrival later{.socket = socket, .connected_after = BootTime::max()};
        CHECK(world.ask(*control_socket(world.desk)(later), apps) == 200);
        CHECK(world.ask(*token_socket(world.desk)(later), token_request) == 200);
    }
    const auto young = control_socket(world.desk)({root.socket()});
    const auto told = young->refuse(*young->admit());
    CHECK(contains(*told.bytes, "Retry-After: 0\r\n"));
    CHECK(contains(*told.bytes, "temporarily_unavailable"));
}

}  // namespace jeton::front::test
