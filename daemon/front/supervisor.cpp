#include "daemon/front/supervisor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/connector.hpp"
#include "daemon/base/kept_program.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/pass_fd.hpp"
#include "daemon/base/process.hpp"
#include "daemon/front/sandbox.hpp"

namespace jeton::front {
namespace {

using namespace std::chrono_literals;

constexpr char vault_link_tag = 'V';     ///< supervisor → front, with the front's end
constexpr char exchange_link_tag = 'X';  ///< supervisor → vault, with the vault's end
constexpr char stop_tag = 'S';           ///< front → supervisor
constexpr int wrong_configuration = 3;   ///< exit status of a helper that would fail the same way again

std::pair<UniqueFd, UniqueFd> socket_pair(int type) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

std::vector<std::string> vault_arguments(const ConfigSource& source) {
    std::vector<std::string> arguments;
    if (source.user) arguments.emplace_back("--user");
    if (source.file) arguments.insert(arguments.end(), {"--config", source.file->string()});
    arguments.insert(arguments.end(), {"--front-fd", "3", "--supervisor-fd", "4"});
    return arguments;
}

class Keeper {
public:
    Keeper(const ConfigSource& source, UniqueFd front)
        : front_(std::move(front)),
          vault_("jeton-vault", vault_arguments(source)),
          exchange_("jeton-exchange", {"--vault-fd", "3"}) {
        sigset_t watched;
        ::sigemptyset(&watched);
        for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&watched, signal);
        ::sigprocmask(SIG_SETMASK, &watched, nullptr);
        signals_.reset(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!signals_) throw std::system_error(errno, std::generic_category(), "signalfd");
    }

    /// Keeps both running until the front says stop or is gone. The exit status of the supervisor.
    int run() {
        confine_supervisor({vault_.path(), exchange_.path()});
        while (!stopping_) {
            start_what_is_due();
            wait(until_next_start());
            reap();
            if (misconfigured_) break;
        }
        stop();
        return misconfigured_ ? wrong_configuration : EXIT_SUCCESS;
    }

private:
    void start_what_is_due() {
        const auto now = std::chrono::steady_clock::now();
        if (!vault_.runs() && now >= vault_.not_before()) start_vault();
        if (vault_.runs() && !exchange_.runs() && now >= exchange_.not_before()) start_exchange();
    }

    void start_vault() {
        auto [fronts_end, vaults_end] = socket_pair(SOCK_STREAM);
        auto [own_end, given_end] = socket_pair(SOCK_SEQPACKET);
        vault_.start({vaults_end.get(), given_end.get()});
        to_vault_ = std::move(own_end);
        // A front that does not read its link any more sees no vault; that vault sees its link closed, and ends.
        if (!send_fd(front_.get(), vault_link_tag, fronts_end.get()) && !front_has_gone())
            log::warning("the front takes no new link to the vault");
    }

    /// It has said why; where it has, the vault is of no use, and there is nothing to warn of.
    [[nodiscard]] bool front_has_gone() const {
        char word = 0;
        return ::recv(front_.get(), &word, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
    }

    void start_exchange() {
        auto [vaults_end, exchanges_end] = socket_pair(SOCK_STREAM);
        exchange_.start({exchanges_end.get()});
        if (!send_fd(to_vault_.get(), exchange_link_tag, vaults_end.get())) log::warning("the vault takes no new link");
    }

    /// Milliseconds for poll: -1 where nothing is to be started.
    [[nodiscard]] int until_next_start() const {
        if (vault_.runs() && exchange_.runs()) return -1;
        const auto due = vault_.runs() ? exchange_.not_before() : vault_.not_before();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
        return static_cast<int>(std::max<std::int64_t>(0, left.count()));
    }

    void wait(int milliseconds) {
        std::array<pollfd, 2> watched{{{front_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), milliseconds) < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (watched[0].revents != 0) {
            char word = 0;
            const auto got = ::recv(front_.get(), &word, 1, MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || (got == 1 && word == stop_tag))
                stopping_ = true;
        }
        signalfd_siginfo signal{};
        while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo == SIGTERM) stopping_ = true;  // also: the front has died
        }
    }

    void reap() {
        bool vault_ended = false;
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            if (pid == exchange_.pid()) exchange_.ended(status);
            if (pid != vault_.pid()) continue;
            vault_.ended(status);
            vault_ended = true;
            misconfigured_ = WIFEXITED(status) && WEXITSTATUS(status) == wrong_configuration;
        }
        if (!vault_ended) return;
        to_vault_.reset();
        // The exchange of a dead vault ends when its link closes. That is no fault of its own: no pause before the
        // next.
        exchange_.forgive();
        if (exchange_.runs()) ::kill(exchange_.pid(), SIGTERM);
    }

    void stop() {
        end(vault_, 8s);  // it finishes what runs for 5 s, and then writes down what it counted
        end(exchange_, 1s);
    }

    void end(KeptProgram& helper, std::chrono::milliseconds patience) {
        if (!helper.runs()) return;
        ::kill(helper.pid(), SIGTERM);
        const auto last = std::chrono::steady_clock::now() + patience;
        int status = 0;
        while (::waitpid(helper.pid(), &status, WNOHANG) == 0) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(last - std::chrono::steady_clock::now());
            if (left <= 0ms) {
                log::warning("{} did not end in {} ms and is killed", helper.name(), patience.count());
                ::kill(helper.pid(), SIGKILL);
                ::waitpid(helper.pid(), &status, 0);
                return;
            }
            pollfd watched{signals_.get(), POLLIN, 0};
            ::poll(&watched, 1, static_cast<int>(left.count()));
            signalfd_siginfo signal{};
            while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
            }
        }
    }

    UniqueFd front_;
    UniqueFd signals_;
    UniqueFd to_vault_;  ///< SOCK_SEQPACKET to the vault that runs
    KeptProgram vault_;
    KeptProgram exchange_;
    bool stopping_ = false;
    bool misconfigured_ = false;
};

[[noreturn]] void supervise(const ConfigSource& source, UniqueFd link, pid_t front) {
    int status = EXIT_FAILURE;
    try {
        die_with_parent(front);
        ::setpgid(0, 0);
        ::prctl(PR_SET_NAME, "jetond-keeper", 0, 0, 0);
        log::start("jetond-keeper");
        harden_process();
        keep_only(link.get());
        status = Keeper{source, std::move(link)}.run();
    } catch (const std::exception& fault) {
        log::error("{}", fault.what());
    }
    std::_Exit(status);
}

}  // namespace

Supervisor start_supervisor(const ConfigSource& source) {
    auto [own, given] = socket_pair(SOCK_SEQPACKET);
    const pid_t front = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) supervise(source, std::move(given), front);
    ::setpgid(child, child);  // both sides do it, so that neither has to wait for the other
    return {child, std::move(own)};
}

Supervisor reach_vault(const std::filesystem::path& socket) {
    auto connector = start_connector("jetond-connects", socket, vault_link_tag);
    return {connector.pid, std::move(connector.link), true};
}

std::optional<UniqueFd> receive_vault_link(int link) {
    try {
        auto passed = receive_fd(link);
        if (!passed || passed->tag != vault_link_tag) return std::nullopt;
        return std::move(passed->fd);
    } catch (const std::runtime_error&) {
        throw std::runtime_error("the process that brings links to the vault has ended");
    }
}

void ask_to_stop(int link) { (void)::send(link, &stop_tag, 1, MSG_DONTWAIT | MSG_NOSIGNAL); }

}  // namespace jeton::front
