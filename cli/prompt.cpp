#include "cli/prompt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include <termios.h>
#include <unistd.h>

#include "cli/input_file.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t secret_limit = 64UZ * 1024;

// A signal handler can only reach globals: the terminal's state before we changed it, what we made of it, and why.
termios state_before{};                       // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
termios state_hidden{};                       // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::string_view hidden_question;             // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
volatile std::sig_atomic_t must_restore = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// The terminal is somebody else's while this job is in the background: to change it would stop the job. One that is
/// not the session's own (`su -c`) knows no jobs.
bool is_in_front() {
    const pid_t in_front = ::tcgetpgrp(STDIN_FILENO);
    return in_front < 0 || in_front == ::getpgrp();
}

extern "C" void leave_prompt(int signal) {
    if (must_restore != 0 && is_in_front()) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state_before);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, "\n", 1);
    ::_exit(128 + signal);
}

void show(std::string_view question) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, question.data(), question.size());
}

/// A shell that continues what was stopped turns the echo on, as it had it itself.
extern "C" void hide_again(int) {
    const int before = errno;
    if (is_in_front()) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state_hidden);
        show(hidden_question);
    }
    errno = before;
}

/// Not every shell turns the echo on when it takes the terminal back.
extern "C" void stop_at_prompt(int);

/// For one signal, behind which stopping is what it usually is.
void give_echo_back_when_stopped() {
    struct sigaction stopping{};
    stopping.sa_handler = stop_at_prompt;
    stopping.sa_flags = SA_RESTART | SA_RESETHAND | SA_NODEFER;
    ::sigaction(SIGTSTP, &stopping, nullptr);
}

extern "C" void stop_at_prompt(int) {
    const int before = errno;
    if (is_in_front()) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state_before);
    ::raise(SIGTSTP);  // which nobody obeys where no shell would continue it
    give_echo_back_when_stopped();
    if (is_in_front()) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state_hidden);
    errno = before;
}

/// Asks, and while it lives, Ctrl-C and its like leave the terminal as it was, and the echo may be off.
class Prompting {
public:
    Prompting(std::string_view question, bool hide) {
        if (hide && ::tcgetattr(STDIN_FILENO, &state_before) == 0) {
            must_restore = 1;
            hidden_ = true;
        }
        struct sigaction leaving{};
        leaving.sa_handler = leave_prompt;
        ::sigaddset(&leaving.sa_mask, SIGCONT);
        for (std::size_t at = 0; at < signals.size(); ++at) ::sigaction(signals[at], &leaving, &before_[at]);
        if (hidden_) {
            state_hidden = state_before;
            state_hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            hidden_question = question;
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state_hidden);
            struct sigaction continuing{};
            continuing.sa_handler = hide_again;
            continuing.sa_flags = SA_RESTART;
            ::sigaction(SIGCONT, &continuing, &before_continuing_);
            ::sigaction(SIGTSTP, nullptr, &before_stopping_);
            // Who ignores it waits for a command that must not be stopped.
            if (before_stopping_.sa_handler != SIG_IGN) give_echo_back_when_stopped();
        }
        show(question);
    }
    Prompting(const Prompting&) = delete;
    Prompting& operator=(const Prompting&) = delete;
    ~Prompting() {
        if (hidden_) {
            ::sigaction(SIGTSTP, &before_stopping_, nullptr);
            ::sigaction(SIGCONT, &before_continuing_, nullptr);
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &state_before);
            must_restore = 0;
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, "\n", 1);
        }
        for (std::size_t at = 0; at < signals.size(); ++at) ::sigaction(signals[at], &before_[at], nullptr);
    }

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    std::array<struct sigaction, signals.size()> before_{};
    struct sigaction before_continuing_{}, before_stopping_{};
    bool hidden_ = false;
};

/// Reads until the end of input, or of the first line if `one_line`; stops one byte beyond the limit.
client::WipedText read_input(bool one_line) {
    client::WipedText text;
    std::array<char, 4096> buffer{};
    while (text.size() <= secret_limit) {
        const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append({buffer.data(), static_cast<std::size_t>(got)});
        if (one_line && text.view().contains('\n')) break;
    }
    ::explicit_bzero(buffer.data(), buffer.size());
    return text;
}

void trim(client::WipedText& text) {
    constexpr std::string_view spaces = " \t\r\n\v\f";
    const auto last = text.view().find_last_not_of(spaces);
    text.truncate(last == std::string_view::npos ? 0 : last + 1);
    const auto first = text.view().find_first_not_of(spaces);
    if (first != std::string_view::npos) text.erase_front(first);
}

/// One line, without surrounding spaces.
Result<client::WipedText> checked(client::WipedText secret) {
    if (secret.size() > secret_limit)
        return refuse("bad_input", "what came on stdin is longer than 64 KiB", "give one secret");
    trim(secret);
    const bool control = std::ranges::any_of(secret.view(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (control)
        return refuse("bad_input", "what came on stdin is not one line of text", "give the secret alone, in one line");
    return secret;
}

}  // namespace

std::string ask_line(std::string_view question) {
    const Prompting prompting{question, false};
    auto line = read_input(true);
    trim(line);
    return std::string{line.view()};
}

Result<client::WipedText> read_secret(const Terminal& terminal, std::string_view question) {
    if (!terminal.input) return checked(read_input(false));
    const Prompting prompting{question, true};
    return checked(read_input(true));
}

Result<client::WipedText> read_pasted(const Terminal& terminal, std::string_view question, std::size_t limit,
                                      std::string_view when_larger) {
    std::optional<Prompting> prompting;
    if (terminal.input) prompting.emplace(question, false);
    return read_secret_input("-", limit, when_larger);
}

Result<client::WipedText> SecretInput::next(std::string_view question) {
    if (terminal_.input) return read_secret(terminal_, question);
    if (!std::exchange(read_, true)) rest_ = read_input(false);
    const auto end = std::min(rest_.view().find('\n'), rest_.size());
    client::WipedText line;
    line.append(rest_.view().substr(0, end));
    rest_.erase_front(std::min(end + 1, rest_.size()));
    return checked(std::move(line));
}

Result<client::WipedText> SecretInput::next_new(std::string_view question) {
    auto secret = next(question);
    if (!terminal_.input || !secret || secret->empty()) return secret;
    auto again = next("The same once more: ");
    if (!again) return again;
    if (again->view() != secret->view())
        return refuse("bad_input", "the two are not the same; nothing was changed", "try again");
    return secret;
}

Result<void> SecretInput::end() {
    trim(rest_);
    if (rest_.empty()) return {};
    return refuse("bad_input", "stdin has more lines than secrets are asked for; nothing was changed",
                  "give one secret in each line, in the order in which they are asked for on a terminal");
}

}  // namespace jeton::cli
