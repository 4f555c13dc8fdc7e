/// A refusal is a value and tells the next step; a fault (disk, memory) is an exception.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/system/result.hpp>

#include "libclient/protocol/errors.hpp"

namespace jeton {

/// What a program branches on. The closed list and its spelling on the wire live in `libclient/protocol/errors.hpp`.
using protocol::Errc;

/// Why a request was not done. Never holds a secret, a key or a token.
struct Error {
    Errc code;                            ///< its name on the wire never changes
    std::string what;                     ///< what happened, for a person
    std::string next;                     ///< what to do now: a command to type or whom to ask
    std::optional<int> retry_after = {};  ///< seconds, only where waiting helps
    std::string operator_note = {};  ///< for audit and log only: the true reason where the caller gets a plain answer
    std::string connection = {};  ///< for audit alone: whose client it was, where the request itself does not name it
};

template <class T>
using Result = boost::system::result<T, Error>;

/// A refusal converts to any `Result` by itself: `return refuse(Errc::not_found, …)`.
[[nodiscard]] inline Error refuse(Errc code, std::string what, std::string next) {
    return Error{code, std::move(what), std::move(next)};
}

/// What a process beside this one does for it is late, and nobody else waits for that: whoever wanted it may ask again.
struct Late : std::runtime_error {
    using std::runtime_error::runtime_error;
    static constexpr int retry_after = 1;  ///< seconds
};

/// `Result<T>::value()` on a refusal is a programming error. (Found by its argument's namespace.)
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    throw std::logic_error("unexamined refusal: " + error.what + " (" + where.function_name() + ")");
}

}  // namespace jeton
