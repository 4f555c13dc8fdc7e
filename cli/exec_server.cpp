#include "cli/exec_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <semaphore>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "cli/exec_request.hpp"
#include "cli/values.hpp"
#include "libclient/protocol/local_values.hpp"

namespace jeton::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto request_time = 5s;  ///< for all of a request
constexpr auto wrong_pair_time = 1s;
constexpr int retry_after = 5;

/// `count` characters of the alphabet, each uniform.
void append_random(client::WipedText& text, std::size_t count) {
    constexpr auto letters = protocol::local_alphabet;
    constexpr unsigned fair = 256 - 256 % letters.size();  // bytes from here on would favour some letters
    while (count > 0) {
        unsigned char byte = 0;
        if (::getrandom(&byte, 1, 0) != 1 || byte >= fair) continue;
        text.append(letters.substr(byte % letters.size(), 1));
        --count;
    }
}

client::WipedText make_value(const protocol::LocalShape& shape) {
    client::WipedText value;
    value.append(shape.head);
    append_random(value, shape.characters - protocol::local_checksum_size);
    const auto sum = protocol::local_checksum(value.view());
    value.append({sum.data(), sum.size()});
    return value;
}

std::string_view reason_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 405: return "Method Not Allowed";
        case 503: return "Service Unavailable";
        default: return "Answer";
    }
}

client::WipedText bytes_of(int status, std::string_view fields, std::string_view body) {
    client::WipedText bytes;
    bytes.append(
        fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                    "Cache-Control: no-store\r\nPragma: no-cache\r\nConnection: close\r\n",
                    status, reason_of(status), body.size()));
    bytes.append(fields);
    bytes.append("\r\n");
    bytes.append(body);
    return bytes;
}

/// In the characters of RFC 6749 §5.2.
client::WipedText refusal_bytes(int status, std::string_view error, std::string_view what, std::string_view fields) {
    std::string description{what};
    for (char& c : description) {
        if (c == '"') c = '\'';
        if (c == '\\') c = '/';
        if (c < ' ' || c > '~') c = '?';
    }
    return bytes_of(status, fields,
                    fmt::format("{{\"error\":\"{}\",\"error_description\":\"{}\"}}\n", error, description));
}

client::WipedText refusal_bytes(const ServedRefusal& refusal) {
    return refusal_bytes(refusal.status, refusal.error, refusal.what, refusal.fields);
}

/// The pair that was presented. All are compared, whichever it is.
const ServedPair* pair_of(const std::vector<ServedPair>& pairs, const ServedCredentials& presented) {
    const ServedPair* found = nullptr;
    for (const auto& pair : pairs) {
        const bool id = equal_in_constant_time(presented.client_id.view(), pair.client_id.view());
        const bool secret = equal_in_constant_time(presented.client_secret.view(), pair.client_secret.view());
        if (id && secret) found = &pair;
    }
    return found;
}

client::WipedText answer_of_daemon(const client::Response& response) {
    std::string fields;
    for (const auto& [name, shown] : {std::pair{"retry-after", "Retry-After"}, std::pair{"jeton-epoch", "Jeton-Epoch"},
                                      std::pair{"www-authenticate", "WWW-Authenticate"}}) {
        if (const auto value = response.header(name)) fields += fmt::format("{}: {}\r\n", shown, *value);
    }
    return bytes_of(response.status, fields, response.body.view());
}

bool wait_for(int socket, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        pollfd waiting{socket, events, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(left));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

/// False where the request did not come in time, or the other side left.
bool receive(int socket, ServedRequest& request) {
    const auto deadline = Clock::now() + request_time;
    std::array<char, 4096> buffer{};
    while (!request.done() && !request.refusal()) {
        if (!wait_for(socket, POLLIN, deadline)) return false;
        const auto got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return false;
        if (got > 0) request.feed({buffer.data(), static_cast<std::size_t>(got)});
    }
    ::explicit_bzero(buffer.data(), buffer.size());
    return true;
}

void send_all(int socket, std::string_view bytes) {
    const auto deadline = Clock::now() + request_time;
    while (!bytes.empty() && wait_for(socket, POLLOUT, deadline)) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR && errno != EAGAIN) return;
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// What the other side still sends is read, else the kernel would throw our answer away with it.
void close_gently(int socket) {
    ::shutdown(socket, SHUT_WR);
    const auto deadline = Clock::now() + 1s;
    std::array<char, 4096> rest{};
    while (wait_for(socket, POLLIN, deadline) && ::recv(socket, rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
    }
}

void serve_session(int socket, std::uint16_t port, const std::vector<ServedPair>& pairs, const AskDaemon& ask) {
    ServedRequest request{port};
    if (!receive(socket, request)) {
        send_all(socket, refusal_bytes(408, "invalid_request", "the request did not come in time", {}).view());
    } else {
        const auto answer = served_answer(request, pairs, ask, [] { std::this_thread::sleep_for(wrong_pair_time); });
        send_all(socket, answer.view());
    }
    close_gently(socket);
}

/// False, and `work` is gone with what it holds, where no thread is to be had (TasksMax=, RLIMIT_NPROC, memory).
template <class Work>
bool done_beside(Work work) {
    try {
        std::thread{std::move(work)}.detach();
    } catch (const std::exception&) {
        return false;
    }
    return true;
}

}  // namespace

ServedPair make_served_pair(std::string connection) {
    return {std::move(connection), make_value(protocol::client_id_shape), make_value(protocol::client_secret_shape)};
}

std::string Listener::url() const { return fmt::format("http://127.0.0.1:{}/connect/token", port); }

Result<Listener> listen_on_loopback() {
    Listener listener;
    listener.socket = client::UniqueHandle{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    if (!listener.socket || ::bind(listener.socket.get(), place, size) != 0 ||
        ::listen(listener.socket.get(), 128) != 0 || ::getsockname(listener.socket.get(), place, &size) != 0) {
        return refuse("no_loopback", fmt::format("127.0.0.1 cannot be listened on: {}", std::strerror(errno)),
                      "ip link set lo up, in this network namespace; or leave --serve out");
    }
    listener.port = ntohs(address.sin_port);
    return listener;
}

client::WipedText served_answer(const ServedRequest& request, const std::vector<ServedPair>& pairs,
                                const AskDaemon& ask, const std::function<void()>& wrong_pair) {
    if (request.refusal()) return refusal_bytes(*request.refusal());
    ServedCredentials presented;
    if (const auto refused = read_served_credentials(request.form(), request.authorization(), presented)) {
        return refusal_bytes(*refused);
    }
    const auto* pair = pair_of(pairs, presented);
    if (pair == nullptr) {
        wrong_pair();
        return refusal_bytes(presented.basic ? 401 : 400, "invalid_client",
                             "this is not the client ID and secret that jeton exec made for this command",
                             presented.basic ? "WWW-Authenticate: Basic realm=\"jeton exec\"\r\n" : "");
    }
    if (!presented.connection.empty() && presented.connection != pair->connection) {
        return refusal_bytes(400, "invalid_request", "the client ID belongs to another connection", {});
    }
    auto form = std::move(presented.form);
    if (presented.connection.empty()) {
        form.append(form.empty() ? "connection=" : "&connection=");
        form.append(percent_encoded(pair->connection));
    }
    const auto response = ask(form.view());
    if (response) return answer_of_daemon(*response);
    return refusal_bytes(503, "temporarily_unavailable", response.error().what + "; " + response.error().next,
                         fmt::format("Retry-After: {}\r\n", retry_after));
}

void serve(const Listener& listener, const std::vector<ServedPair>& pairs, const AskDaemon& ask) {
    static std::counting_semaphore<served_sessions> free_sessions{served_sessions};
    for (;;) {
        free_sessions.acquire();
        client::UniqueHandle socket{::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (socket && done_beside([socket = std::move(socket), port = listener.port, &pairs, &ask] {
                serve_session(socket.get(), port, pairs, ask);
                free_sessions.release();
            })) {
            continue;
        }
        free_sessions.release();
        std::this_thread::sleep_for(10ms);
    }
}

}  // namespace jeton::cli
