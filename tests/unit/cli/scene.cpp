#include "tests/unit/cli/scene.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/verbs.hpp"
#include "libclient/http/unique_handle.hpp"
#include "tests/unit/libclient/scratch.hpp"
#include "tests/unit/source_directory.hpp"

namespace jeton::cli::testing {
namespace {

using client::UniqueHandle;
using client::testing::Scratch;
using test::source_directory;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

/// Reads one request: its method and target, and its body behind them.
std::string read_request(int session) {
    std::string bytes;
    std::array<char, 4096> buffer{};
    std::size_t head = 0, length = 0;
    while (head == 0 || bytes.size() < head + length) {
        const auto got = ::recv(session, buffer.data(), buffer.size(), 0);
        if (got <= 0) return "an unfinished request";
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        if (const auto end = bytes.find("\r\n\r\n"); head == 0 && end != std::string::npos) {
            head = end + 4;
            const auto field = bytes.find("Content-Length: ");
            if (field < end) length = std::stoul(bytes.substr(field + 16));
        }
    }
    auto asked = bytes.substr(0, bytes.find(" HTTP/1.1"));
    return length == 0 ? asked : asked + " " + bytes.substr(head);
}

/// Answers what comes to either socket until it is told to end.
class ScriptedDaemon {
public:
    ScriptedDaemon(const std::string& directory, const std::vector<Answer>& answers)
        : control_(client::testing::listening(directory + "/control.sock")),
          token_(client::testing::listening(directory + "/token.sock")),
          thread_([this, &answers] {
              while (serve(answers)) {
              }
          }) {}
    ScriptedDaemon(const ScriptedDaemon&) = delete;
    ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;
    ~ScriptedDaemon() { end(); }

    std::vector<std::string> end() {
        ::shutdown(control_.get(), SHUT_RDWR);  // wakes poll
        if (thread_.joinable()) thread_.join();
        return asked_;
    }

private:
    bool serve(const std::vector<Answer>& answers) {
        std::array<pollfd, 2> waiting{{{control_.get(), POLLIN, 0}, {token_.get(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), -1);
        const bool on_token_socket = waiting[1].revents != 0;
        const UniqueHandle session{::accept((on_token_socket ? token_ : control_).get(), nullptr, nullptr)};
        if (!session) return false;
        asked_.push_back((on_token_socket ? "token socket: " : "") + read_request(session.get()));
        if (asked_.size() > answers.size()) return true;
        const auto& answer = answers[asked_.size() - 1];
        const auto bytes = fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}",
                                       answer.status, answer.body.size(), answer.fields, answer.body);
        [[maybe_unused]] const auto sent = ::send(session.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return true;
    }

    UniqueHandle control_, token_;
    std::vector<std::string> asked_;
    std::thread thread_;
};

/// While it lives, `stream` is another open file.
class Redirection {
public:
    Redirection(int stream, int to) : stream_(stream), before_(::dup(stream)) { ::dup2(to, stream); }
    Redirection(const Redirection&) = delete;
    Redirection& operator=(const Redirection&) = delete;
    ~Redirection() { ::dup2(before_.get(), stream_); }

private:
    int stream_;
    UniqueHandle before_;
};

/// Input that gives one line to each read, as a terminal does.
UniqueHandle input_of(const std::vector<std::string>& lines) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("no input");
    const UniqueHandle typing{ends[1]};
    for (const auto& line : lines) {
        const auto typed = line + "\n";
        [[maybe_unused]] const auto sent = ::send(typing.get(), typed.data(), typed.size(), MSG_NOSIGNAL);
    }
    return UniqueHandle{ends[0]};
}

std::string contents_of(int file) {
    std::string text(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
    if (::pread(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("the output cannot be read back");
    return text;
}

int run_here(const std::vector<std::string>& words, const Terminal& where) {
    CommandLine line;
    add_all_verbs(line);
    std::vector<const char*> arguments{"jeton"};
    for (const auto& word : words) arguments.push_back(word.c_str());
    const auto parsed = line.parse(static_cast<int>(arguments.size()), arguments.data());
    std::cout << parsed.output << std::flush;
    std::cerr << parsed.error << std::flush;
    if (!parsed.action) return parsed.exit_code;
    Context context{line.globals(), where};
    return context.finish((*parsed.action)(context));
}

std::string section(std::string_view title, const Shown& shown) {
    auto text = fmt::format("--- {} ---\n{}", title, shown.out);
    if (!shown.err.empty()) text += fmt::format("--- stderr ---\n{}", shown.err);
    return text;
}

}  // namespace

Terminal terminal(std::size_t width) {
    return {.input = true, .output = true, .errors = true, .color = true, .error_color = true, .width = width};
}

Shown run(const std::vector<std::string>& words, const std::vector<Answer>& answers, const Terminal& where,
          const std::vector<std::string>& typed) {
    return run([&] { return run_here(words, where); }, answers, typed);
}

Shown run(const std::function<int()>& program, const std::vector<Answer>& answers,
          const std::vector<std::string>& typed) {
    const Scratch scratch;
    ScriptedDaemon daemon{scratch.path(), answers};
    const UniqueHandle out{::memfd_create("out", MFD_CLOEXEC)}, err{::memfd_create("err", MFD_CLOEXEC)};
    const auto input = input_of(typed);
    ::setenv("JETON_SOCKET_DIR", scratch.path().c_str(), 1);
    Shown shown;
    std::cout.flush();
    std::fflush(nullptr);  // what the tests themselves have said so far is not output of the run
    {
        const Redirection in{STDIN_FILENO, input.get()}, first{STDOUT_FILENO, out.get()},
            second{STDERR_FILENO, err.get()};
        shown.code = program();
    }
    ::unsetenv("JETON_SOCKET_DIR");
    shown.asked = daemon.end();
    shown.out = contents_of(out.get());
    shown.err = contents_of(err.get());
    replace_all(shown.out, scratch.path(), "DIRECTORY");
    replace_all(shown.err, scratch.path(), "DIRECTORY");
    return shown;
}

std::string golden_file(std::string_view name) {
    const auto path = fmt::format("{}/tests/unit/cli/golden/{}", source_directory, name);
    std::ifstream file{path, std::ios::binary};
    INFO(path);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

void check_golden_text(const std::string& name, std::string text) {
    replace_all(text, "\x1b", "␛");
    const auto* mode = std::getenv("JETON_GOLDEN");
    if (mode != nullptr && std::string_view{mode} == "write") {
        std::ofstream{fmt::format("{}/tests/unit/cli/golden/{}.txt", source_directory, name), std::ios::binary} << text;
        FAIL_CHECK("golden/" << name << ".txt was written: read it");
        return;
    }
    INFO(name);
    CHECK(text == golden_file(name + ".txt"));
}

void check_golden(const std::string& name, const std::vector<std::string>& words) {
    const std::vector<Answer> answers{{golden_file(name + ".json")}};
    const auto wide = run(words, answers, terminal(120));
    const auto narrow = run(words, answers, terminal(60));
    const auto piped = run(words, answers);
    auto with_json = words;
    with_json.emplace_back("--json");
    const auto as_json = run(with_json, answers);
    INFO(name);
    CHECK(wide.code == 0);
    CHECK(as_json.out == answers.front().body);
    CHECK(as_json.err.empty());
    CHECK(wide.asked == as_json.asked);
    check_golden_text(name, fmt::format("asked: {}\n", fmt::join(wide.asked, "\n       ")) +
                                section("terminal, 120 columns", wide) + section("terminal, 60 columns", narrow) +
                                section("pipe", piped));
}

}  // namespace jeton::cli::testing
