/// The connections of the app that somebody walks through, in the order of their names: to find it takes as long as the
/// app is large, and a walk comes back for each page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jeton::vault {

struct ConnectionOrder {
    struct Place {
        std::string tenant;
        std::string environment;
        std::string id;
    };

    std::string app;         ///< its id; empty: none is known
    std::int64_t epoch = 0;  ///< as of which it holds
    std::vector<Place> places;
};

}  // namespace jeton::vault
