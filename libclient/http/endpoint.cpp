#include "libclient/http/endpoint.hpp"

#include <chrono>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include "libclient/http/names.hpp"
#include "libclient/http/server_check.hpp"
#include "libclient/http/unix_http.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::client {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

Endpoint user_endpoint(const Surroundings& here) {
    const auto directory = here.runtime_directory.value_or("") + "/jeton";
    return {"user " + user_name(here.self), directory, directory};
}

Endpoint system_endpoint(const Surroundings& here) {
    return {"the system", here.system_token_directory, here.system_control_directory};
}

bool listens(const Endpoint& endpoint, Socket socket) {
    return connect_to(endpoint.directory(socket), name_of(socket), std::chrono::steady_clock::now() + 1s).has_value();
}

std::unexpected<Error> no_runtime_directory(uid_t self) {
    return refuse(Fault::unreachable, "XDG_RUNTIME_DIR is not set, so your own jetond cannot be found",
                  "export XDG_RUNTIME_DIR=/run/user/" + std::to_string(self) + ", or set JETON_SOCKET_DIR");
}

/// The sentence that helps most when neither listens.
std::unexpected<Error> none_runs(Socket socket, const Surroundings& here) {
    const auto system = connect_to(system_endpoint(here).directory(socket), name_of(socket), {});
    struct stat entry{};
    const bool exists =
        ::lstat((system_endpoint(here).directory(socket) + "/" + std::string{name_of(socket)}).c_str(), &entry) == 0;
    if (!system && exists) return std::unexpected{system.error()};  // it runs, but not for this user: says why
    if (here.runtime_directory) {
        struct stat directory{};
        if (::stat(here.runtime_directory->c_str(), &directory) == 0 && directory.st_uid != here.self) {
            return refuse(Fault::unreachable,
                          "XDG_RUNTIME_DIR is " + *here.runtime_directory + ", which belongs to uid " +
                              std::to_string(directory.st_uid) + " (mode " + mode_text(directory.st_mode) +
                              "), not to you",
                          "export XDG_RUNTIME_DIR=/run/user/" + std::to_string(here.self));
        }
    }
    const auto looked = here.runtime_directory ? user_endpoint(here).directory(socket) + " and " : std::string{};
    return refuse(Fault::unreachable,
                  "no jetond is running (looked in " + looked + system_endpoint(here).directory(socket) + ")",
                  "start one: jetond --user, or as root: jetond --system");
}

}  // namespace

std::string_view name_of(Socket socket) {
    return socket == Socket::token ? protocol::token_socket_name : protocol::control_socket_name;
}

Surroundings Surroundings::of_this_process() {
    Surroundings here;
    here.self = ::geteuid();
    here.socket_directory = variable("JETON_SOCKET_DIR");
    here.runtime_directory = variable("XDG_RUNTIME_DIR");
    return here;
}

Result<Choice> find_endpoint(Side side, Socket socket, const Surroundings& here) {
    if (side == Side::system) return Choice{system_endpoint(here), std::nullopt};
    if (side == Side::user) {
        if (!here.runtime_directory) return no_runtime_directory(here.self);
        return Choice{user_endpoint(here), std::nullopt};
    }
    if (here.socket_directory) {
        return Choice{{"JETON_SOCKET_DIR", *here.socket_directory, *here.socket_directory}, std::nullopt};
    }
    const bool has_own = here.runtime_directory && !is_of_another(*here.runtime_directory, here.self);
    const auto user = has_own ? std::optional{user_endpoint(here)} : std::nullopt;
    const auto system = system_endpoint(here);
    const bool user_listens = user && listens(*user, socket);
    const bool system_listens = listens(system, socket);
    if (user_listens && system_listens) return Choice{*user, system};
    if (user_listens) return Choice{*user, std::nullopt};
    if (system_listens) return Choice{system, std::nullopt};
    return none_runs(socket, here);
}

}  // namespace jeton::client
