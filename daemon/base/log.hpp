/// The log of a program: one line an event to stderr. Where stderr is systemd's journal, the same by its own protocol,
/// with fields (docs/logging.md).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace jeton::log {

enum class Level { debug, info, warning, error };

/// A field of the journal beside the message. Never a secret: whoever reads the journal reads it.
struct Field {
    std::string_view name;  ///< `JETON_…`, capital letters and underscores
    std::string value;      ///< empty: the field is left out
};

/// Names the program in each line, and finds out whether the log is the journal: by `$JOURNAL_STREAM`, which systemd
/// sets, and which must be about this stderr. Called once in each process, first in `main`.
void start(std::string_view program);

/// What is less than `level` is not written. From the start on: info.
void set_level(Level level);
[[nodiscard]] Level level();
[[nodiscard]] inline bool is_on(Level wanted) { return wanted >= level(); }

/// Whether fields arrive anywhere: the log is the journal.
[[nodiscard]] bool has_fields();

/// Makes any text safe for one line of a log or terminal: control, bidi and line-separator characters become `\u{…}`.
[[nodiscard]] std::string escape(std::string_view text);

/// A line with fields. `message_id`: 32 hexadecimal digits of systemd/jeton.catalog, or empty.
void event(Level level, std::string_view message_id, std::span<const Field> fields, std::string_view line);

/// The same at every level that may be set: what is kept as a proof.
void testimony(std::span<const Field> fields, std::string_view line);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (is_on(Level::debug)) event(Level::debug, {}, {}, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    event(Level::info, {}, {}, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
    event(Level::warning, {}, {}, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    event(Level::error, {}, {}, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace jeton::log
