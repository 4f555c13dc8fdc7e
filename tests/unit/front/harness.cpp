#include "tests/unit/front/harness.hpp"

#include <array>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>

namespace jeton::front::test {

std::pair<UniqueFd, UniqueFd> socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("socketpair");
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

void write_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string read_to_end(int socket) {
    std::string all;
    for (;;) {
        pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 5000) <= 0) return all + "[no end]";
        std::array<char, 4096> bytes;
        const auto count = ::recv(socket, bytes.data(), bytes.size(), 0);
        if (count <= 0) return all;
        all.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

std::string exchange(int socket, std::string_view bytes) {
    write_all(socket, bytes);
    ::shutdown(socket, SHUT_WR);
    return read_to_end(socket);
}

std::vector<int> statuses(std::string_view bytes) {
    constexpr std::string_view start = "HTTP/1.1 ";
    std::vector<int> found;
    for (auto at = bytes.find(start); at != std::string_view::npos; at = bytes.find(start, at + 1)) {
        const auto status = bytes.substr(at + start.size(), 3);
        if (status.front() >= '0' && status.front() <= '9') found.push_back(std::stoi(std::string{status}));
    }
    return found;
}

Loop::Loop() : work_(context_.get_executor()) {}

Loop::~Loop() { stop(); }

void Loop::start() {
    thread_ = std::thread{[this] { context_.run(); }};
}

void Loop::stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

Peer some_peer(uid_t uid) {
    return Peer{.uid = uid, .gid = uid, .pid = 4711, .foreign = false, .attested_at = HandClock{}.boot};
}

Task<Answer> ScriptedVault::ask(Question question) {
    Asked asked_now{std::string{question.verb}, std::string{question.socket}, json::serialize(question.body),
                    json::serialize(question.peer), question.patience};
    asked.push_back(asked_now);
    auto answer = script(asked_now);
    co_return answer;
}

Answer done(std::string_view json_text, Era era) {
    Answer answer;
    answer.era = std::move(era);
    answer.done = protocol::parse_strict(json_text).value();
    return answer;
}

Answer refused(Error error) {
    Answer answer;
    answer.era = {"inst", 1};
    answer.refused = std::move(error);
    return answer;
}

Response run(Task<Response> task) {
    asio::io_context context{1};
    auto result = asio::co_spawn(context.get_executor(), std::move(task), asio::use_future);
    context.run();
    return result.get();
}

std::string body_of(const Response& response) { return response.bytes->substr(response.bytes->find("\r\n\r\n") + 4); }

int status_of(const Response& response) { return statuses(*response.bytes).at(0); }

}  // namespace jeton::front::test
