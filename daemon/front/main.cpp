/// jetond: the front. Everyone on the host may talk to it; it holds no key, no stored secret, no network.
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/config.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/process.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/front/front_daemon.hpp"
#include "daemon/front/peer/attest.hpp"
#include "daemon/front/peer/name_helper.hpp"
#include "daemon/front/sandbox.hpp"
#include "daemon/front/sockets.hpp"
#include "daemon/front/supervisor.hpp"
#include "daemon/front/tokens/epoch_page.hpp"
#include "libclient/protocol/words.hpp"

namespace {

struct Options {
    jeton::ConfigSource source;
    std::string vault_socket;  ///< of a vault that is a service of its own; empty: it is started here
    bool check_config = false;
};

/// The exit status where the command line ends it: help, version, usage.
std::optional<int> parse_command_line(int argc, char** argv, Options& options) {
    CLI::App app{"jetond, the local OAuth token daemon", "jetond"};
    std::string file;
    bool system = false;
    auto* user_flag =
        app.add_flag("--user", options.source.user, "serve this user alone, with the places of the XDG directories");
    app.add_flag("--system", system, "serve the host (the default)")->excludes(user_flag);
    app.add_option("--vault-socket", options.vault_socket,
                   "the vault is a service of its own, and listens there; without it, vault and exchange are started")
        ->type_name("PATH")
        ->excludes(user_flag);
    app.add_option("--config", file, "read this file instead of the usual jetond.toml")->type_name("FILE");
    app.add_flag("--check-config", options.check_config, "say what is wrong with the configuration, and end");
    app.set_version_flag("--version", fmt::format("jetond {}", jeton::protocol::version));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? EXIT_SUCCESS : 2;
    }
    if (!file.empty()) options.source.file = file;
    return std::nullopt;
}

jeton::front::Supervisor links_to_vault(const Options& options) {
    return options.vault_socket.empty() ? jeton::front::start_supervisor(options.source)
                                        : jeton::front::reach_vault(options.vault_socket);
}

int refused(const jeton::Error& error) {
    jeton::log::error("{}; {}", error.what, error.next);
    return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) try {
    using namespace jeton;
    using namespace jeton::front;
    harden_process();  // not dumpable, no core file: before any token is here
    Options options;
    if (const auto status = parse_command_line(argc, argv, options)) return *status;
    log::start("jetond");
    const auto config = load_config(options.source);
    if (!config) return refused(config.error());
    if (options.check_config) return EXIT_SUCCESS;
    log::set_level(config->log.level);

    if (const auto identity = check_identity_map(); !identity) return refused(identity.error());
    if (const auto view = check_process_view(); !view && config->mode == DaemonMode::system)
        return refused(view.error());
    auto supervisor = links_to_vault(options);  // before any thread and any stranger's byte
    start_name_helper(confine_names);
    prepare_secure_memory();
    auto sockets = open_sockets(*config);
    if (!sockets) return refused(sockets.error());
    auto page = EpochPageWriter::open(*config, sockets->made.empty());  // the locks are held
    // Nothing is answered meanwhile, so no change is acknowledged that a reader of that page would not see.
    if (page.earlier_page_lives()) page.wait_out_earlier_page();
    confine_front(*config);
    FrontDaemon daemon{*config, std::move(supervisor), std::move(*sockets), std::move(page)};
    return daemon.run();
} catch (const std::exception& fault) {
    jeton::log::error("{}", fault.what());
    return EXIT_FAILURE;
}
