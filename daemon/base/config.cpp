#include "daemon/base/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "daemon/base/files.hpp"
#include "daemon/base/nearest.hpp"

namespace jeton {
namespace {

constexpr std::int64_t session_limit_max = 1'000'000;

template <class List, class Item>
bool contains(const List& list, const Item& item) {
    return std::ranges::find(list, item) != std::ranges::end(list);
}

/// Reads the keys of a parsed file by name and type; remembers the first problem, and every name it was asked for.
class Reader {
public:
    Reader(const toml::table& root, std::string file) : root_(root), file_(std::move(file)) {}

    /// The line of a key, for a problem that only its reader can see.
    void refuse_value(std::string_view table, std::string_view key, std::string_view must) {
        if (const auto* node = find(table, key)) fail(*node, fmt::format("{}.{} {}", table, key, must), "correct it");
    }

    std::optional<std::string> text(std::string_view table, std::string_view key) {
        const auto* node = find(table, key);
        if (node == nullptr) return std::nullopt;
        auto value = node->value_exact<std::string>();
        if (!value || value->empty() || value->contains('\0')) {
            fail(*node, fmt::format("{}.{} must be a text that is not empty", table, key), "put it in quotes");
            return std::nullopt;
        }
        return value;
    }

    void path(std::string_view table, std::string_view key, std::filesystem::path& into) {
        const auto value = text(table, key);
        if (!value) return;
        const std::filesystem::path path{*value};
        if (path.is_relative()) {
            fail(*find(table, key), fmt::format("{}.{} is a relative path", table, key), "begin it with a /");
            return;
        }
        into = path.lexically_normal();
    }

    void count(std::string_view table, std::string_view key, std::size_t& into) {
        const auto* node = find(table, key);
        if (node == nullptr) return;
        const auto value = node->value_exact<std::int64_t>();
        if (!value || *value < 1 || *value > session_limit_max) {
            fail(*node, fmt::format("{}.{} must be an integer from 1 to {}", table, key, session_limit_max),
                 "correct it");
            return;
        }
        into = static_cast<std::size_t>(*value);
    }

    /// Which of two words stands there: true for `yes`, false for `no`, nothing where the key is absent.
    std::optional<bool> choice(std::string_view table, std::string_view key, std::string_view yes,
                               std::string_view no) {
        const auto value = text(table, key);
        if (!value) return std::nullopt;
        if (*value == yes || *value == no) return *value == yes;
        fail(*find(table, key), fmt::format(R"({}.{} must be "{}" or "{}")", table, key, yes, no), "correct it");
        return std::nullopt;
    }

    /// The first problem met, or the first table or key that nobody asked for.
    std::optional<Error> problem() {
        for (const auto& [table_key, node] : root_) {
            const auto* table = node.as_table();
            const std::string_view table_name = table_key.str();
            if (const auto known = names_of_tables(); !contains(known, table_name)) {
                unknown(node, table_name, "", known);
                continue;
            }
            if (table == nullptr) {
                fail(node, fmt::format("{} must be a table", table_name), fmt::format("write [{}]", table_name));
                continue;
            }
            for (const auto& [key, value] : *table) {
                const auto known = names_in(table_name);
                if (!contains(known, key.str())) unknown(value, key.str(), table_name, known);
            }
        }
        return problem_;
    }

private:
    const toml::node* find(std::string_view table, std::string_view key) {
        const std::pair<std::string_view, std::string_view> name{table, key};
        if (!contains(asked_, name)) asked_.push_back(name);
        const auto* found = root_[table].as_table();
        return found == nullptr ? nullptr : found->get(key);
    }

    void fail(const toml::node& node, std::string what, std::string next) {
        if (problem_ && problem_line_ <= node.source().begin.line) return;
        problem_line_ = node.source().begin.line;
        problem_ = refuse(Errc::bad_input, fmt::format("{}:{}: {}", file_, problem_line_, what), std::move(next));
    }

    void unknown(const toml::node& node, std::string_view name, std::string_view table,
                 const std::vector<std::string_view>& known) {
        const auto what = table.empty() ? fmt::format("unknown table [{}]", name)
                                        : fmt::format("unknown key {} in [{}]", name, table);
        const auto guess = nearest(name, known);
        fail(node, what,
             guess ? fmt::format("did you mean {}?", *guess) : fmt::format("known are: {}", fmt::join(known, ", ")));
    }

    std::vector<std::string_view> names_of_tables() const {
        std::vector<std::string_view> names;
        for (const auto& [table, key] : asked_) {
            if (!contains(names, table)) names.push_back(table);
        }
        return names;
    }

    std::vector<std::string_view> names_in(std::string_view wanted) const {
        std::vector<std::string_view> names;
        for (const auto& [table, key] : asked_) {
            if (table == wanted) names.push_back(key);
        }
        return names;
    }

    const toml::table& root_;
    std::string file_;
    std::vector<std::pair<std::string_view, std::string_view>> asked_;
    std::optional<Error> problem_;
    toml::source_index problem_line_ = 0;
};

struct LogLevel {
    std::string_view name;
    log::Level level;
};
constexpr std::array<LogLevel, 4> log_levels{{{"error", log::Level::error},
                                              {"warning", log::Level::warning},
                                              {"info", log::Level::info},
                                              {"debug", log::Level::debug}}};

/// A directory that the environment names; a relative value does not count.
std::filesystem::path directory_in(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && value[0] == '/' ? value : "";
}

/// An XDG base directory; a relative value does not count (XDG Base Directory Specification). Empty where nothing says
/// it.
std::filesystem::path xdg_directory(const char* variable, std::string_view below_home) {
    if (auto named = directory_in(variable); !named.empty()) return named;
    const char* home = std::getenv("HOME");
    if (below_home.empty() || home == nullptr || home[0] != '/') return {};
    return std::filesystem::path{home} / below_home;
}

Config::Paths system_paths() { return {"/run/jeton", "/run/jeton-control", "/var/lib/jeton", "/var/lib/jeton-anchor"}; }

Config::Paths user_paths() {
    Config::Paths paths;
    if (const auto runtime = xdg_directory("XDG_RUNTIME_DIR", ""); !runtime.empty()) {
        paths.runtime = paths.control = runtime / "jeton";
    }
    if (const auto state = xdg_directory("XDG_STATE_HOME", ".local/state"); !state.empty()) {
        paths.state = state / "jeton";
        paths.anchor = state / "jeton-anchor";
    }
    return paths;
}

/// The file that is read: the one that was named, else the usual one if it is there.
std::optional<std::filesystem::path> file_of(const ConfigSource& source) {
    if (source.file) return source.file;
    const auto directory = source.user ? xdg_directory("XDG_CONFIG_HOME", ".config") : std::filesystem::path{"/etc"};
    auto usual = directory / "jeton" / "jetond.toml";
    std::error_code ec;
    if (directory.empty() ||
        std::filesystem::symlink_status(usual, ec).type() == std::filesystem::file_type::not_found) {
        return std::nullopt;
    }
    return usual;
}

Result<toml::table> parse_file(const std::filesystem::path& file) {
    const auto content = read_trusted_file(file);
    if (!content) return content.error();
    try {
        return toml::parse(*content, file.string());
    } catch (const toml::parse_error& problem) {
        return refuse(Errc::bad_input,
                      fmt::format("{}:{}: {}", file.string(), problem.source().begin.line, problem.description()),
                      "correct the line; the form is TOML 1.0");
    }
}

/// A proxy is asked for a tunnel and sees only ciphertext: no more is known of it than where it is.
bool is_proxy(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (!text.starts_with(scheme)) return false;
    text.remove_prefix(scheme.size());
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    const bool bracketed = host.front() == '[' && host.back() == ']';
    const bool is_host = std::ranges::all_of(host, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               (bracketed && (c == ':' || c == '[' || c == ']'));
    });
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    return is_host && error == std::errc{} && end == port.data() + port.size() && number > 0 && number < 65536;
}

Result<void> check_complete(const Config& config) {
    if (config.paths.runtime.empty() || config.paths.control.empty()) {
        return refuse(Errc::wrong_state, "XDG_RUNTIME_DIR is not set, so there is no place for the sockets",
                      "log in with a session that sets it, or set paths.runtime and paths.control in a file and give "
                      "--config FILE");
    }
    if (config.paths.state.empty() || config.paths.anchor.empty()) {
        return refuse(Errc::wrong_state, "neither XDG_STATE_HOME nor HOME is set, so there is no place for the store",
                      "set HOME, or set paths.state and paths.anchor in a file and give --config FILE");
    }
    if (config.paths.state == config.paths.anchor) {
        return refuse(Errc::bad_input,
                      fmt::format("paths.state and paths.anchor are both {}", config.paths.state.string()),
                      "give the anchor a directory of its own, best on another disk");
    }
    return {};
}

}  // namespace

Result<Config> load_config(const ConfigSource& source) {
    const auto file = file_of(source);
    toml::table table;
    if (file) {
        auto parsed = parse_file(*file);
        if (!parsed) return parsed.error();
        table = std::move(*parsed);
    }
    Reader reader{table, file ? file->string() : ""};

    Config config;
    const auto user_mode = reader.choice("daemon", "mode", "user", "system");
    if (source.user && user_mode == false)
        reader.refuse_value("daemon", "mode", R"(is "system", but --user was given)");
    config.mode = source.user || user_mode == true ? DaemonMode::user : DaemonMode::system;
    config.paths = config.mode == DaemonMode::user ? user_paths() : system_paths();

    reader.path("paths", "runtime", config.paths.runtime);
    reader.path("paths", "control", config.paths.control);
    reader.path("paths", "state", config.paths.state);
    reader.path("paths", "anchor", config.paths.anchor);
    if (config.mode == DaemonMode::user) config.keys.key_file = config.paths.state / "root.key";
    reader.path("keys", "key_file", config.keys.key_file);
    if (auto credential = reader.text("keys", "credential")) config.keys.credential = std::move(*credential);
    config.keys.credentials_directory = directory_in("CREDENTIALS_DIRECTORY");
    if (auto group = reader.text("sockets", "control_group")) config.sockets.control_group = std::move(*group);
    config.sockets.epoch_page = reader.choice("sockets", "epoch_page", "yes", "no").value_or(true);
    config.audit.every_token = reader.choice("audit", "tokens", "every", "usage").value_or(false);
    if (auto proxy = reader.text("exchange", "proxy")) {
        config.exchange.proxy = *std::move(proxy);
        if (!is_proxy(config.exchange.proxy)) {
            reader.refuse_value("exchange", "proxy", "is not http://HOST:PORT, without user, password and path");
        }
    }
    config.exchange.proxy_loopback = reader.choice("exchange", "proxy_loopback", "yes", "no").value_or(false);
    if (const auto level = reader.text("log", "level")) {
        const auto* known = std::ranges::find(log_levels, *level, &LogLevel::name);
        if (known != log_levels.end()) {
            config.log.level = known->level;
        } else {
            reader.refuse_value("log", "level", R"(must be "error", "warning", "info" or "debug")");
        }
    }
    reader.count("limits", "sessions_per_uid", config.limits.sessions_per_uid);
    reader.count("limits", "sessions", config.limits.sessions);
    reader.count("warnings", "secret_age_days", config.warnings.secret_age_days);
    reader.count("warnings", "deadline_days", config.warnings.deadline_days);
    if (file) config.file = *file;
    auto requests = static_cast<std::size_t>(config.upstream.requests_per_minute);
    reader.count("upstream", "requests_per_minute", requests);
    config.upstream.requests_per_minute = static_cast<int>(requests);

    if (auto problem = reader.problem()) return std::move(*problem);
    if (const auto complete = check_complete(config); !complete) return complete.error();
    return config;
}

}  // namespace jeton
