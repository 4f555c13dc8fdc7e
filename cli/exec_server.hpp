/// The loopback token URL of `jeton exec --serve`: for programs that take a URL, a client ID and a secret, and nothing
/// else. It speaks one request a session, to whoever has the command's own pair.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"
#include "libclient/http/error.hpp"
#include "libclient/http/response.hpp"
#include "libclient/http/unique_handle.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

inline constexpr std::ptrdiff_t served_sessions = 32;  ///< at once; more wait in the kernel's queue

/// A client ID and secret that are good for one connection, in this one command, and nowhere else.
struct ServedPair {
    std::string connection;
    client::WipedText client_id;      ///< jid. and 25 characters
    client::WipedText client_secret;  ///< jcs. and 50 characters
};

/// A new pair, from the kernel's random numbers.
[[nodiscard]] ServedPair make_served_pair(std::string connection);

/// A socket that listens on 127.0.0.1 at a port that the kernel picks.
struct Listener {
    client::UniqueHandle socket;
    std::uint16_t port = 0;

    [[nodiscard]] std::string url() const;
};
[[nodiscard]] Result<Listener> listen_on_loopback();

/// Sends a form to the daemon's token endpoint. Thread-safe.
using AskDaemon = std::function<client::Result<client::Response>(std::string_view form)>;

/// The answer to one whole request, as bytes; `wrong_pair` is called where a pair was presented that is none of
/// `pairs`.
class ServedRequest;
[[nodiscard]] client::WipedText served_answer(const ServedRequest& request, const std::vector<ServedPair>& pairs,
                                              const AskDaemon& ask, const std::function<void()>& wrong_pair);

/// Serves for ever, each session in a thread of its own. Who presents a wrong pair waits a second for the answer.
[[noreturn]] void serve(const Listener& listener, const std::vector<ServedPair>& pairs, const AskDaemon& ask);

}  // namespace jeton::cli
