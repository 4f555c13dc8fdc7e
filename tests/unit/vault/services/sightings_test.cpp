#include "daemon/vault/services/sightings.hpp"

#include <doctest/doctest.h>

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("P6: how far the endpoint's clock is from ours, by its latest answer") {
    UpstreamSightings sightings;
    const UtcSeconds now{std::chrono::seconds{1'800'000'000}};
    const std::string endpoint = "https://auth.example/connect/token";
    CHECK(sightings.drift(endpoint) == nullptr);
    sightings.note_date(endpoint, 1'800'000'090, now);
    REQUIRE(sightings.drift(endpoint) != nullptr);
    CHECK(sightings.drift(endpoint)->ahead == std::chrono::seconds{90});
    sightings.note_date(endpoint, 1'799'999'990, now);
    CHECK(sightings.drift(endpoint)->ahead == std::chrono::seconds{-10});
    CHECK(sightings.drift(endpoint)->seen_at == now);
}
