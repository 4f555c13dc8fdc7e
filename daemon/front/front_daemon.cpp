#include "daemon/front/front_daemon.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>

#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "daemon/base/connector.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/process.hpp"
#include "daemon/front/routes/responders.hpp"
#include "daemon/front/routes/usage.hpp"
#include "libclient/page/epoch_page.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::front {
namespace {

using namespace std::chrono_literals;

constexpr auto usage_interval = 5s;
constexpr std::chrono::milliseconds page_interval{page::heartbeat_interval / 1'000'000};
constexpr auto newcomer_time = 500ms;   ///< who has just connected is about to ask
constexpr auto vault_time = 5s;         ///< until the service manager hears that we serve, all the same
constexpr auto shortage_time = 1s;      ///< before another link is asked for, of a process without descriptors
constexpr auto telling_time = 50ms;     ///< until all that stop together are told
constexpr auto settling_time = 200ms;   ///< until sockets that are to be closed are
constexpr auto finish_time = 5s;        ///< for requests that are running when the daemon is told to stop
constexpr auto helpers_end_time = 10s;  ///< for vault, exchange and supervisor

Limits limits_of(const Config& config) {
    Limits limits;
    limits.sessions_per_caller = config.limits.sessions_per_uid;
    limits.sessions = config.limits.sessions;
    limits.body = protocol::body_limit;
    return limits;
}

}  // namespace

FrontDaemon::FrontDaemon(const Config& config, Supervisor supervisor, Sockets sockets, EpochPageWriter page)
    : sockets_(std::move(sockets)),
      page_(std::move(page)),
      decisions_(clock_),
      vault_(context_, listeners()),
      desk_{.clock = clock_,
            .vault = vault_,
            .decisions = decisions_,
            .page = page_,
            .control_group = config.mode == DaemonMode::system ? config.sockets.control_group : std::string{}},
      server_(context_, limits_of(config)),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      children_(context_, SIGCHLD),
      supervisor_pid_(supervisor.pid),
      supervisor_(context_, supervisor.link.release()),
      asks_for_links_(supervisor.brings_one_at_a_time) {
    supervisor_.native_non_blocking(true);
}

/// The vault tells of a change before it answers it, and whatever comes from it is looked at in its order: the page
/// says what is true before any answer that follows from it leaves this process.
VaultClient::Listeners FrontDaemon::listeners() {
    return {.era_changed =
                [this](const Era& era, bool open) {
                    decisions_.enter(era);
                    page_.say(open ? era : Era{});
                },
            .token_replaced = [this](std::string_view connection) { decisions_.drop_connection(connection); },
            .ready = [this] { tell_ready("serving"); },
            .lost =
                [this] {
                    if (asks_for_links_) asio::co_spawn(context_.get_executor(), ask_for_another_vault(), end_daemon);
                }};
}

void FrontDaemon::tell_ready(std::string_view status) {
    log::info("{}", status);
    notify_manager(fmt::format("READY=1\nSTATUS={}", status));
    told_ready_ = true;
}

int FrontDaemon::run() {
    asio::co_spawn(context_.get_executor(), watch_supervisor(), end_daemon);
    asio::co_spawn(context_.get_executor(), watch_signals(), end_daemon);
    asio::co_spawn(context_.get_executor(), watch_helpers(), end_daemon);
    asio::co_spawn(context_.get_executor(), report_now_and_then(), end_daemon);
    if (asks_for_links_) asio::co_spawn(context_.get_executor(), wait_for_vault(), end_daemon);
    if (const auto interval = watchdog_interval())
        asio::co_spawn(context_.get_executor(), tell_watchdog(*interval), end_daemon);
    if (page_.state() == EpochPageWriter::State::on)
        asio::co_spawn(context_.get_executor(), keep_page_fresh(), end_daemon);
    server_.listen(std::move(sockets_.token), token_socket(desk_));
    server_.listen(std::move(sockets_.control), control_socket(desk_));
    settle();
    context_.run();
    return status_;
}

Task<void> FrontDaemon::watch_supervisor() {
    while (!supervisor_ended_) {
        boost::system::error_code ec;
        co_await supervisor_.async_wait(Descriptor::wait_read, asio::redirect_error(use_task, ec));
        bool lost = false;
        try {
            while (auto link = receive_vault_link(supervisor_.native_handle())) {
                lost = !*link;
                if (!lost) vault_.take_link(std::move(*link));
            }
        } catch (const std::exception& fault) {
            supervisor_ended_ = true;
            if (stopping_) co_return;
            log::error("{}: this daemon ends, too", fault.what());
            status_ = EXIT_FAILURE;
            context_.stop();
        }
        if (!lost) continue;
        log::error("no descriptor is left for the link to the vault: another one is waited for (LimitNOFILE=)");
        co_await pause(shortage_time);
        if (asks_for_links_) co_await ask_for_another_vault();  // a supervisor starts another vault by itself
    }
}

Task<void> FrontDaemon::watch_signals() {
    boost::system::error_code ec;
    co_await signals_.async_wait(asio::redirect_error(use_task, ec));
    log::info("stopping");
    co_await shut_down();
}

/// Whoever looks up names cannot be forked again from here, where hardly anything is allowed any more; and without
/// names callers would be refused or let in by halves. That is said when it happens, not hours later at the next
/// look-up.
Task<void> FrontDaemon::watch_helpers() {
    while (!stopping_) {
        boost::system::error_code ec;
        co_await children_.async_wait(asio::redirect_error(use_task, ec));
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            if (pid == supervisor_pid_ || stopping_) continue;  // its link tells
            log::error("the process jetond-names has ended: this daemon ends, too; start it again");
            status_ = EXIT_FAILURE;
            (void)std::raise(SIGTERM);
        }
        if (ec) co_return;
    }
}

Task<void> FrontDaemon::report_now_and_then() {
    while (!stopping_) {
        co_await pause(usage_interval);
        if (!stopping_ && vault_.state() == "unsealed") co_await report_usage(desk_);
    }
}

/// A vault that is a service of its own may be broken by itself: then this one serves refusals that say so, and is not
/// killed because its start takes too long.
Task<void> FrontDaemon::wait_for_vault() {
    co_await pause(vault_time);
    if (!told_ready_ && !stopping_) tell_ready("no vault answers yet; every request is refused until one does");
}

/// A moment later: where all services are stopped, the vault may be gone before this one is told, and whoever asked at
/// once would have the service manager start another. What came before the stop is still decided, where one is started
/// again.
Task<void> FrontDaemon::ask_for_another_vault() {
    co_await pause(telling_time);
    if (stopping_) co_await pause(settling_time);
    if (!stopping_ || (!served_ && server_.sessions() > 0)) ask_for_connection(supervisor_.native_handle());
}

/// By the loop that serves: where it hangs, the watchdog hears nothing.
Task<void> FrontDaemon::tell_watchdog(std::chrono::milliseconds interval) {
    for (;;) {
        notify_manager("WATCHDOG=1");
        co_await pause(interval);
    }
}

/// Also while the daemon is ending: what is running then is still decided by the vault, and the page still true.
Task<void> FrontDaemon::keep_page_fresh() {
    for (;;) {
        page_.beat();
        co_await pause(page_interval);
    }
}

Task<void> FrontDaemon::pause(std::chrono::milliseconds length) {
    Timer timer{context_, length};
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(use_task, ec));
}

Task<void> FrontDaemon::shut_down() {
    stopping_ = true;
    notify_manager("STOPPING=1");
    server_.stop();
    const auto begin = std::chrono::steady_clock::now();
    bool newcomers = true;
    while (server_.sessions() > 0 && std::chrono::steady_clock::now() - begin < finish_time) {
        co_await pause(20ms);
        if (!newcomers || std::chrono::steady_clock::now() - begin < newcomer_time) continue;
        newcomers = false;
        server_.end_newcomers();
    }
    served_ = true;
    page_.end();
    if (vault_.state() == "unsealed") co_await report_usage(desk_);
    vault_.expect_end();
    ask_to_stop(supervisor_.native_handle());
    const auto asked = std::chrono::steady_clock::now();
    while (!supervisor_ended_ && std::chrono::steady_clock::now() - asked < helpers_end_time) co_await pause(20ms);
    if (supervisor_ended_) {
        ::waitpid(supervisor_pid_, nullptr, 0);
    } else {
        log::warning("the helpers are still running; they end with this process");
    }
    context_.stop();
}

}  // namespace jeton::front
