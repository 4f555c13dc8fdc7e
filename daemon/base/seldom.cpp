#include "daemon/base/seldom.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.hpp"

namespace jeton::log {

std::optional<std::string> Seldom::worth_saying(const std::string& line, Time now) {
    if (said_.size() >= size_limit && !said_.contains(line)) said_.clear();
    const auto [found, is_new] = said_.try_emplace(line, now);
    if (is_new) return line;
    auto& said = found->second;
    if (now - said.at < pause) {
        ++said.left_out;
        return std::nullopt;
    }
    said.at = now;
    const auto left_out = std::exchange(said.left_out, 0);
    if (left_out == 0) return line;
    return fmt::format("{} ({} times more since this was last said)", line, left_out);
}

void seldom_warning(const std::string& line) {
    static Seldom seldom;
    if (const auto said = seldom.worth_saying(line, std::chrono::steady_clock::now())) warning("{}", *said);
}

}  // namespace jeton::log
