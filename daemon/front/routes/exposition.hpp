/// The text format of Prometheus, version 0.0.4: families of series, each with what it means and of which type it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jeton::front {

struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    std::int64_t value = 0;
};
struct Family {
    std::string name;  ///< `[a-zA-Z_:][a-zA-Z0-9_:]*`, as label names without the colon
    std::string type;  ///< `counter` or `gauge`
    std::string help;
    std::vector<Sample> samples;
};

inline constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

/// One family after the other; those of one name, which must be of one type, become one. Whatever a label says, it
/// stays within its quotes and its line. A family or label whose name the format does not allow is left out.
[[nodiscard]] std::string exposition(const std::vector<Family>& families);

}  // namespace jeton::front
