#include "daemon/base/helper_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/process.hpp"
#include "libclient/protocol/json.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton {
namespace {

constexpr std::size_t late_answers_max = 256;
constexpr std::chrono::seconds late_answers_hold{60};

bool send_all(int socket, const char* bytes, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

bool receive_all(int socket, char* bytes, std::size_t size) {
    while (size > 0) {
        const auto got = ::recv(socket, bytes, size, MSG_WAITALL);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

bool send_message(int socket, std::string_view message) {
    const auto size = static_cast<std::uint32_t>(message.size());
    std::array<char, sizeof size> head{};
    std::memcpy(head.data(), &size, sizeof size);
    return message.size() <= protocol::frame_limit && send_all(socket, head.data(), head.size()) &&
           send_all(socket, message.data(), message.size());
}

std::optional<std::string> receive_message(int socket) {
    std::array<char, sizeof(std::uint32_t)> head{};
    std::uint32_t size = 0;
    if (!receive_all(socket, head.data(), head.size())) return std::nullopt;
    std::memcpy(&size, head.data(), sizeof size);
    if (size > protocol::frame_limit) return std::nullopt;
    std::string message(size, '\0');
    if (!receive_all(socket, message.data(), message.size())) return std::nullopt;
    return message;
}

[[noreturn]] void help(const char* name, int link, pid_t parent, const std::function<void()>& confine,
                       const HelperProcess::Work& work) {
    try {
        ::prctl(PR_SET_NAME, name, 0, 0, 0);
        log::start(name);
        harden_process();
        // A Ctrl-C and a service manager's stop reach every process of ours: the parent still needs this one then.
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (::getppid() != parent) std::_Exit(EXIT_FAILURE);
        keep_only(link);
        confine();
        settle();
        while (auto question = receive_message(link)) {
            auto answer = work(*question);
            protocol::wipe(*question);
            const bool sent = send_message(link, answer);
            protocol::wipe(answer);
            if (!sent) break;
        }
        std::_Exit(EXIT_SUCCESS);
    } catch (const std::exception& fault) {
        log::error("{}", fault.what());
    }
    std::_Exit(EXIT_FAILURE);
}

}  // namespace

HelperProcess::HelperProcess(const char* name, const std::function<void()>& confine, const Work& work) : name_(name) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
    link_.reset(ends[0]);
    const UniqueFd given{ends[1]};
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) help(name, given.get(), parent, confine, work);
}

void HelperProcess::send(std::string_view question) {
    if (!send_message(link_.get(), question)) throw std::runtime_error(fmt::format("the process {} has ended", name_));
}

std::string HelperProcess::receive() {
    if (auto answer = receive_message(link_.get())) return *std::move(answer);
    throw std::runtime_error(fmt::format("the process {} has ended", name_));
}

void HelperProcess::keep_late_answer() {
    if (late_.size() >= late_answers_max) late_.clear();
    late_[std::exchange(awaited_, {})] = {receive(), std::chrono::steady_clock::now() + late_answers_hold};
}

std::string HelperProcess::ask(std::string_view question) {
    if (!awaited_.empty()) keep_late_answer();
    send(question);
    return receive();
}

std::optional<std::string> HelperProcess::ask(std::string_view question, std::chrono::milliseconds patience) {
    if (!awaited_.empty() && has_answer(std::chrono::milliseconds{0})) keep_late_answer();
    if (const auto late = late_.find(question); late != late_.end()) {
        if (std::chrono::steady_clock::now() < late->second.until) return late->second.text;
        late_.erase(late);
    }
    if (!awaited_.empty()) return std::nullopt;
    send(question);
    if (has_answer(patience)) return receive();
    awaited_ = question;
    return std::nullopt;
}

bool HelperProcess::has_answer(std::chrono::milliseconds patience) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd asked{.fd = link_.get(), .events = POLLIN, .revents = 0};
        const int ready = ::poll(&asked, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
        if (ready >= 0 || errno != EINTR) return ready != 0;  // an error is met again by whoever reads
    }
}

}  // namespace jeton
