#include "cli/terminal.hpp"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace jeton::cli {
namespace {

std::size_t width_of_output() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

bool may_color(bool terminal, std::string_view color) {
    if (color == "always") return true;
    if (color == "never" || !terminal) return false;
    const char* forbidden = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    const bool dumb = kind != nullptr && std::string_view{kind} == "dumb";
    return (forbidden == nullptr || *forbidden == '\0') && !dumb;
}

}  // namespace

Terminal Terminal::of_this_process(std::string_view color) {
    Terminal terminal;
    terminal.input = ::isatty(STDIN_FILENO) == 1;
    terminal.output = ::isatty(STDOUT_FILENO) == 1;
    terminal.errors = ::isatty(STDERR_FILENO) == 1;
    terminal.color = may_color(terminal.output, color);
    terminal.error_color = may_color(terminal.errors, color);
    terminal.width = terminal.output ? width_of_output() : 0;
    return terminal;
}

Terminal Terminal::where_it_asks() const {
    auto where = *this;
    if (!output) where.color = error_color;
    return where;
}

std::string painted(std::string_view text, Style style, bool color) {
    if (!color || text.empty()) return std::string{text};
    return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(style), text);
}

}  // namespace jeton::cli
