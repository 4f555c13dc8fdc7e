/// How much one caller, and all of them together, may hold of us.
#pragma once

#include <chrono>
#include <cstddef>

namespace jeton::front {

struct Limits {
    std::size_t sessions_per_caller = 1024;
    std::size_t sessions = 8192;
    std::size_t strangers_share = 8;      ///< of `sessions`: what callers with nothing to do here share is its eighth
    std::size_t header = 8192;            ///< bytes
    std::size_t body = 64UZ * 1024;       ///< bytes
    std::chrono::seconds header_time{5};  ///< from its first byte to its last
    std::chrono::seconds body_time{10};   ///< the same
    std::chrono::seconds idle_time{60};
    std::chrono::seconds write_time{10};  ///< for one answer to be taken
};

}  // namespace jeton::front
