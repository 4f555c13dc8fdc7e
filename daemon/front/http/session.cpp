#include "daemon/front/http/session.hpp"

#include <array>
#include <cerrno>
#include <exception>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "daemon/base/error.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/seldom.hpp"

namespace jeton::front {
namespace {

/// How long, and how much, an ended session listens on, so that a caller in the middle of sending reads its refusal.
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes = 256UZ * 1024;

constexpr int answers_in_turn = 16;  ///< to requests that were sent together; then other sessions get their turn

/// Nothing to read, or no room to write, as yet.
bool means_later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

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

Session::Session(Server& server, UniqueFd socket, std::unique_ptr<Responder> responder)
    : server_(server),
      book_(server.book_),
      socket_(server.watch_, std::move(socket)),
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
    // The first of these sweeps may be about to come: only behind the last of them that many seconds have passed.
    const auto sweeps = [&](std::chrono::seconds time) {
        return server_.sweeps_ + static_cast<std::uint64_t>(time.count());
    };
    phase_ = phase;
    timed_out_ = false;  // who was told so is still written to and listened to
    switch (phase) {
        case Phase::idle: last_sweep_ = sweeps(limits.idle_time); break;
        case Phase::reading_head: last_sweep_ = sweeps(limits.header_time); break;
        case Phase::reading_body: last_sweep_ = sweeps(limits.body_time); break;
        case Phase::answering: last_sweep_ = ~std::uint64_t{0}; break;
        case Phase::writing: last_sweep_ = sweeps(limits.write_time); break;
        case Phase::lingering: last_sweep_ = sweeps(linger_time); break;
    }
}

void Session::check_deadline() {
    if (server_.sweeps_ <= last_sweep_) return;
    timed_out_ = true;
    socket_.wake();
}

/// What the caller has sent is read and answered. From here on it cannot send any more: a request is answered, or was
/// not taken, and the caller knows which.
void Session::end_if_idle() {
    int unread = 0;
    if (phase_ != Phase::idle || (::ioctl(socket_.get(), FIONREAD, &unread) == 0 && unread > 0)) return;
    ::shutdown(socket_.get(), SHUT_RD);
}

Refusal Session::read_ended() const {
    if (timed_out_) return Refusal{408, "the request took too long to arrive"};
    return Refusal{400, "the request ended before it was whole"};
}

bool Session::read(RequestReader& reader) {
    using State = RequestReader::State;
    auto state = reader.advance(input_.view());
    if (state == State::head_done) {
        if (auto refusal = responder_->admit()) {
            reader.refuse(*std::move(refusal));
            return true;
        }
        state = reader.advance(input_.view());
        if (state == State::body_incomplete) enter(Phase::reading_body);
    }
    return state == State::complete || state == State::refused;
}

Task<void> Session::read_rest(RequestReader& reader) {
    do {
        input_.make_room();
        co_await socket_.readable();
        if (!receive() || timed_out_) {
            reader.refuse(read_ended());
            co_return;
        }
    } while (!read(reader));
}

bool Session::receive() {
    const auto count = ::recv(socket_.get(), input_.room(), input_.room_size(), MSG_DONTWAIT);
    if (count > 0) input_.commit(static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && means_later(errno));
}

/// By the bytes alone. All that ends a session, or is no request at all, is read in the ordinary way.
std::optional<Session::Answered> Session::answer_repeated() {
    if (server_.stopping()) return std::nullopt;
    const auto input = input_.view();
    auto repeated = responder_->answer_repeated(input);
    if (!repeated) return std::nullopt;
    return Answered{*std::move(repeated), input.size(), false};
}

std::optional<Session::Answered> Session::answer_at_once(const RequestReader& reader) {
    if (const auto& refusal = reader.refusal()) return finish(reader, responder_->refuse(*refusal), true);
    auto response = responder_->answer_now(reader.request());
    if (!response) return std::nullopt;
    return finish(reader, *std::move(response), false);
}

Task<Session::Answered> Session::answer_later(const RequestReader& reader) {
    enter(Phase::answering);
    Refusal refusal{500, "this request met an error of the daemon, which is in its log"};
    try {
        auto response = co_await responder_->answer(reader.request());
        co_return finish(reader, std::move(response), false);
    } catch (const Late& late) {
        log::seldom_warning(fmt::format("a request is refused: {}", late.what()));
        refusal = {503, late.what(), Late::retry_after, "try again; whether it answers: getent passwd"};
    } catch (const std::exception& fault) {
        log::error("a request failed: {}", fault.what());
    }
    co_return finish(reader, responder_->refuse(refusal), true);
}

Session::Answered Session::finish(const RequestReader& reader, Response response, bool refused) const {
    if (reader.is_head()) response = without_body(response);
    const bool last = refused || !reader.keep_alive() || server_.stopping();
    if (last) response = with_close(response);
    return {std::move(response), reader.size(), last};
}

/// Nearly always the socket takes everything at once: then this is a system call, and no turn of the event loop.
std::size_t Session::write_at_once(std::string_view bytes) {
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return count < 0 ? 0 : static_cast<std::size_t>(count);  // an error will be met again by whoever writes the rest
}

Task<bool> Session::write_rest(std::string_view rest) {
    enter(Phase::writing);
    while (!rest.empty() && !timed_out_) {
        co_await socket_.writable();
        const auto count = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && !means_later(errno)) co_return false;
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
    }
    const bool all_sent = rest.empty();
    co_return all_sent;
}

Task<void> Session::serve() {
    // Whoever has just connected has asked by now, nearly always; whoever has just been answered has not.
    bool wait = false;
    for (int answered_in_turn = 0;;) {
        if (input_.view().empty()) {
            if (server_.stopping() && !newcomer_) end_if_idle();
            if (std::exchange(wait, true)) co_await socket_.readable();
            if (!receive() || timed_out_) co_return;
            if (input_.view().empty()) continue;
            answered_in_turn = 0;
        } else if (++answered_in_turn >= answers_in_turn) {
            co_await asio::post(server_.context_.get_executor(), use_task);
            answered_in_turn = 0;
        }

        auto answered = answer_repeated();
        if (!answered) {
            RequestReader reader{server_.limits_};
            enter(Phase::reading_head);
            if (!read(reader)) co_await read_rest(reader);
            answered = answer_at_once(reader);
            if (!answered) {
                auto later = co_await answer_later(reader);
                answered = std::move(later);
            }
        }
        newcomer_ = false;
        // Before its answer goes out: a caller that has it, or is slow to take it, leaves no secret here.
        input_.consume(answered->last ? input_.view().size() : answered->size);
        responder_->answered(status_in(answered->response));
        const auto& bytes = *answered->response.bytes;
        if (const auto written = write_at_once(bytes); written < bytes.size()) {
            const bool whole = co_await write_rest(std::string_view{bytes}.substr(written));
            if (!whole) co_return;
        }
        if (answered->last) break;
        enter(Phase::idle);
    }
    co_await linger();
}

/// To close a Unix socket with bytes in it that nobody read is to reset it: the caller would see an error in place of
/// the end, or, still sending, of the answer.
Task<void> Session::linger() {
    enter(Phase::lingering);
    ::shutdown(socket_.get(), SHUT_WR);
    std::array<char, 4096> nowhere;
    for (std::size_t total = 0; total < linger_bytes;) {
        co_await socket_.readable();
        const auto count = ::recv(socket_.get(), nowhere.data(), nowhere.size(), MSG_DONTWAIT);
        if (timed_out_ || count == 0 || (count < 0 && !means_later(errno))) break;
        if (count > 0) total += static_cast<std::size_t>(count);
    }
    explicit_bzero(nowhere.data(), nowhere.size());
}

Task<void> Session::run(std::shared_ptr<Session> session) {
    if (!session->admitted_) {
        const Refusal refusal{429, "too many sessions are open: close some, or use one for several requests", 1};
        const auto response = with_close(session->responder_->refuse(refusal));
        session->responder_->answered(refusal.status);
        // One attempt, no wait: those who are too many get no memory for it.
        const int socket = session->socket_.get();
        (void)::send(socket, response.bytes->data(), response.bytes->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        discard_input(socket);
        co_return;
    }
    co_await session->serve();
}

}  // namespace jeton::front
