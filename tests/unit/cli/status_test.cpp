/// `jeton status`: what is told of work that goes on by itself.
#include <string>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
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

}  // namespace
}  // namespace jeton::cli
