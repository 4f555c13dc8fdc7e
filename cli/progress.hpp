/// How far something has come that takes its time.
#pragma once

#include <cstddef>
#include <string>

#include <unistd.h>

#include "cli/context.hpp"
#include "cli/text.hpp"

namespace jeton::cli {

/// One line that is written over and over, for a person who waits.
class Progress {
public:
    explicit Progress(const Context& context)
        : shown_(context.terminal().errors && !context.options().quiet && !context.options().json) {}
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(const std::string& text) {
        if (!shown_) return;
        write("\r" + padded(text, width_));
        width_ = display_width(text);
    }
    void clear() {
        if (width_ > 0) write("\r" + std::string(width_, ' ') + "\r");
        width_ = 0;
    }

private:
    static void write(const std::string& text) {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    }

    bool shown_;
    std::size_t width_ = 0;
};

}  // namespace jeton::cli
