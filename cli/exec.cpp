/// Runs a command that gets its token from a file, from its environment or from a URL of its own: exec.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/exec_keeper.hpp"
#include "cli/exec_settings.hpp"
#include "cli/input_file.hpp"
#include "cli/process.hpp"
#include "cli/text.hpp"
#include "cli/token_request.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t env_file_limit = 256UZ * 1024;

// Exit codes of a command that could not be run, as POSIX shells have them.
constexpr int cannot_run = 126;
constexpr int not_found = 127;

/// What this verb says to its command. What an outer `jeton exec` said is about another connection.
constexpr std::array own_variables{"JETON_TOKEN_FILE", "JETON_APP_KEY",   "JETON_TENANT",       "JETON_ENVIRONMENT",
                                   "JETON_TOKEN_URL",  "JETON_CLIENT_ID", "JETON_CLIENT_SECRET"};

struct ExecArgs {
    std::string connection;
    std::vector<std::string> settings;
    std::vector<std::string> env_files;
    bool serve = false;
    std::vector<std::string> command;
};

/// One connection that the command is told of.
struct Used {
    std::string connection;
    bool kept = false;    ///< has a token file
    bool served = false;  ///< has a pair
    std::optional<Document> answer = {};
    std::string token_file = {};
    std::optional<ServedPair> pair = {};
};

class Connections {
public:
    Used& of(const std::string& connection) {
        const auto found = std::ranges::find(used_, connection, &Used::connection);
        if (found != used_.end()) return *found;
        return used_.emplace_back(Used{connection});
    }
    [[nodiscard]] std::vector<Used>& all() { return used_; }

private:
    std::vector<Used> used_;
};

Result<std::vector<Setting>> read_settings(const ExecArgs& args) {
    std::vector<Setting> settings;
    for (const auto& file : args.env_files) {
        const auto text = read_input(file, env_file_limit, "is this a file of NAME=VALUE lines?");
        if (!text) return std::unexpected{text.error()};
        auto more = read_env_file(*text, file == "-" ? "stdin" : file);
        if (!more) return more;
        std::ranges::move(*more, std::back_inserter(settings));
    }
    std::vector<std::string> given;
    for (const auto& word : args.settings) {
        auto setting = read_env_option(word, args.connection);
        if (!setting) return std::unexpected{setting.error()};
        if (std::ranges::find(given, setting->name) != given.end()) {
            return refuse_usage(fmt::format("--env sets {} twice", setting->name), "set it once");
        }
        given.push_back(setting->name);
        settings.push_back(*std::move(setting));
    }
    return settings;
}

/// What each connection is needed for.
Result<Connections> connections_of(const ExecArgs& args, const std::vector<Setting>& settings) {
    Connections connections;
    auto& own = connections.of(args.connection);
    own.kept = true;
    own.served = args.serve;
    for (const auto& setting : settings) {
        const auto* reference = std::get_if<Reference>(&setting.value);
        if (reference == nullptr) continue;
        if (needs_server(reference->member) && !args.serve) {
            return refuse_usage(
                fmt::format("{}: {} needs the token URL that --serve makes", printable(setting.where), setting.name),
                "jeton exec … --serve -- COMMAND");
        }
        auto& used = connections.of(reference->connection);
        used.kept = used.kept || reference->member == Member::token_file;
        used.served = used.served || needs_server(reference->member);
    }
    const auto kept = static_cast<std::size_t>(std::ranges::count(connections.all(), true, &Used::kept));
    if (kept > token_files_max) {
        return refuse("bad_input", fmt::format("one command has at most {} token files", token_files_max),
                      "use fewer, or a token URL (--serve)");
    }
    return connections;
}

/// Asks for the tokens. A command never starts without what it needs.
std::optional<Failure> ask_for_all(Context& context, Connections& connections, const std::vector<Setting>& settings) {
    for (auto& used : connections.all()) {
        const bool needed = used.kept || std::ranges::any_of(settings, [&used](const Setting& setting) {
                                const auto* reference = std::get_if<Reference>(&setting.value);
                                return reference != nullptr && reference->connection == used.connection &&
                                       needs_token(reference->member);
                            });
        if (!needed) continue;
        auto answer = ask_for_token(context, {used.connection});
        if (!answer) return answer.error();
        if (const auto token = token_in(answer->tree); !token) return token.error();
        used.answer = *std::move(answer);
    }
    return std::nullopt;
}

ServedPair copy_of(const ServedPair& pair) {
    ServedPair copy{pair.connection, {}, {}};
    copy.client_id.append(pair.client_id.view());
    copy.client_secret.append(pair.client_secret.view());
    return copy;
}

/// Makes pairs, URL and token files, and starts what keeps them.
Result<std::string> start_beside(Context& context, Connections& connections) {
    const auto endpoint = context.endpoint(client::Socket::token, false);
    if (!endpoint) return std::unexpected{endpoint.error()};
    KeeperTask task{*endpoint, {}, {}, {}};
    for (auto& used : connections.all()) {
        if (used.served) task.pairs.push_back(copy_of(used.pair.emplace(make_served_pair(used.connection))));
        if (!used.kept) continue;
        KeptToken kept{used.connection, {}, std::chrono::seconds{integer(used.answer->tree, "expires_in").value_or(0)}};
        kept.token.append(raw_field(used.answer->tree, "access_token"));
        task.tokens.push_back(std::move(kept));
    }
    std::string url;
    if (!task.pairs.empty()) {
        auto listener = listen_on_loopback();
        if (!listener) return std::unexpected{listener.error()};
        url = listener->url();
        task.listener = *std::move(listener);
    }
    const auto keeper = start_keeper(std::move(task));
    if (!keeper) return std::unexpected{keeper.error()};
    std::size_t kept = 0;
    for (auto& used : connections.all()) {
        if (used.kept) used.token_file = keeper->token_file(kept++);
    }
    const client::UniqueHandle seen{::open(connections.all().front().token_file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!seen) {
        return refuse(
            "no_keeper",
            fmt::format("{} cannot be opened: {}", connections.all().front().token_file, std::strerror(errno)),
            "the token file is a descriptor of a process of yours: /proc must be mounted, and show it");
    }
    return url;
}

Result<std::string_view> value_of(const Reference& reference, const Used& used, std::string_view url) {
    const auto parts = *parts_of(used.connection);
    switch (reference.member) {
        case Member::access_token: return raw_field(used.answer->tree, "access_token");
        case Member::token_file: return std::string_view{used.token_file};
        case Member::connection: return std::string_view{used.connection};
        case Member::app: return parts.app;
        case Member::tenant: return parts.tenant;
        case Member::environment: return parts.environment;
        case Member::token_url: return url;
        case Member::client_id: return used.pair->client_id.view();
        case Member::client_secret: return used.pair->client_secret.view();
        case Member::app_key: break;
    }
    const auto key = raw_field(used.answer->tree, "app_key");
    if (!key.empty()) return key;
    return refuse("wrong_state", fmt::format("the app of {} has no app key", printable(used.connection)),
                  "leave app_key out");
}

void set(const std::string& name, std::string_view value) {
    client::WipedText text;
    text.append(value);
    text.append({"\0", 1});
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): it ends with the zero above
    ::setenv(name.c_str(), text.view().data(), 1);
}

std::optional<Failure> prepare_environment(const std::vector<Setting>& settings, Connections& connections,
                                           std::string_view url) {
    for (const auto* name : own_variables) ::unsetenv(name);
    const auto& own = connections.all().front();
    const auto parts = *parts_of(own.connection);
    set("JETON_TOKEN_FILE", own.token_file);
    set("JETON_TENANT", parts.tenant);
    set("JETON_ENVIRONMENT", parts.environment);
    if (const auto key = raw_field(own.answer->tree, "app_key"); !key.empty()) set("JETON_APP_KEY", key);
    if (own.pair) {
        set("JETON_TOKEN_URL", url);
        set("JETON_CLIENT_ID", own.pair->client_id.view());
        set("JETON_CLIENT_SECRET", own.pair->client_secret.view());
    }
    for (const auto& setting : settings) {
        if (const auto* text = std::get_if<client::WipedText>(&setting.value)) {
            set(setting.name, text->view());
            continue;
        }
        const auto& reference = std::get<Reference>(setting.value);
        const auto value = value_of(reference, connections.of(reference.connection), url);
        if (!value) return value.error();
        set(setting.name, *value);
    }
    return std::nullopt;
}

/// The command takes the place of this process: its number, its signals and its end are its own. Returns only if it
/// cannot be run.
int become(Context& context, const std::vector<std::string>& command) {
    std::vector<char*> words;
    words.reserve(command.size() + 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execvp(3) changes none of them
    for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    soften_for_another_program();
    ::execvp(words.front(), words.data());
    const int problem = errno;
    harden_process();
    const bool absent = problem == ENOENT || problem == ENOTDIR;
    Failure failure{absent ? not_found : cannot_run,
                    absent ? "not_found" : "cannot_run",
                    fmt::format("{} cannot be run: {}", printable(command.front()), std::strerror(problem)),
                    absent ? "is it installed, and in PATH?" : "is it a program, and may you run it?",
                    {}};
    return context.fail(failure);
}

int exec(Context& context, const ExecArgs& args) {
    if (const auto path = connection_path(args.connection); !path) return context.fail(path.error());
    if (args.command.empty()) {
        return context.fail(refuse_usage("there is no command to run", "jeton exec CONNECTION -- COMMAND").error());
    }
    const auto settings = read_settings(args);
    if (!settings) return context.fail(settings.error());
    auto connections = connections_of(args, *settings);
    if (!connections) return context.fail(connections.error());
    if (const auto failure = ask_for_all(context, *connections, *settings)) return context.fail(*failure);
    const auto url = start_beside(context, *connections);
    if (!url) return context.fail(url.error());
    if (const auto failure = prepare_environment(*settings, *connections, *url)) return context.fail(*failure);
    return become(context, args.command);
}

}  // namespace

void add_exec_verb(CommandLine& line) {
    const auto args = std::make_shared<ExecArgs>();
    line.verb("exec",
              "Run a command that reads its token from the file JETON_TOKEN_FILE, which stays fresh.\n"
              "Members: access_token token_file app_key connection app tenant environment; with --serve also\n"
              "token_url client_id client_secret",
              "jeton exec dispatcher/1234567@production --serve --env ST_CLIENT_ID=client_id -- ./report")
        .needs("CONNECTION", args->connection, "APP/TENANT@ENVIRONMENT")
        .repeated("--env", args->settings, "VAR=member", "Set VAR to what belongs to the connection; may be repeated")
        .repeated("--env-file", args->env_files, "F",
                  "Set what the file says: NAME=VALUE lines, where jeton://CONNECTION/member is a reference")
        .flag("--serve", args->serve, "Offer a token URL on 127.0.0.1 with a client ID and secret of this command only")
        .command(args->command)
        .runs([args](Context& context) { return exec(context, *args); });
}

}  // namespace jeton::cli
