#include "cli/suggestion.hpp"

#include <algorithm>
#include <cstddef>

#include "libclient/protocol/spelling.hpp"

namespace jeton::cli {

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
    if (word.size() > 64) return std::nullopt;
    const auto allowed = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string> best;
    auto fewest = allowed + 1;
    for (const auto& candidate : known) {
        const auto made = protocol::spelling_distance(word, candidate);
        if (made >= fewest) continue;
        fewest = made;
        best = candidate;
    }
    return best;
}

}  // namespace jeton::cli
