#include "libclient/http/unix_http.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/libclient/scratch.hpp"

namespace jeton::client {
namespace {

using namespace std::chrono_literals;
using testing::bound;
using testing::listening;
using testing::Scratch;

Request status_request() {
    Request request;
    request.method = "POST";
    request.target = "/v1/status";
    request.content_type = "application/json";
    request.body.append("{}");
    request.headers.emplace_back("Jeton-Client", "1");
    return request;
}

Result<Response> ask(const std::string& directory, std::chrono::milliseconds limit = 5s) {
    return exchange(directory, "control.sock", status_request(), limit, ::geteuid());
}

/// Accepts one session, reads up to `wanted` bytes, sends `answer` and closes. What was read.
std::string serve_once(int listener, std::size_t wanted, std::string_view answer) {
    const UniqueHandle session{::accept(listener, nullptr, nullptr)};
    std::string read;
    std::array<char, 4096> buffer{};
    while (read.size() < wanted) {
        const auto got = ::recv(session.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        read.append(buffer.data(), static_cast<std::size_t>(got));
        if (read.ends_with("{}")) break;
    }
    [[maybe_unused]] const auto sent = ::send(session.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    return read;
}

TEST_CASE("exchange: the request has all its parts, the answer comes back whole") {
    const Scratch scratch;
    const auto listener = listening(scratch.path() + "/control.sock");
    std::string read;
    std::thread server{[&] {
        read = serve_once(listener.get(), 4096,
                          "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    }};
    const auto answer = ask(scratch.path());
    server.join();
    REQUIRE(answer);
    CHECK(answer->status == 403);
    CHECK(answer->body.view() == "{}");
    CHECK(read.starts_with("POST /v1/status HTTP/1.1\r\nHost: localhost\r\n"));
    CHECK(read.contains("\r\nJeton-Client: 1\r\n"));
    CHECK(read.contains("\r\nContent-Length: 2\r\n"));
    CHECK(read.ends_with("\r\n\r\n{}"));
}

TEST_CASE("exchange: who is asked to connect again does so, a few times") {
    const Scratch scratch;
    const auto listener = listening(scratch.path() + "/control.sock");
    constexpr std::string_view again =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    constexpr std::string_view later =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    constexpr std::string_view done = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const auto status_after = [&](const std::vector<std::string_view>& answers) {
        std::thread server{[&] {
            for (const auto answer : answers) CHECK(serve_once(listener.get(), 4096, answer).ends_with("{}"));
        }};
        const auto answer = ask(scratch.path());
        server.join();
        return answer ? answer->status : -1;
    };
    CHECK(status_after({again, again, done}) == 200);
    CHECK(status_after({again, again, again, again}) == 503);
    CHECK(status_after({later}) == 503);
}

TEST_CASE("exchange: an answer to a request that was cut off is still read") {
    const Scratch scratch;
    const auto listener = listening(scratch.path() + "/control.sock");
    std::thread server{[&] {
        (void)serve_once(listener.get(), 1, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }};
    const auto answer = ask(scratch.path());
    server.join();
    if (answer)
        CHECK(answer->status == 413);  // a reset may be faster than the answer; then it is a refusal, not a wait
}

TEST_CASE("exchange: a process that may open nothing more is told so, not that nobody listens") {
    const Scratch scratch;
    const auto listener = listening(scratch.path() + "/control.sock");
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    const rlimit none{3, usual.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto answer = ask(scratch.path());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::system);
    CHECK(answer.error().next.contains("ulimit -n"));
}

TEST_CASE("exchange: a daemon that accepts and says nothing costs the deadline, no more") {
    const Scratch scratch;
    const auto listener = listening(scratch.path() + "/control.sock");
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = ask(scratch.path(), 100ms);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::unreachable);
    CHECK(answer.error().what.contains("did not answer in time"));
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
}

TEST_CASE("exchange: no socket, and a socket nobody listens on, say how to start the daemon") {
    const Scratch scratch;
    const auto missing = ask(scratch.path());
    REQUIRE_FALSE(missing);
    CHECK(missing.error().what.contains("no jetond is listening on " + scratch.path()));
    const auto stale = bound(scratch.path() + "/control.sock");
    const auto refused = ask(scratch.path());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::unreachable);
    CHECK(refused.error().next.contains("jetond --user"));
}

TEST_CASE("exchange: a path longer than a socket address is reached through its directory") {
    const Scratch scratch;
    const auto deep = scratch.directory(std::string(120, 'd'), 0700);
    const auto listener = listening(scratch.path() + "/control.sock");
    REQUIRE(::rename((scratch.path() + "/control.sock").c_str(), (deep + "/control.sock").c_str()) == 0);
    std::thread server{[&] { (void)serve_once(listener.get(), 4096, "HTTP/1.1 204 No Content\r\n\r\n"); }};
    const auto answer = ask(deep);
    server.join();
    REQUIRE(answer);
    CHECK(answer->status == 204);
}

TEST_CASE("exchange: a directory that others may write to gets no session at all (threat: T14)") {
    const Scratch scratch;
    const auto listener = listening(scratch.path() + "/control.sock");
    ::chmod(scratch.path().c_str(), 0777);
    const auto answer = ask(scratch.path());
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::untrusted);
    pollfd waiting{listener.get(), POLLIN, 0};
    CHECK(::poll(&waiting, 1, 0) == 0);
}

/// Listens as another user on `listener`, accepts one session, and exits with the number of bytes that came.
pid_t serve_as_stranger(const UniqueHandle& listener, int ready) {
    const auto child = ::fork();
    if (child != 0) return child;
    if (::setgid(12345) != 0 || ::setuid(12345) != 0 || ::listen(listener.get(), 1) != 0) ::_exit(100);
    [[maybe_unused]] const auto told = ::write(ready, "x", 1);
    const int session = ::accept(listener.get(), nullptr, nullptr);
    std::array<char, 64> buffer{};
    const auto got = ::recv(session, buffer.data(), buffer.size(), 0);
    ::_exit(static_cast<int>(got));
}

TEST_CASE("exchange: a server of another user is refused before the first byte (threat: T14)") {
    if (::geteuid() != 0) return;  // only root can play the stranger
    const Scratch scratch;
    ::chmod(scratch.path().c_str(), 0755);
    const auto listener = bound(scratch.path() + "/control.sock");
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const UniqueHandle from_child{pipe[0]}, to_parent{pipe[1]};
    const auto child = serve_as_stranger(listener, to_parent.get());
    char byte = 0;
    REQUIRE(::read(from_child.get(), &byte, 1) == 1);

    const auto answer = ask(scratch.path());
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::untrusted);
    CHECK(answer.error().what.contains("is served by uid 12345"));
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);  // the session ended without a byte
}

TEST_CASE("exchange: a server that runs as the owner of a socket which root placed is accepted") {
    if (::geteuid() != 0) return;
    const Scratch scratch;
    ::chmod(scratch.path().c_str(), 0755);
    const auto listener = bound(scratch.path() + "/control.sock");
    REQUIRE(::chown((scratch.path() + "/control.sock").c_str(), 12345, 12345) == 0);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const UniqueHandle from_child{pipe[0]}, to_parent{pipe[1]};
    const auto child = serve_as_stranger(listener, to_parent.get());
    char byte = 0;
    REQUIRE(::read(from_child.get(), &byte, 1) == 1);
    const auto answer = ask(scratch.path());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) > 0);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault != Fault::untrusted);  // it hung up without an answer, that is all
}

}  // namespace
}  // namespace jeton::client
