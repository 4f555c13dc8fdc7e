/// `jetond.toml`: every key has a default; an unknown key or a wrong value is refused with file and line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "daemon/base/error.hpp"
#include "daemon/base/log.hpp"

namespace jeton {

/// Whose daemon this is. `user`: its own user is operator, developer and tenant admin of everything, and the store is
/// initialised at the first start. `system`: uid 0 is the first operator.
enum class DaemonMode { user, system };

struct Config {
    DaemonMode mode = DaemonMode::system;

    struct Paths {
        std::filesystem::path runtime;  ///< holds token.sock
        std::filesystem::path control;  ///< holds control.sock
        std::filesystem::path state;    ///< holds jeton.db
        std::filesystem::path anchor;   ///< holds the anchor; another directory than `state`
    } paths;

    struct Keys {
        std::string credential;                       ///< name of a systemd credential; tried first where it is set
        std::filesystem::path key_file;               ///< opens the store at start where it is set
        std::filesystem::path credentials_directory;  ///< `$CREDENTIALS_DIRECTORY`, from systemd; empty without one
    } keys;

    struct Sockets {
        std::string control_group = "jeton";  ///< group of control.sock in system mode
        bool epoch_page = true;               ///< `runtime`/page/epoch tells programs when to fetch anew
    } sockets;

    struct Audit {
        bool every_token =
            false;  ///< `tokens = "every"`: an entry for each fetch, durable before the answer; else "usage"
    } audit;

    struct Exchange {
        std::string proxy;  ///< `http://HOST:PORT`, through which encrypted endpoints are reached; empty: none
        bool proxy_loopback = false;  ///< those on this host as well
    } exchange;

    struct Limits {
        std::size_t sessions_per_uid = 1024;
        std::size_t sessions = 8192;
    } limits;

    struct Upstream {
        int requests_per_minute = 1200;  ///< to one token endpoint, whoever asks; what is beyond waits for its turn
    } upstream;

    struct Log {
        log::Level level = log::Level::info;  ///< of `jetond` and `jeton-vault`
    } log;

    struct Warnings {
        std::size_t secret_age_days = 90;  ///< an active client secret that is older is worth a word
        std::size_t deadline_days = 7;     ///< so is an end that is nearer: of a binding, role, pair, ticket or overlap
    } warnings;

    std::filesystem::path file;  ///< that was read; empty: there is none

    [[nodiscard]] std::filesystem::path database() const { return paths.state / "jeton.db"; }
};

/// What stands on the command line of `jetond` and is handed on to its two helpers.
struct ConfigSource {
    std::optional<std::filesystem::path> file;  ///< `--config FILE`
    bool user = false;                          ///< `--user`
};

/// The places of `--user` (XDG directories) or of the system, overlaid by the file where there is one.
/// Refuses `bad_input` (file, line, key), `wrong_state` (loose owner or mode).
[[nodiscard]] Result<Config> load_config(const ConfigSource& source);

}  // namespace jeton
