/// The process beside a command of `jeton exec`: keeps its token files fresh and serves its token URL, and ends with
/// it. docs/decisions/0026-exec.md says why it is a process of its own, and why the files are descriptors of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cli/exec_server.hpp"
#include "cli/failure.hpp"
#include "libclient/http/endpoint.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

inline constexpr std::size_t token_files_max = 64;  ///< of one command

/// A token that is kept fresh in a file.
struct KeptToken {
    std::string connection;
    client::WipedText token;    ///< the first one
    std::chrono::seconds left;  ///< of its life, when it was asked for
};

struct KeeperTask {
    client::Endpoint endpoint;
    std::vector<KeptToken> tokens;  ///< `token_files_max` at most
    std::vector<ServedPair> pairs;
    Listener listener;  ///< without a socket: nothing is served
};

/// The keeper that runs.
struct Keeper {
    pid_t pid;       ///< as /proc here names it
    int first_slot;  ///< descriptor of the first token

    /// Opens as a file that holds the token of that moment, whole, without a newline. There is no such file while there
    /// is no token to be had.
    [[nodiscard]] std::string token_file(std::size_t index) const;
};

/// Starts it. It watches the calling process, whatever program that becomes, and is gone when that is gone. It is no
/// child of it, has no stdin and no stdout, and is in a session of its own: signals of the terminal do not reach it.
[[nodiscard]] Result<Keeper> start_keeper(KeeperTask task);

}  // namespace jeton::cli
