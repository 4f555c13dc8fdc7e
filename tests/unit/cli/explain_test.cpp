#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::check_golden;
using testing::run;

TEST_CASE("explain: who was seen, which bindings there are, what each lacks, and what to do") {
    check_golden("explain", {"explain", "dispatcher/1234567@integration", "--pid", "4711"});
}

TEST_CASE("explain: the binding that holds, and why no unit is known") {
    check_golden("explain_holds", {"explain", "dispatcher/1234567@integration", "--user", "worker"});
}

TEST_CASE("explain: it changes nothing, so no daemon is named as changed") {
    CHECK(run({"explain", "a/1@e", "--unit", "w.service"}, {{"{}"}}).err.empty());
}

TEST_CASE("explain: --pid stands alone") {
    const auto shown = run({"explain", "a/1@e", "--pid", "1", "--user", "u"}, {});
    CHECK(shown.code == exit_code::usage);
    CHECK(shown.asked.empty());
}

TEST_CASE("whoami: roles, groups and unit, from the token socket") { check_golden("whoami", {"whoami"}); }

}  // namespace
}  // namespace jeton::cli
