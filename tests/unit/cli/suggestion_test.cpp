#include "cli/suggestion.hpp"

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

TEST_CASE("suggestion: the verb that was probably meant") {
    const std::vector<std::string> verbs{"generate", "import", "list", "deactivate"};
    CHECK(nearest("genrate", verbs) == "generate");
    CHECK(nearest("ilst", verbs) == "list");
    CHECK(nearest("imprt", verbs) == "import");
    CHECK(nearest("generate", verbs) == "generate");
}

TEST_CASE("suggestion: none where nothing is near") {
    CHECK_FALSE(nearest("rotate", {"import", "list"}));
    CHECK_FALSE(nearest("x", {"list"}));
    CHECK_FALSE(nearest(std::string(1000, 'a'), {"list"}));
    CHECK_FALSE(nearest("list", {}));
}

}  // namespace
}  // namespace jeton::cli
