#include "tests/unit/front/peer/processes.hpp"

#include <array>
#include <csignal>
#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/front/peer/unit.hpp"

namespace jeton::front::test {
namespace {

std::string cgroup_mount() { return find_cgroup_mount(read_text("/proc/self/mounts", 1024UZ * 1024).value_or("")); }

void write_text(const std::string& path, const std::string& text) {
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file || ::write(file.get(), text.data(), text.size()) < 0) throw std::runtime_error("cannot write " + path);
}

std::pair<UniqueFd, UniqueFd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// True where something was said; false where the other end is gone.
bool hear(int end) {
    char word = 0;
    return ::read(end, &word, 1) == 1;
}

void say(int end) {
    if (::write(end, "", 1) != 1) throw std::runtime_error("a child process has ended");
}

}  // namespace

bool is_root() { return ::geteuid() == 0; }

bool can_make_cgroups() {
    if (!is_root() || cgroup_mount().empty()) return false;
    const auto probe = fmt::format("{}/jetonprobe-{}.slice", cgroup_mount(), ::getpid());
    return ::mkdir(probe.c_str(), 0755) == 0 && ::rmdir(probe.c_str()) == 0;
}

Listener::Listener() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socklen_t size = sizeof(sa_family_t);  // without a path the kernel chooses a name
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(socket_.get(), plain, size) == 0;
    size = sizeof address;
    if (!bound || ::getsockname(socket_.get(), plain, &size) != 0 || ::listen(socket_.get(), 8) != 0)
        throw std::runtime_error("cannot listen");
    address_.assign(reinterpret_cast<const char*>(&address), size);
}

int Listener::connect() const {
    const int own = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto* address = reinterpret_cast<const sockaddr*>(address_.data());
    return ::connect(own, address, static_cast<socklen_t>(address_.size())) == 0 ? own : -1;
}

UniqueFd Listener::accept() const { return UniqueFd{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)}; }

CallingProcess::CallingProcess(const Step& before, const Step& later) {
    const Listener listener;
    auto [ready, say_ready] = make_pipe();
    auto [leash, our_end] = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
        our_end.reset();
        if (before) before();
        if (listener.connect() < 0) ::_exit(1);
        for (;;) {
            say(say_ready.get());
            if (!hear(leash.get())) ::_exit(0);
            if (later) later();
        }
    }
    say_ready.reset();
    leash_ = std::move(our_end);
    ready_ = std::move(ready);
    if (!hear(ready_.get())) throw std::runtime_error("a child process has not connected");
    socket_ = listener.accept();
}

void CallingProcess::proceed() const {
    say(leash_.get());
    if (!hear(ready_.get())) throw std::runtime_error("a child process has ended");
}

CallingProcess::~CallingProcess() { end(); }

void CallingProcess::end() {
    if (pid_ <= 0) return;
    leash_.reset();
    ::kill(pid_, SIGKILL);  // other children may hold the leash, too
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

ControlGroup::ControlGroup(const std::string& path) {
    auto directory = fmt::format("{}/jetontest-{}.slice", cgroup_mount(), ::getpid());
    std::string_view rest = path;
    for (;;) {
        if (::mkdir(directory.c_str(), 0755) != 0) throw std::runtime_error("cannot make " + directory);
        made_.push_back(directory);
        if (rest.empty()) return;
        const auto component = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(rest.size(), component.size() + 1));
        directory += "/" + std::string{component};
    }
}

ControlGroup::~ControlGroup() {
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) ::rmdir(made->c_str());
}

void ControlGroup::join() const { write_text(made_.back() + "/cgroup.procs", "0"); }
void ControlGroup::leave() const { write_text(made_.front() + "/cgroup.procs", "0"); }

}  // namespace jeton::front::test
