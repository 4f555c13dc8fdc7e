#include "libclient/library/wish.hpp"

#include <array>
#include <memory>
#include <new>
#include <string_view>

#include <doctest/doctest.h>

namespace jeton::library {
namespace {

TEST_CASE("flight key: the rejected token in it is wiped at its end") {
    Wish wish;
    wish.rejected_token = "secret";  // short enough to lie inside the key itself, whose memory is the test's
    alignas(FlightKey) std::array<char, sizeof(FlightKey)> room{};
    const std::string_view seen{room.data(), room.size()};
    auto* const key = new (room.data()) FlightKey{wish};
    REQUIRE(key->text().ends_with("secret"));
    REQUIRE(seen.contains("secret"));
    std::destroy_at(key);
    CHECK_FALSE(seen.contains("ecre"));
}

}  // namespace
}  // namespace jeton::library
