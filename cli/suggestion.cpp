#include "cli/suggestion.hpp"

#include <algorithm>
#include <cstddef>

namespace jeton::cli {
namespace {

/// Letters to insert, drop, replace or swap with their neighbour.
std::size_t mistakes(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + differs});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
    if (word.size() > 64) return std::nullopt;
    const auto allowed = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string> best;
    auto fewest = allowed + 1;
    for (const auto& candidate : known) {
        const auto made = mistakes(word, candidate);
        if (made >= fewest) continue;
        fewest = made;
        best = candidate;
    }
    return best;
}

}  // namespace jeton::cli
