#include "daemon/front/http/session.hpp"

#include <array>
#include <exception>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "daemon/base/log.hpp"
#include "daemon/front/http/request_reader.hpp"

namespace jeton::front {
namespace {

/// How long, and how much, an ended session listens on, so that a caller in the middle of sending reads its refusal.
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes = 256UZ * 1024;

/// What is there already, at once; then the caller reads an end, not a reset.
void discard_input(int socket) {
    std::array<char, 4096> nowhere;
    for (std::size_t total = 0; total < linger_bytes;) {
        const auto count = ::recv(socket, nowhere.data(), nowhere.size(), MSG_DONTWAIT);
        if (count <= 0) break;
        total += static_cast<std::size_t>(count);
    }
    explicit_bzero(nowhere.data(), nowhere.size());
}

}  // namespace

Session::Session(Server& server, StreamSocket socket, std::unique_ptr<Responder> responder)
    : server_(server),
      book_(server.book_),
      socket_(std::move(socket)),
      responder_(std::move(responder)),
      caller_(responder_->caller()),
      stranger_(responder_->is_stranger()),
      admitted_(book_->enter(*this, caller_, stranger_)) {
    enter(Phase::idle);
}

Session::~Session() {
    if (admitted_) book_->leave(*this, caller_, stranger_);
}

void Session::enter(Phase phase) {
    const auto& limits = server_.limits_;
    const auto now = std::chrono::steady_clock::now();
    phase_ = phase;
    switch (phase) {
        case Phase::idle: deadline_ = now + limits.idle_time; break;
        case Phase::reading_head: deadline_ = now + limits.header_time; break;
        case Phase::reading_body: deadline_ = now + limits.body_time; break;
        case Phase::answering: deadline_ = std::chrono::steady_clock::time_point::max(); break;
        case Phase::writing: deadline_ = now + limits.write_time; break;
        case Phase::lingering: deadline_ = now + linger_time; break;
    }
}

void Session::check_deadline(std::chrono::steady_clock::time_point now) {
    if (now < deadline_) return;
    boost::system::error_code ignored;
    timed_out_ = true;
    if (phase_ == Phase::writing || phase_ == Phase::lingering) {
        socket_.close(ignored);
    } else {
        socket_.cancel(ignored);
    }
}

/// What the caller has sent is read and answered. From here on it cannot send any more: a request is answered, or was
/// not taken, and the caller knows which.
void Session::end_if_idle() {
    boost::system::error_code ec;
    if (phase_ != Phase::idle || (socket_.available(ec) > 0 && !ec)) return;
    socket_.shutdown(StreamSocket::shutdown_receive, ec);
}

std::optional<Refusal> Session::read_ended() const {
    if (phase_ == Phase::idle) return std::nullopt;
    if (timed_out_) return Refusal{408, "the request took too long to arrive"};
    return Refusal{400, "the request ended before it was whole"};
}

/// Reads one request. False: there is none to answer, but perhaps a refusal.
Task<bool> Session::read(RequestReader& reader, std::optional<Refusal>& refusal) {
    using State = RequestReader::State;
    if (!input_.view().empty()) enter(Phase::reading_head);
    for (;;) {
        auto state = reader.advance(input_.view());
        if (state == State::head_done) {
            refusal = responder_->admit();
            if (refusal) co_return false;
            state = reader.advance(input_.view());
            if (state == State::body_incomplete) enter(Phase::reading_body);
        }
        if (state == State::complete) co_return true;
        if (state == State::refused) {
            refusal = reader.refusal();
            co_return false;
        }
        if (server_.stopping() && !newcomer_) end_if_idle();
        input_.make_room();
        boost::system::error_code ec;
        const auto room = asio::buffer(input_.room(), input_.room_size());
        const auto count = co_await socket_.async_read_some(room, asio::redirect_error(use_task, ec));
        input_.commit(count);
        if (ec || timed_out_) {
            refusal = read_ended();
            co_return false;
        }
        if (phase_ == Phase::idle) enter(Phase::reading_head);
    }
}

Task<Session::Next> Session::serve_one() {
    arena_.reset();
    RequestReader reader{&arena_, server_.limits_};
    std::optional<Refusal> refusal;
    const bool whole = co_await read(reader, refusal);
    if (!whole && !refusal) co_return Next::close;

    std::optional<Response> response;
    if (whole) {
        response = responder_->answer_now(reader.request());
        if (!response) {
            enter(Phase::answering);
            try {
                auto answered = co_await responder_->answer(reader.request());
                response = std::move(answered);
            } catch (const std::exception& fault) {
                log::error("a request failed: {}", fault.what());
                refusal = Refusal{500, "this request met an error of the daemon, which is in its log"};
            }
        }
    }
    if (!response) response = responder_->refuse(*refusal);
    if (reader.is_head()) response = without_body(*response);
    const bool last = refusal || !reader.keep_alive() || server_.stopping();
    if (last) response = with_close(*response);
    responder_->answered(status_in(*response));

    newcomer_ = false;
    enter(Phase::writing);
    boost::system::error_code ec;
    const auto bytes = asio::buffer(*response->bytes);
    co_await asio::async_write(socket_, bytes, asio::redirect_error(use_task, ec));
    if (ec) co_return Next::close;
    if (last) co_return Next::linger;
    input_.consume(reader.size());
    enter(Phase::idle);
    co_return Next::keep;
}

/// To close a Unix socket with bytes in it that nobody read is to reset it: the caller would see an error in place of
/// the end, or, still sending, of the answer.
Task<void> Session::linger() {
    enter(Phase::lingering);
    boost::system::error_code ec;
    socket_.shutdown(StreamSocket::shutdown_send, ec);
    std::array<char, 4096> nowhere;
    const auto room = asio::buffer(nowhere);
    for (std::size_t total = 0; !ec && total < linger_bytes;) {
        total += co_await socket_.async_read_some(room, asio::redirect_error(use_task, ec));
    }
    explicit_bzero(nowhere.data(), nowhere.size());
}

Task<void> Session::run(std::shared_ptr<Session> session) {
    auto next = Next::keep;
    if (!session->admitted_) {
        const Refusal refusal{429, "too many sessions are open: close some, or use one for several requests", 1};
        const auto response = with_close(session->responder_->refuse(refusal));
        session->responder_->answered(refusal.status);
        // One attempt, no wait: those who are too many get no memory for it.
        const int socket = session->socket_.native_handle();
        (void)::send(socket, response.bytes->data(), response.bytes->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        discard_input(socket);
        co_return;
    }
    while (next == Next::keep) next = co_await session->serve_one();
    if (next == Next::linger) co_await session->linger();
}

}  // namespace jeton::front
