// The floor of every comparison: one thread, epoll, and an answer that stands ready. It reads what has come and sends
// the answer: no parsing, no identity, no lookup, no audit. A server that does anything at all cannot be faster.
//
// usage: floor SOCKET ANSWER-FILE     prints "ready"; ends when standard input does
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

void need(bool good, const char* what) {
    if (good) return;
    std::perror(what);
    std::exit(1);
}

int listening(const char* path) {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    need(std::strlen(path) < sizeof address.sun_path, "the path of the socket");
    std::memcpy(address.sun_path, path, std::strlen(path));
    need(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
    need(::listen(listener, 1024) == 0, "listen");
    return listener;
}

void watch(int queue, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    need(::epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
}

/// One read, one answer: the clients send a request in one piece and wait for what it brings.
void serve(int session, const std::string& answer) {
    std::array<char, 16384> request;
    const auto count = ::recv(session, request.data(), request.size(), 0);
    if (count > 0 && ::send(session, answer.data(), answer.size(), MSG_NOSIGNAL) > 0) return;
    if (count < 0 && errno == EAGAIN) return;
    ::close(session);
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::fputs("usage: floor SOCKET ANSWER-FILE\n", stderr);
        return 2;
    }
    std::ifstream file{words[2], std::ios::binary};
    const std::string answer{std::istreambuf_iterator<char>{file}, {}};
    need(!answer.empty(), words[2]);
    const int listener = listening(words[1]);
    const int queue = ::epoll_create1(EPOLL_CLOEXEC);
    watch(queue, listener);
    watch(queue, STDIN_FILENO);
    std::puts("ready");
    std::fflush(stdout);
    std::array<epoll_event, 256> events;
    for (;;) {
        const int ready = ::epoll_wait(queue, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == STDIN_FILENO) return 0;
            if (descriptor != listener) {
                serve(descriptor, answer);
                continue;
            }
            const int session = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (session >= 0) watch(queue, session);
        }
    }
}
