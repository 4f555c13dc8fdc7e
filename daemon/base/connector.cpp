#include "daemon/base/connector.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/log.hpp"
#include "daemon/base/pass_fd.hpp"
#include "daemon/base/private_socket.hpp"
#include "daemon/base/process.hpp"
#include "daemon/base/sandbox.hpp"

namespace jeton {
namespace {

constexpr char again = 'N';  ///< to the connector: one more, please; anything else ends it
constexpr int pause_ms = 1000;

void confine_connector() {
    SyscallFilter filter{SyscallFilter::Others::absent};
    calls::begin_as_reader(filter);
    filter.allow("socket", {{0, all_bits, AF_UNIX}, {1, kind_of_socket, SOCK_STREAM}});
    static constexpr const char* reaching[] = {"connect"};
    filter.allow(reaching);
    confine({}, filter);
}

/// Until a word comes (true: one more is wanted) or `milliseconds` have passed, where there are any (true as well).
bool wants_another(int link, int milliseconds) {
    pollfd asked{link, POLLIN, 0};
    int ready = 0;
    do {
        ready = ::poll(&asked, 1, milliseconds);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) return true;
    char word = 0;
    return ::recv(link, &word, 1, 0) == 1 && word == again;
}

/// Returns when nobody wants a connection any more.
void connect_again_and_again(const std::filesystem::path& socket, char tag, int link) {
    std::string told;  // each reason once
    for (;;) {
        const auto end = connect_to_root(socket);
        if (end) {
            told.clear();
            if (!send_fd(link, tag, end->get())) return;
        } else if (end.error().what != told) {
            told = end.error().what;
            log::error("{}; {}; it is tried again each second", told, end.error().next);
        }
        if (!wants_another(link, end ? -1 : pause_ms)) return;
    }
}

[[noreturn]] void be_connector(const char* name, const std::filesystem::path& socket, char tag, int link,
                               pid_t parent) {
    int status = EXIT_FAILURE;
    try {
        ::prctl(PR_SET_NAME, name, 0, 0, 0);
        log::start(name);
        harden_process();
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (::getppid() != parent) std::_Exit(EXIT_FAILURE);
        keep_only(link);
        confine_connector();
        connect_again_and_again(socket, tag, link);
        status = EXIT_SUCCESS;
    } catch (const std::exception& fault) {
        log::error("{}", fault.what());
    }
    std::_Exit(status);
}

}  // namespace

Connector start_connector(const char* name, const std::filesystem::path& socket, char tag) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
    UniqueFd own{ends[0]};
    const UniqueFd given{ends[1]};
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) be_connector(name, socket, tag, given.get(), parent);
    return {child, std::move(own)};
}

void ask_for_connection(int link) { (void)::send(link, &again, 1, MSG_DONTWAIT | MSG_NOSIGNAL); }

}  // namespace jeton
