#include "cli/rate.hpp"

#include <fmt/format.h>

#include "cli/text.hpp"
#include "cli/values.hpp"

namespace jeton::cli {

Result<std::chrono::microseconds> spacing_of(std::string_view rate) {
    const auto slash = rate.find('/');
    const auto count = number_in(rate.substr(0, slash));
    const auto unit = slash == std::string_view::npos ? std::string_view{} : rate.substr(slash + 1);
    std::chrono::microseconds period{0};
    if (unit == "s") period = std::chrono::seconds{1};
    if (unit == "m") period = std::chrono::minutes{1};
    if (unit == "h") period = std::chrono::hours{1};
    if (period.count() == 0 || !count || *count < 1 || *count > 100'000) {
        return refuse_usage(fmt::format("\"{}\" is no rate", printable(rate.substr(0, 40))),
                            "write 30/m, 2/s or 500/h");
    }
    return period / *count;
}

}  // namespace jeton::cli
