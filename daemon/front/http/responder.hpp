/// The side of a session that this folder does not know: who is calling, and what is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/front/http/message.hpp"
#include "daemon/front/http/task.hpp"

namespace jeton::front {

/// Answers the requests of one session, one after the other. Used by the I/O thread only.
class Responder {
public:
    virtual ~Responder() = default;
    /// By what sessions are counted.
    [[nodiscard]] virtual std::uint64_t caller() const = 0;
    /// Whether this caller has nothing to do here as far as is known: such callers share one pool of sessions (T18).
    [[nodiscard]] virtual bool is_stranger() const { return false; }
    /// Asked when the head of a request has been read, before its body is. A refusal ends the session.
    [[nodiscard]] virtual std::optional<Refusal> admit() = 0;
    /// An answer that is at hand; tried first, costs no coroutine.
    [[nodiscard]] virtual std::optional<Response> answer_now(const Request& request) = 0;
    /// Tried before a request is even read. `input`: what has come. Where that is an earlier request, whole and alone,
    /// and the answer to that still holds, it is this one's, too.
    [[nodiscard]] virtual std::optional<Response> answer_repeated(std::string_view /*input*/) { return std::nullopt; }
    /// The answer, after asking whomever it takes. `request` stays valid until it is there.
    [[nodiscard]] virtual Task<Response> answer(const Request& request) = 0;
    /// An answer with this status is on its way to the caller.
    virtual void answered(int /*status*/) {}
    /// The form in which a refusal is told.
    [[nodiscard]] virtual Response refuse(const Refusal& refusal) const = 0;
};

/// A connection that was accepted.
struct Arrival {
    int socket;  ///< outlives the responder
    /// When nobody was waiting to be accepted: it was connected later than that.
    BootTime connected_after = BootTime::min();
};

/// Called once for each accepted connection.
using ResponderFactory = std::function<std::unique_ptr<Responder>(const Arrival& arrival)>;

}  // namespace jeton::front
