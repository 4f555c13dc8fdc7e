/// How often something may be done: 30/m.
#pragma once

#include <chrono>
#include <string_view>

#include "cli/failure.hpp"

namespace jeton::cli {

/// The time from one to the next in `N/s`, `N/m` or `N/h`: 30/m is 2 s. N from 1 to 100,000. Else a usage error.
[[nodiscard]] Result<std::chrono::microseconds> spacing_of(std::string_view rate);

}  // namespace jeton::cli
