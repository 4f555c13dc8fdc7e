/// jeton-vault: root key, data keys, database, all rules. Sees no stranger's bytes and no network.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>

#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "daemon/base/config.hpp"
#include "daemon/base/file_helper.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/process.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/desk.hpp"
#include "daemon/vault/exchange_ends.hpp"
#include "daemon/vault/issuer/libcrypto.hpp"
#include "daemon/vault/sandbox.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/worker.hpp"
#include "libclient/protocol/words.hpp"

namespace {

using namespace jeton;         // NOLINT(google-build-using-namespace): a program's own main
using namespace jeton::vault;  // NOLINT(google-build-using-namespace)

/// The supervisor starts us again after any other end; this one would only repeat itself.
constexpr int exit_configuration = 3;

struct Options {
    ConfigSource config;
    int front_fd = -1;
    int supervisor_fd = -1;
};

/// Throws CLI::Error.
Options parse_command_line(int argc, char** argv) {
    CLI::App app{"Keeps the keys and the database of jeton. Started by jetond, not by hand.", "jeton-vault"};
    Options options;
    std::string file;
    app.set_version_flag("--version", std::string{protocol::version});
    app.add_flag("--user", options.config.user, "use the places of a user's own daemon");
    app.add_option("--config", file, "the configuration file");
    app.add_option("--front-fd", options.front_fd, "the inherited socket to the front")->required();
    app.add_option("--supervisor-fd", options.supervisor_fd, "the inherited socket to the supervisor")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {
        std::exit(app.exit(end));
    }
    if (!file.empty()) options.config.file = file;
    return options;
}

Config require_config(const ConfigSource& source) {
    auto config = load_config(source);
    if (!config) {
        log::error("{}; {}", config.error().what, config.error().next);
        std::exit(exit_configuration);
    }
    return *std::move(config);
}

void serve(const Options& options, const Config& config) {
    const SystemClock clock;
    Store store{{config.database(), config.paths.anchor}, clock};
    Room room{config, clock, store};
    open_at_start(store, config, clock);

    boost::asio::io_context loop{1};
    const auto front = std::make_shared<FrameLink>(loop, UniqueFd{options.front_fd});
    const std::int64_t daemon_uid = config.mode == DaemonMode::user ? std::int64_t{geteuid()} : -1;
    Worker worker{loop};
    Desk desk{room, daemon_uid, [&](std::string payload) { front->send(std::move(payload)); },
              [&](std::uint64_t number, SlowWork work) {
                  worker.start(std::move(work), [&desk, number](Result<SlowResults> results) {
                      desk.worked(number, std::move(results));
                  });
              }};
    desk.greet();
    front->start([&](std::deque<std::string> payloads) { desk.take(std::move(payloads)); },
                 [&](const std::string&) { loop.stop(); });

    ExchangeEnds exchange{loop, UniqueFd{options.supervisor_fd}, desk.flights(), [&] { loop.stop(); }};

    boost::asio::steady_timer pause{loop};
    const std::function<void(std::chrono::milliseconds)> tick_after = [&](std::chrono::milliseconds time) {
        pause.expires_after(time);
        pause.async_wait([&](boost::system::error_code ec) {
            if (!ec) tick_after(desk.tick());
        });
    };
    tick_after(std::chrono::milliseconds{0});

    boost::asio::signal_set signals{loop, SIGTERM, SIGINT};
    signals.async_wait([&](boost::system::error_code ec, int) {
        if (!ec) loop.stop();
    });
    loop.run();

    desk.write_tally();
    desk.keep_time();
    store.checkpoint();
}

}  // namespace

int main(int argc, char** argv) try {
    harden_process();
    const auto options = parse_command_line(argc, argv);
    log::start("jeton-vault");
    const auto config = require_config(options.config);
    start_file_helper("jetond-files", confine_file_helper);  // before any key is here
    prepare_secure_memory();
    prepare_libcrypto();
    confine_vault(config);
    serve(options, config);
    return EXIT_SUCCESS;
} catch (const jeton::vault::StoreInUse& fault) {
    jeton::log::error("{}", fault.what());
    return exit_configuration;
} catch (const std::exception& fault) {
    jeton::log::error("{}", fault.what());
    return EXIT_FAILURE;
}
