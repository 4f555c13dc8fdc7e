/// `jeton status`: what is told of work that goes on by itself.
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "cli/verbs.hpp"
#include "cli/watch.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::run;

std::string status_with(const std::string& rotation) {
    return R"({"state":"unsealed","reason":null,"version":"1","epoch":7,"environments":[{"name":"integration",
        "kind":"local","connections":1,"tokens_cached":0,"upstream":null,"key_generation":3,"key_rotation":)" +
           rotation + "}]}";
}

TEST_CASE("status: a key rotation that goes on, and one that has stopped") {
    CHECK_FALSE(run({"status"}, {Answer{status_with("null")}}).out.contains("rotation"));
    const auto moving = run({"status"}, {Answer{status_with(R"({"values_left":12,"problem":null})")}});
    CHECK(moving.out.contains("key rotation of integration: 12 values move to data key 3\n"));
    const auto stopped = run({"status"}, {Answer{status_with(R"({"values_left":12,"problem":"the disk is full"})")}});
    CHECK(stopped.out.contains("12 values move to data key 3; stopped: the disk is full\n"));
}

std::string status_of_upstream(const std::string& upstream, const std::string& hints = "") {
    return R"({"state":"unsealed","reason":null,"version":"1","epoch":7,"clock":null,
        "attention":{"old_secrets":0,"ends_soon":0,"need_import":0,"hints":[)" +
           hints + R"(]},"environments":[{"name":"production","kind":"upstream","connections":600,"tokens_cached":580,
        "need_import":0,"upstream":)" +
           upstream + R"(,"key_generation":1,"key_rotation":null}]})";
}

const std::string well = R"({"state":"well","healthy":true,"last_error":null,"failing_since":null,"cooling_until":null,
    "tokens_cached":580,"next_refresh_at":"2026-02-01T09:10:00Z","requests_last_hour":2400,"clock_drift_seconds":-90})";
const std::string cooling = R"({"state":"cooling","healthy":false,"last_error":"auth.example answered 500",
    "failing_since":"2026-02-01T09:00:00Z","cooling_until":"2026-02-01T09:01:00Z","tokens_cached":580,
    "next_refresh_at":null,"requests_last_hour":1,"clock_drift_seconds":null})";

TEST_CASE("status: what is known of a token endpoint, in words that fit the terminal") {
    const auto shown = run({"status"}, {Answer{status_of_upstream(cooling)}}, testing::terminal(80)).out;
    CHECK(
        shown.contains("production gives no tokens since 2026-02-01T09:00:00Z: auth.example answered\n500. It is not "
                       "asked before 2026-02-01T09:01:00Z.\n"));
    const auto good = run({"status"}, {Answer{status_of_upstream(well)}}).out;
    CHECK(
        good.contains("production answers; 2400 requests in the last hour. The next token is renewed at "
                      "2026-02-01T09:10:00Z. The clock of this host is 90 s ahead of its clock.\n"));
    CHECK(run({"status"}, {Answer{status_of_upstream(well, R"("1 role ends: jeton role list")")}})
              .out.ends_with("\n1 role ends: jeton role list\n"));
}

testing::Shown watch(const std::vector<Answer>& answers, bool json = false) {
    using namespace std::chrono_literals;
    GlobalOptions options;
    options.json = json;
    return run(
        [&] {
            Context context{options, testing::pipe};
            return context.finish(watch_status(context, {1ms, 0ms}));
        },
        answers);
}

/// The lines without their times.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.push_back(line.substr(line.find(' ') + 1));
    return lines;
}

TEST_CASE("status --watch: in a pipe a line for each change, and none for what stays") {
    const auto shown = watch({{status_of_upstream(well)},
                              {status_of_upstream(well)},
                              {status_of_upstream(cooling)},
                              {status_of_upstream(cooling, R"("1 role ends")")},
                              {status_of_upstream(well)}});
    CHECK(shown.code == exit_code::unreachable);  // it was away for longer than this test is patient
    CHECK(lines_of(shown.out) ==
          std::vector<std::string>{
              "daemon: unsealed", "environment production: 600 connections, well",
              "environment production: 600 connections, gives no tokens since 2026-02-01T09:00:00Z: auth.example "
              "answered 500",
              "attention: 1 role ends", "environment production: 600 connections, well", "attention: gone"});
}

TEST_CASE("status --watch --json: a line of JSON for each change") {
    const auto shown =
        watch({{status_of_upstream(well)}, {status_of_upstream(well)}, {status_of_upstream(cooling)}}, true);
    std::istringstream stream{shown.out};
    std::vector<std::string> states;
    for (std::string line; std::getline(stream, line);)
        states.emplace_back(json::parse(line).at("environments").at(0).at("upstream").at("state").as_string());
    CHECK(states == std::vector<std::string>{"well", "cooling"});
}

TEST_CASE("status --wait: a daemon whose vault is not there yet is waited for, one that refuses is not") {
    const Answer no_vault{
        R"({"error":"temporarily_unavailable","error_description":"the vault is not there","next":"w"})", 503};
    const auto waited = run({"status", "--wait", "unsealed"}, {no_vault, {status_of_upstream(well)}});
    CHECK(waited.code == exit_code::done);
    CHECK(waited.asked.size() == 2);
    const auto refused = run({"status", "--wait", "unsealed"},
                             {{R"({"error":"forbidden","error_description":"no","next":"ask"})", 403}});
    CHECK(refused.code == exit_code::refused);
}

int wait_for_unsealed() {
    CommandLine line;
    add_status_verb(line);
    constexpr std::array words{"jeton", "status", "--wait", "unsealed", "--timeout", "20s"};
    const auto parsed = line.parse(static_cast<int>(words.size()), words.data());
    if (!parsed.action) return parsed.exit_code;
    Context context{line.globals(), testing::pipe};
    return context.finish((*parsed.action)(context));
}

TEST_CASE("status --wait: who may not use the socket, or cannot trust it, does not wait until the time is over") {
    using namespace std::chrono_literals;
    const auto waits = [](const std::function<int()>& program) {
        const auto begun = std::chrono::steady_clock::now();
        auto shown = run(program, {});
        CHECK(shown.code == exit_code::unreachable);
        CHECK(shown.asked.empty());
        CHECK(std::chrono::steady_clock::now() - begun < 15s);
        return shown.err;
    };
    const auto untrusted = waits([] {
        ::chmod(std::getenv("JETON_SOCKET_DIR"), 0777);
        return wait_for_unsealed();
    });
    CHECK(untrusted.contains("others may write to it"));
    const auto forbidden = waits([] {
        const std::string directory = std::getenv("JETON_SOCKET_DIR");
        ::chmod(directory.c_str(), 0755);
        ::chmod((directory + "/control.sock").c_str(), 0);
        const auto self = ::geteuid();
        const auto dumpable = ::prctl(PR_GET_DUMPABLE);
        if (self == 0 && ::seteuid(12345) != 0) return -1;  // root may use any socket
        const auto code = wait_for_unsealed();
        const bool restored = ::seteuid(self) == 0 && ::prctl(PR_SET_DUMPABLE, dumpable) == 0;
        return restored ? code : -1;
    });
    CHECK(forbidden.contains("you may not"));
}

TEST_CASE("status --watch: what refuses at once ends it; --wait and --watch exclude each other") {
    const auto refused = watch({{R"({"error":"forbidden","error_description":"no","next":"ask"})", 403}});
    CHECK(refused.code == exit_code::refused);
    CHECK(run({"status", "--watch", "--wait", "unsealed"}, {}).code == exit_code::usage);
}

}  // namespace
}  // namespace jeton::cli
