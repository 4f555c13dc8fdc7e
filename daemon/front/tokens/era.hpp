/// The state of the vault at which something was decided.
#pragma once

#include <cstdint>
#include <string>

namespace jeton::front {

/// A decision is valid only in the era it was made in: this is how all of them end at once.
struct Era {
    std::string instance;     ///< random; new at each start, seal and restore. Empty: not known
    std::uint64_t epoch = 0;  ///< grows with every change to what is allowed

    friend bool operator==(const Era&, const Era&) = default;
};

}  // namespace jeton::front
