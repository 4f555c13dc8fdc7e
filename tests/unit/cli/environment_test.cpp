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

}  // namespace
}  // namespace jeton::cli
