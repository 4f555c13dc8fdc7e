#include "daemon/base/nearest.hpp"

#include <algorithm>
#include <cstddef>

#include "libclient/protocol/spelling.hpp"

namespace jeton {
namespace {

constexpr std::size_t longest_name = 64;

}  // namespace

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known) {
    std::optional<std::string_view> best;
    if (name.size() > longest_name) return best;
    std::size_t least = longest_name;
    for (const auto candidate : known) {
        const auto far = protocol::spelling_distance(name, candidate);
        if (far < least && far <= std::max<std::size_t>(1, candidate.size() / 3)) {
            least = far;
            best = candidate;
        }
    }
    return best;
}

}  // namespace jeton
