#include "daemon/base/log.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include <unistd.h>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "daemon/base/journal.hpp"

namespace jeton::log {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
    static auto instance = std::make_shared<spdlog::logger>("jeton", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return instance;
}

constexpr const char* journal_place = "/run/systemd/journal/socket";

/// Where the log goes. Set by `start`, before there is a second thread.
struct Target {
    std::string program;
    std::optional<JournalSocket> journal;
};

Target& target() {
    static Target chosen;
    return chosen;
}

std::atomic<Level>& threshold() {
    static std::atomic<Level> chosen{Level::info};
    return chosen;
}

void write(Level level, std::string_view message_id, std::span<const Field> fields, std::string_view line) {
    const auto& [program, journal] = target();
    const auto safe = escape(line);
    if (journal && journal->send(journal_entry(program, level, message_id, fields, safe))) return;
    const auto chosen = level == Level::debug     ? spdlog::level::debug
                        : level == Level::info    ? spdlog::level::info
                        : level == Level::warning ? spdlog::level::warn
                                                  : spdlog::level::err;
    logger()->log(chosen, "{}", safe);
}

struct CodePoint {
    char32_t value;
    std::size_t length;  ///< bytes; 1 also for a byte that is not UTF-8
    bool valid;
};

CodePoint decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1, true};
    const std::size_t length = first > 0xf4 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || text.size() < length) return {first, 1, false};
    char32_t value = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {first, 1, false};
        value = (value << 6U) | (byte(i) & 0x3fU);
    }
    const bool shortest = length == 2 || (length == 3 && value >= 0x800) || (length == 4 && value >= 0x10000);
    if (!shortest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {first, 1, false};
    return {value, length, true};
}

/// Control characters, and what has no shape of its own: two names that look alike must be alike.
bool is_harmful(char32_t c) {
    const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
    return c < 0x20 || within(0x7f, 0x9f) || c == 0xad || c == 0x61c || c == 0x180e || c == 0x200b ||
           within(0x200e, 0x200f) || within(0x2028, 0x202e) || within(0x2060, 0x206f) || c == 0xfeff ||
           within(0xfff9, 0xfffb) || within(0xe0000, 0xe00ff);
}

}  // namespace

void start(std::string_view program) {
    logger()->set_pattern(fmt::format("{}[%P]: %l: %v", program));
    logger()->set_level(spdlog::level::debug);  // what is on is decided here
    logger()->flush_on(spdlog::level::debug);
    auto& chosen = target();
    chosen.program = program;
    chosen.journal.reset();
    if (!is_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO)) return;
    if (auto journal = JournalSocket::connect(journal_place)) chosen.journal.emplace(*std::move(journal));
}

std::string escape(std::string_view text) {
    std::string safe;
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decode(text.substr(at));
        if (!point.valid || is_harmful(point.value)) {
            safe += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point.value));
        } else {
            safe.append(text.substr(at, point.length));
        }
        at += point.length;
    }
    return safe;
}

void set_level(Level level) { threshold() = level; }

Level level() { return threshold(); }

bool has_fields() { return target().journal.has_value(); }

void event(Level level, std::string_view message_id, std::span<const Field> fields, std::string_view line) {
    if (is_on(level)) write(level, message_id, fields, line);
}

void testimony(std::span<const Field> fields, std::string_view line) { write(Level::info, {}, fields, line); }

}  // namespace jeton::log
