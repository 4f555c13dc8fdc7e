/// One connection: reads requests, has them answered in order, writes the answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/front/http/input_buffer.hpp"
#include "daemon/front/http/request_reader.hpp"
#include "daemon/front/http/responder.hpp"
#include "daemon/front/http/server.hpp"
#include "daemon/front/http/watch.hpp"

namespace jeton::front {

class Session {
public:
    Session(Server& server, UniqueFd socket, std::unique_ptr<Responder> responder);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// Serves until either side ends. `session` keeps itself alive.
    static Task<void> run(std::shared_ptr<Session> session);

    /// Called by each sweep: ends what has taken too long.
    void check_deadline();
    /// Ends the session where nothing has been asked, nor is about to be read.
    void end_if_idle();
    /// Nobody serves it any more: ends where it waits for its caller.
    void abandon() { socket_.abandon(); }
    /// Nothing has been answered in it.
    [[nodiscard]] bool is_newcomer() const { return newcomer_; }

private:
    enum class Phase { idle, reading_head, reading_body, answering, writing, lingering };
    struct Answered {
        Response response;
        std::size_t size;  ///< bytes of the request
        bool last;         ///< the session ends with it
    };

    Task<void> serve();
    [[nodiscard]] std::optional<Answered> answer_repeated();
    /// Reads what has come of a request. False where more of it must come.
    [[nodiscard]] bool read(RequestReader& reader);
    Task<void> read_rest(RequestReader& reader);
    [[nodiscard]] std::optional<Answered> answer_at_once(const RequestReader& reader);
    Task<Answered> answer_later(const RequestReader& reader);
    [[nodiscard]] Answered finish(const RequestReader& reader, Response response, bool refused) const;
    /// Takes what has come. False at the end.
    [[nodiscard]] bool receive();
    [[nodiscard]] std::size_t write_at_once(std::string_view bytes);
    /// False where the caller cannot be reached any more, or takes too long.
    Task<bool> write_rest(std::string_view rest);
    Task<void> linger();
    void enter(Phase phase);
    /// What a read that brought nothing means.
    [[nodiscard]] Refusal read_ended() const;

    Server& server_;
    std::shared_ptr<SessionBook> book_;
    WatchedSocket socket_;
    std::unique_ptr<Responder> responder_;
    InputBuffer input_;
    Phase phase_ = Phase::idle;
    std::uint64_t last_sweep_ = 0;  ///< that lets this phase go on
    std::uint64_t caller_;
    bool stranger_;
    bool admitted_;  ///< counted among the sessions
    bool newcomer_ = true;
    bool timed_out_ = false;
};

}  // namespace jeton::front
