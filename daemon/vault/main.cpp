/// jeton-vault: root key, data keys, database, all rules. Sees no stranger's bytes and no network.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <string>
#include <utility>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "daemon/base/config.hpp"
#include "daemon/base/connector.hpp"
#include "daemon/base/file_helper.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/private_socket.hpp"
#include "daemon/base/process.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/desk.hpp"
#include "daemon/vault/exchange_ends.hpp"
#include "daemon/vault/front_ends.hpp"
#include "daemon/vault/issuer/libcrypto.hpp"
#include "daemon/vault/sandbox.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/worker.hpp"
#include "libclient/protocol/words.hpp"

namespace {

using namespace jeton;         // NOLINT(google-build-using-namespace): a program's own main
using namespace jeton::vault;  // NOLINT(google-build-using-namespace)

constexpr int exit_usage = 2;
/// The supervisor starts us again after any other end; this one would only repeat itself.
constexpr int exit_configuration = 3;

constexpr std::chrono::seconds front_time{2};   ///< for a front to send its last request
constexpr std::chrono::seconds finish_time{5};  ///< for what is being worked on; fronts wait longer for the next vault
constexpr std::chrono::milliseconds finish_pause{20};

/// Two ways to be started: by the supervisor, which passes both links, or as a service of its own.
struct Options {
    ConfigSource config;
    int front_fd = -1;
    int supervisor_fd = -1;
    std::string front_user;
    std::string exchange_socket;

    [[nodiscard]] bool is_service() const { return !front_user.empty(); }
};

/// Throws CLI::Error.
Options parse_command_line(int argc, char** argv) {
    CLI::App app{"Keeps the keys and the database of jeton. Started by jetond or its unit, not by hand.",
                 "jeton-vault"};
    Options options;
    std::string file;
    app.set_version_flag("--version", std::string{protocol::version});
    auto* user = app.add_flag("--user", options.config.user, "use the places of a user's own daemon");
    app.add_option("--config", file, "the configuration file");
    auto* front_fd = app.add_option("--front-fd", options.front_fd, "the inherited socket to the front");
    auto* supervisor_fd =
        app.add_option("--supervisor-fd", options.supervisor_fd, "the inherited socket to the supervisor");
    auto* front_user = app.add_option("--front-user", options.front_user,
                                      "serve the front of this user, on the socket that the service manager passes")
                           ->type_name("USER");
    auto* exchange = app.add_option("--exchange-socket", options.exchange_socket,
                                    "the exchange is a service of its own, and listens there")
                         ->type_name("PATH");
    front_fd->needs(supervisor_fd)->excludes(front_user);
    supervisor_fd->needs(front_fd);
    front_user->needs(exchange)->excludes(user);
    exchange->needs(front_user);
    try {
        app.parse(argc, argv);
        if (front_fd->empty() && front_user->empty())
            throw CLI::RequiredError("--front-user and --exchange-socket, or --front-fd and --supervisor-fd");
    } catch (const CLI::ParseError& end) {
        std::exit(app.exit(end) == 0 ? EXIT_SUCCESS : exit_usage);
    }
    if (!file.empty()) options.config.file = file;
    return options;
}

/// What is refused here would be refused again: whoever reads the log must mend it.
template <class T>
T require(Result<T> result) {
    if (result) return *std::move(result);
    log::error("{}; {}", result.error().what, result.error().next);
    std::exit(exit_configuration);
}

/// The ends by which front and exchange are reached.
struct Ends {
    UniqueFd front;        ///< connected, or, as a service, listening
    uid_t front_user = 0;  ///< as a service: the only one that is heard
    UniqueFd exchange;     ///< brings an end for each exchange
    ExchangeEnds::Bringer bringer = ExchangeEnds::Bringer::supervisor;
};

/// Before the process gives up looking at files and making processes.
Ends ends_of(const Options& options) {
    if (!options.is_service())
        return {.front = UniqueFd{options.front_fd}, .exchange = UniqueFd{options.supervisor_fd}};
    auto listener = require(passed_private_socket());
    const auto user = require(user_number(options.front_user));
    auto connector = start_connector("jeton-connects", options.exchange_socket, 'X');
    return {std::move(listener), user, std::move(connector.link), ExchangeEnds::Bringer::connector};
}

/// The vault at work, from the first greeting of a front to the last answer.
class Service {
public:
    Service(const Options& options, Config& config, Ends ends)
        : options_(options),
          config_(config),
          store_({config.database(), config.paths.anchor}, clock_),
          room_{config, clock_, store_},
          ends_(std::move(ends)) {
        open_at_start(store_, config, clock_);
    }

    void run() {
        front_.listen({.come = [this] { desk_.greet(); },
                       .asked = [this](std::deque<std::string> payloads) { desk_.take(std::move(payloads)); },
                       .gone = [this] { front_has_gone(); }});
        ExchangeEnds exchange{loop_, ends_.bringer, std::move(ends_.exchange), desk_.flights(),
                              [this] { loop_.stop(); }};
        tick_after(std::chrono::milliseconds{0});
        await_signals();
        if (options_.is_service()) {
            front_.accept_from(std::move(ends_.front), ends_.front_user);
            if (const auto interval = watchdog_interval()) tell_watchdog(*interval);
            notify_manager("READY=1");
        } else {
            front_.take(std::move(ends_.front));
        }
        settle();
        loop_.run();

        desk_.write_tally();
        desk_.keep_time();
        store_.checkpoint();
    }

private:
    /// An inherited link is the only one that will ever be.
    void front_has_gone() {
        if (!options_.is_service() || stopping_) loop_.stop();
    }

    void tick_after(std::chrono::milliseconds time) {
        pause_.expires_after(time);
        pause_.async_wait([this](boost::system::error_code ec) {
            if (ec) return;
            const auto next = desk_.tick();
            tell_state();
            tick_after(next);
        });
    }

    /// By the loop that serves: where it hangs, the watchdog hears nothing.
    void tell_watchdog(std::chrono::milliseconds interval) {
        notify_manager("WATCHDOG=1");
        heartbeat_.expires_after(interval);
        heartbeat_.async_wait([this, interval](boost::system::error_code ec) {
            if (!ec) tell_watchdog(interval);
        });
    }

    void tell_state() {
        const auto state = name_of(store_.state());
        if (!options_.is_service() || state == told_state_) return;
        told_state_ = state;
        notify_manager(fmt::format("STATUS={}", state));
    }

    void await_signals() {
        signals_.async_wait([this](boost::system::error_code ec, int signal) {
            if (ec) return;
            if (signal != SIGHUP) return stop();
            reload();
            await_signals();
        });
    }

    /// What the front has sent is still done and answered, and the front learns that it must send no more.
    void stop() {
        stopping_ = true;
        if (options_.is_service()) notify_manager("STOPPING=1");
        if (!front_.stop_taking([this] { finish_by(std::chrono::steady_clock::now() + finish_time); }))
            return loop_.stop();
        front_.send(wire::ending_event());
        drain_.expires_after(front_time);
        drain_.async_wait([this](boost::system::error_code ec) {
            if (!ec) front_.stop_hearing();
        });
    }

    void finish_by(std::chrono::steady_clock::time_point deadline) {
        if (desk_.idle() || std::chrono::steady_clock::now() >= deadline) {
            desk_.give_up();
            return front_.end_when_written();
        }
        drain_.expires_after(finish_pause);
        drain_.async_wait([this, deadline](boost::system::error_code ec) {
            if (!ec) finish_by(deadline);
        });
    }

    /// What can change while it runs. A file that is refused changes nothing.
    void reload() {
        const auto fresh = load_config(options_.config);
        if (!fresh) {
            log::error("{}; {}; the configuration stays as it was", fresh.error().what, fresh.error().next);
            return;
        }
        if (fresh->paths.state != config_.paths.state || fresh->paths.anchor != config_.paths.anchor)
            log::warning("paths.state and paths.anchor count from the next start");
        config_.keys = fresh->keys;
        take_audit(fresh->audit);
        config_.exchange = fresh->exchange;
        config_.upstream = fresh->upstream;
        config_.warnings = fresh->warnings;
        room_.upstream.endpoints().set_budget(config_.upstream.requests_per_minute);
        room_.config_read_at = clock_.now();
        config_.log = fresh->log;
        log::set_level(config_.log.level);
        log::info("the configuration was read again");
    }

    /// The front repeats what was decided under the rule that was.
    void take_audit(const Config::Audit& fresh) {
        if (fresh.every_token != config_.audit.every_token && !desk_.begin_token_audit(fresh.every_token))
            return log::error("[audit] tokens stays as it was: reload once more");
        config_.audit = fresh;
    }

    const Options& options_;
    Config& config_;
    SystemClock clock_;
    Store store_;
    Room room_;
    Ends ends_;
    boost::asio::io_context loop_{1};
    FrontEnds front_{loop_};
    Worker worker_{loop_};
    Desk desk_{room_, config_.mode == DaemonMode::user ? std::int64_t{geteuid()} : -1,
               [this](std::string payload) { front_.send(std::move(payload)); },
               [this](std::uint64_t number, SlowWork work) {
                   worker_.start(std::move(work), [this, number](Result<SlowResults> results) {
                       desk_.worked(number, std::move(results));
                   });
               }};
    boost::asio::steady_timer pause_{loop_};
    boost::asio::steady_timer heartbeat_{loop_};
    boost::asio::steady_timer drain_{loop_};
    boost::asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
    std::string told_state_;
    bool stopping_ = false;
};

}  // namespace

int main(int argc, char** argv) try {
    harden_process();
    const auto options = parse_command_line(argc, argv);
    log::start("jeton-vault");
    auto config = require(load_config(options.config));
    log::set_level(config.log.level);
    auto ends = ends_of(options);
    start_file_helper("jetond-files", confine_file_helper);  // before any key is here
    prepare_secure_memory();
    prepare_libcrypto();
    confine_vault(config, options.is_service());
    Service{options, config, std::move(ends)}.run();
    return EXIT_SUCCESS;
} catch (const jeton::vault::StoreInUse& fault) {
    jeton::log::error("{}", fault.what());
    return exit_configuration;
} catch (const std::exception& fault) {
    jeton::log::error("{}", fault.what());
    return EXIT_FAILURE;
}
