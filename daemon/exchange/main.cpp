/// jeton-exchange: carries token requests of the vault to HTTPS endpoints. Holds no key, no database, and no secret but
/// those of the requests in flight.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/private_socket.hpp"
#include "daemon/base/process.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/exchange/answer.hpp"
#include "daemon/exchange/door.hpp"
#include "daemon/exchange/fetch.hpp"
#include "daemon/exchange/link.hpp"
#include "daemon/exchange/request.hpp"
#include "daemon/exchange/resolver_files.hpp"
#include "daemon/exchange/sandbox.hpp"
#include "libclient/protocol/json.hpp"
#include "libclient/protocol/words.hpp"

namespace {

using namespace jeton;
using namespace jeton::exchange;

/// One of both says where the vault is.
struct Options {
    int vault_fd = -1;       ///< its link is inherited
    std::string vault_user;  ///< it comes to the socket that the service manager passed
};

/// `--help` and `--version` end here.
Options parse_command_line(int argc, char** argv) {
    CLI::App app{"jeton-exchange: the part of jetond that talks to token endpoints; jetond or its unit starts it"};
    app.set_version_flag("--version", std::string{protocol::version});
    Options options;
    auto* link = app.add_option("--vault-fd", options.vault_fd, "descriptor of the vault's link");
    link->check(CLI::Range(3, 1024));
    auto* user = app.add_option("--vault-user", options.vault_user,
                                "serve the vault of this user, on the socket that the service manager passes");
    user->type_name("USER")->excludes(link);
    try {
        app.parse(argc, argv);
        if (!*link && !*user) throw CLI::RequiredError{"one of --vault-fd and --vault-user"};
    } catch (const CLI::ParseError& problem) {
        std::exit(app.exit(problem) == 0 ? 0 : 2);
    }
    return options;
}

/// What is refused here would be refused again: whoever reads the log must mend it.
template <class T>
T require(Result<T> result) {
    if (result) return *std::move(result);
    log::error("{}; {}", result.error().what, result.error().next);
    std::exit(EXIT_FAILURE);
}

/// The vault's link: inherited, or the first that comes. Nothing where this process is asked to end before.
std::optional<UniqueFd> link_to_vault(const Options& options, const UniqueFd& signals, const Heartbeat& heartbeat) {
    if (options.vault_user.empty()) return UniqueFd{options.vault_fd};
    const auto listener = require(passed_private_socket());
    const auto user = require(user_number(options.vault_user));
    notify_manager("READY=1");
    return await_vault(listener.get(), user, signals.get(), heartbeat.fd());
}

/// Readable when this process is asked to end. Blocked before libcurl starts a resolver thread, so that none is
/// interrupted.
UniqueFd end_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    UniqueFd fd{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!fd) throw std::system_error(errno, std::generic_category(), "signalfd");
    return fd;
}

void start_request(std::string payload, Fetcher& fetcher, Link& link) {
    auto asked = read_request(payload);
    protocol::wipe(payload);
    if (!asked.request) {
        link.queue(frame_of_own_failure(asked.id, asked.request.error().what));
        return;
    }
    try {
        fetcher.start(asked.id, std::move(*asked.request));
    } catch (const std::bad_alloc&) {
        link.queue(frame_of_own_failure(asked.id, no_memory));
    }
}

/// Takes one signal that waits.
void take_signal(const UniqueFd& signals) {
    signalfd_siginfo taken{};
    [[maybe_unused]] const auto size = ::read(signals.get(), &taken, sizeof taken);
}

/// Until the vault closes its link. Also where a signal says so, or the host's resolver files were replaced: this
/// process may only read those that were there at its start; the next one reads the new ones. Then the vault is told,
/// sends nothing more and says so (it shuts its sending half), and what it has sent is answered. A second signal ends
/// it at once.
void serve(Link& link, Fetcher& fetcher, const UniqueFd& signals, ResolverFiles& resolver, const Heartbeat& heartbeat) {
    bool asked_to_end = false;
    bool ending = false;
    bool heard_all = false;
    const auto end_soon = [&] {
        if (!ending) link.queue(frame_of_ending());
        ending = true;
    };
    for (;;) {
        fetcher.advance();
        if (!link.write()) return;
        if (heard_all && fetcher.idle() && !link.has_to_write()) return;
        // The end of what the vault sends is there for ever: it must not wake us again.
        const int vault = heard_all && !link.has_to_write() ? -1 : link.fd();
        std::array watched{Watched{vault, !heard_all, link.has_to_write()}, Watched{signals.get(), true, false},
                           Watched{resolver.fd(), true, false}, Watched{heartbeat.fd(), true, false}};
        fetcher.wait(watched);
        if (watched[1].ready) {
            if (asked_to_end) return;
            asked_to_end = true;
            take_signal(signals);
            end_soon();
        }
        if (watched[3].ready) Heartbeat::beat(heartbeat.fd());
        if (watched[2].ready && resolver.changed() && !ending) {
            log::info("the host's resolver files have changed: starting anew");
            end_soon();
        }
        if (watched[0].ready && !heard_all && !link.read()) {
            if (!ending) return;
            heard_all = true;
        }
        while (auto payload = link.next()) start_request(std::move(*payload), fetcher, link);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    harden_process();  // no core dump, not dumpable: before any secret comes
    const auto options = parse_command_line(argc, argv);
    log::start("jeton-exchange");
    clear_environment();  // no proxy, no key log, no other configuration of TLS from it
    prepare_secure_memory();
    const auto signals = end_signals();
    const Heartbeat heartbeat;
    auto vault = link_to_vault(options, signals, heartbeat);
    if (!vault) return EXIT_SUCCESS;
    Link link{std::move(*vault)};
    Fetcher fetcher{[&](std::string& frame) {
        link.queue(frame);
        protocol::wipe(frame);
    }};
    load_resolver_libraries();
    ResolverFiles resolver;
    confine_exchange();
    settle();
    serve(link, fetcher, signals, resolver, heartbeat);
    return EXIT_SUCCESS;
} catch (const std::exception& fault) {
    jeton::log::error("{}", fault.what());
    return EXIT_FAILURE;
}
