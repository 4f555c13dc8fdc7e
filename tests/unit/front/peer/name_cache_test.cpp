#include "daemon/front/peer/name_cache.hpp"

#include <doctest/doctest.h>

namespace jeton::front::test {

TEST_CASE("T18: names: who has a name keeps it while the name service is late; nobody is taken for nameless") {
    NameCache<int> names{std::chrono::seconds{0}};
    const auto late = [](int) -> std::optional<std::string> { throw Late("on purpose"); };
    CHECK(names.name_of(1, [](int) { return std::optional<std::string>{"alice"}; }) == "alice");
    CHECK(names.name_of(1, late) == "alice");
    CHECK_THROWS_AS((void)names.name_of(2, late), Late);
    CHECK(names.name_of(2, [](int) { return std::optional<std::string>{"bob"}; }) == "bob");
}

}  // namespace jeton::front::test
