/// Warnings that whoever calls can bring about as often as they like: the log has each of them once a minute.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace jeton::log {

/// Lines that may come again and again. Not thread-safe.
class Seldom {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `line`, where it is to be said `now`: with how often it was left out since it was said last.
    [[nodiscard]] std::optional<std::string> worth_saying(const std::string& line, Time now);

private:
    static constexpr std::chrono::minutes pause{1};
    static constexpr std::size_t size_limit = 256;

    struct Said {
        Time at;
        std::size_t left_out = 0;
    };
    std::map<std::string, Said> said_;
};

/// A warning, the same one once a minute. For the thread that serves alone.
void seldom_warning(const std::string& line);

}  // namespace jeton::log
