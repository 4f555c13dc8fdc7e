/// The log of a program: one line an event to stderr, where systemd's journal picks it up.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace jeton::log {

/// Names the program in each line. Called once, first in `main`.
void start(std::string_view program);

/// Makes any text safe for one line of a log or terminal: control, bidi and line-separator characters become `\u{…}`.
[[nodiscard]] std::string escape(std::string_view text);

namespace detail {
enum class Level { info, warning, error };
void write(Level level, std::string_view line);
}  // namespace detail

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    detail::write(detail::Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
    detail::write(detail::Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    detail::write(detail::Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace jeton::log
