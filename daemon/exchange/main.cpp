/// jeton-exchange: carries token requests of the vault to HTTPS endpoints. Holds no key, no database, and no secret but
/// those of the requests in flight.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/process.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/exchange/answer.hpp"
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

/// The descriptor of the vault's link. `--help` and `--version` end here.
int parse_command_line(int argc, char** argv) {
    CLI::App app{"jeton-exchange: the part of jetond that talks to token endpoints; jetond starts it"};
    app.set_version_flag("--version", std::string{protocol::version});
    int vault_fd = 3;
    app.add_option("--vault-fd", vault_fd, "descriptor of the vault's link")->required()->check(CLI::Range(3, 1024));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        std::exit(app.exit(problem) == 0 ? 0 : 2);
    }
    return vault_fd;
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
        link.queue(frame_of_failure(asked.id, asked.request.error().what));
        return;
    }
    try {
        fetcher.start(asked.id, std::move(*asked.request));
    } catch (const std::bad_alloc&) {
        link.queue(frame_of_failure(asked.id, "there is no memory for another token request"));
    }
}

/// Until the vault closes its link or a signal says so. Also where the host's resolver files were replaced, as soon as
/// nothing is in flight: this process may only read those that were there at its start; the next one reads the new
/// ones.
void serve(Link& link, Fetcher& fetcher, const UniqueFd& signals, ResolverFiles& resolver) {
    bool outdated = false;
    for (;;) {
        fetcher.advance();
        if (!link.write()) return;
        if (outdated && fetcher.idle() && !link.has_to_write()) {
            log::info("the host's resolver files have changed: starting anew");
            return;
        }
        std::array watched{Watched{link.fd(), link.has_to_write()}, Watched{signals.get(), false},
                           Watched{resolver.fd(), false}};
        fetcher.wait(watched);
        if (watched[1].ready) return;
        if (watched[2].ready) outdated = resolver.changed() || outdated;
        if (watched[0].ready && !link.read()) return;
        while (auto payload = link.next()) start_request(std::move(*payload), fetcher, link);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    harden_process();  // no core dump, not dumpable: before any secret comes
    const int vault_fd = parse_command_line(argc, argv);
    log::start("jeton-exchange");
    ::clearenv();  // no proxy, no key log, no other configuration of TLS from the environment
    prepare_secure_memory();
    const auto signals = end_signals();
    Link link{UniqueFd{vault_fd}};
    Fetcher fetcher{[&](std::string& frame) {
        link.queue(frame);
        protocol::wipe(frame);
    }};
    load_resolver_libraries();
    ResolverFiles resolver;
    confine_exchange();
    serve(link, fetcher, signals, resolver);
    return EXIT_SUCCESS;
} catch (const std::exception& fault) {
    jeton::log::error("{}", fault.what());
    return EXIT_FAILURE;
}
