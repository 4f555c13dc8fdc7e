/// One connection: reads requests, has them answered in order, writes the answers.
#pragma once

#include <chrono>
#include <memory>

#include "daemon/front/http/arena.hpp"
#include "daemon/front/http/input_buffer.hpp"
#include "daemon/front/http/responder.hpp"
#include "daemon/front/http/server.hpp"

namespace jeton::front {

class RequestReader;

class Session {
public:
    Session(Server& server, StreamSocket socket, std::unique_ptr<Responder> responder);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// Serves until either side ends. `session` keeps itself alive.
    static Task<void> run(std::shared_ptr<Session> session);

    /// Called by the sweep each second: ends what has taken too long.
    void check_deadline(std::chrono::steady_clock::time_point now);
    /// Ends the session where nothing has been asked, nor is about to be read.
    void end_if_idle();
    /// Nothing has been answered in it.
    [[nodiscard]] bool is_newcomer() const { return newcomer_; }

private:
    enum class Phase { idle, reading_head, reading_body, answering, writing, lingering };
    enum class Next { keep, close, linger };

    Task<bool> read(RequestReader& reader, std::optional<Refusal>& refusal);
    Task<Next> serve_one();
    Task<void> linger();
    void enter(Phase phase);
    /// What a read that brought nothing means.
    std::optional<Refusal> read_ended() const;

    Server& server_;
    std::shared_ptr<SessionBook> book_;
    StreamSocket socket_;
    std::unique_ptr<Responder> responder_;
    InputBuffer input_;
    Arena arena_;
    Phase phase_ = Phase::idle;
    std::chrono::steady_clock::time_point deadline_;
    std::uint64_t caller_;
    bool stranger_;
    bool admitted_;  ///< counted among the sessions
    bool newcomer_ = true;
    bool timed_out_ = false;
};

}  // namespace jeton::front
