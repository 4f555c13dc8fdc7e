/// What went wrong between a client and the daemon: what happened and what to do next. Never holds a secret.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace jeton::client {

enum class Fault {
    unreachable,  ///< nobody listens, the deadline passed
    forbidden,    ///< no permission for the directory or the socket
    untrusted,    ///< directory or server is not the one it must be; no byte was sent
    bad_answer,   ///< what came back is no HTTP answer that we accept
    ambiguous,    ///< two daemons run and nobody said which one is meant
    system,       ///< the operating system gives this process no descriptor, or no memory for one
    bad_request,  ///< what was asked cannot be said to a daemon at all
};

struct Error {
    Fault fault;
    std::string what;  ///< what happened, for a person
    std::string next;  ///< what to do now
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> refuse(Fault fault, std::string what, std::string next) {
    return std::unexpected{Error{fault, std::move(what), std::move(next)}};
}

}  // namespace jeton::client
