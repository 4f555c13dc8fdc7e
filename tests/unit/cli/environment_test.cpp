/// Environments on the command line: what is asked before one of them is deleted.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::run;
using testing::terminal;

const Answer done{R"({"message":"sandbox is deleted."})"};

TEST_CASE("environment delete: the question says what dies, and counts it") {
    const Answer there{R"({"environment":"sandbox","kind":"local"})"};
    const Answer connections{R"([{"connection":"a","state":"disabled"},{"connection":"b","state":"not-connected"}])"};
    const auto shown = run({"environment", "delete", "sandbox"}, {there, connections, done}, terminal(80), {"y"});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/environments/sandbox",
                                                  "GET /v1/connections?environment=sandbox",
                                                  "DELETE /v1/environments/sandbox"});
    CHECK(shown.err.contains("permanent and cannot be undone"));
    CHECK(shown.err.contains("its data key die with it"));
    CHECK(shown.err.contains("Connections: 2 (0 connected, 1 disabled)."));
    CHECK(shown.out.contains("sandbox is deleted."));
    CHECK(run({"environment", "delete", "sandbox"}, {}).asked.empty());  // no terminal, no --yes
    CHECK(run({"environment", "delete", "sandbox", "--yes"}, {done}).asked.front() ==
          "DELETE /v1/environments/sandbox");
}

TEST_CASE("environment delete: what is not there is not asked about") {
    const Answer absent{
        R"({"error":"not_found","error_description":"no environment x","next":"jeton environment list"})", 404};
    const auto shown = run({"environment", "delete", "x"}, {absent}, terminal(80), {"y"});
    CHECK(shown.code == exit_code::refused);
    CHECK_FALSE(shown.err.contains("Confirm"));
}

TEST_CASE("key rotate: one environment or the root key, with the proof from stdin and never from the command line") {
    const Answer slots{R"([{"id":"a","kind":"recovery","label":"recovery key","portable":true}])"};
    const Answer rotated{R"({"environment":"production","key_generation":2,"values_left":3,"message":"It moves."})"};
    const auto shown = run({"key", "rotate", "production"}, {slots, rotated}, testing::pipe, {"jrk.secret"});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked ==
          std::vector<std::string>{"GET /v1/key-slots",
                                   R"(POST /v1/environments/production/key/rotate {"proof":"jrk.secret"})"});
    CHECK(shown.out.contains("It moves."));
    CHECK(run({"key", "rotate", "--root"}, {slots, rotated}, testing::pipe, {"jrk.secret"}).asked.back() ==
          R"(POST /v1/root-key/rotate {"proof":"jrk.secret"})");
    CHECK(run({"key", "rotate"}, {}).code == exit_code::usage);
    CHECK(run({"key", "rotate", "production", "--root"}, {}).code == exit_code::usage);
}

}  // namespace
}  // namespace jeton::cli
