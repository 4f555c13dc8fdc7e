#include "daemon/base/kept_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/process.hpp"

namespace jeton {
namespace {

using namespace std::chrono_literals;

constexpr auto short_life = 1s;
constexpr std::chrono::milliseconds first_pause{10};
constexpr std::chrono::milliseconds longest_pause{200};  // ready again within half a second, whatever killed it
constexpr int first_fd = 3;

std::string path_of(std::string_view name) {
    std::array<char, PATH_MAX> self{};
    const auto length = ::readlink("/proc/self/exe", self.data(), self.size());
    std::filesystem::path directory;
    if (length > 0) directory = std::string_view{self.data(), static_cast<std::size_t>(length)};
    directory = directory.parent_path();
    for (const auto& place :
         {directory, directory.parent_path() / "libexec/jeton", std::filesystem::path{"/usr/libexec/jeton"}}) {
        const auto candidate = place / name;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    }
    throw std::runtime_error(fmt::format("there is no {} in {} nor in /usr/libexec/jeton", name, directory.string()));
}

}  // namespace

KeptProgram::KeptProgram(std::string name, std::vector<std::string> arguments)
    : name_(std::move(name)), path_(path_of(name_)), arguments_(std::move(arguments)) {}

void KeptProgram::start(const std::vector<int>& fds) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) become(fds, parent);
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    pid_ = child;
    started_ = std::chrono::steady_clock::now();
}

void KeptProgram::become(const std::vector<int>& fds, pid_t parent) {
    die_with_parent(parent);
    const int above = first_fd + static_cast<int>(fds.size());
    std::vector<int> moved;  // out of the way first: one of them may stand where another belongs
    moved.reserve(fds.size());
    for (const int fd : fds) moved.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
    int next = first_fd;
    for (const int fd : moved) ::dup2(fd, next++);
    ::close_range(static_cast<unsigned>(next), ~0U, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::vector<char*> argv{name_.data()};
    for (auto& argument : arguments_) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(path_.c_str(), argv.data());
    log::error("cannot start {}: {}", path_, std::strerror(errno));
    std::_Exit(127);
}

void KeptProgram::ended(int status) {
    const auto now = std::chrono::steady_clock::now();
    pid_ = -1;
    pause_ = now - started_ >= short_life ? 0ms : std::clamp(2 * pause_, first_pause, longest_pause);
    not_before_ = now + pause_;
    if (WIFSIGNALED(status)) {
        log::warning("{} was killed by signal {}", name_, WTERMSIG(status));
    } else {
        log::warning("{} ended with status {}", name_, WEXITSTATUS(status));
    }
}

void KeptProgram::forgive() {
    pause_ = 0ms;
    started_ = not_before_ = {};
}

}  // namespace jeton
