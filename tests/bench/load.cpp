// Drives one server for a while and says how fast it was and what it cost.
//
// usage: load --socket PATH --request FILE [--protocol http|ssh|assuan] [--sessions N] [--connect] [--seconds S]
//             [--vary MARK] [--cpu-of PID,PID…]
//
//   --protocol   how the end of an answer is seen: http by Content-Length, ssh by its four bytes of length, assuan by
//                its line OK (whose server speaks first)
//   --sessions   so many at a time, each with one request under way (default 1)
//   --connect    a connection for each request instead of one that stays
//   --vary       where MARK stands in the request, a number of as many digits counts the requests
//   --cpu-of     the processes whose CPU time is the server's
//
// Prints one line of JSON. An answer that is not a success ends it with 1.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "measured.hpp"

namespace {

using bench::Clock;
using bench::fail;
using bench::Measured;
using bench::need;
using bench::Seconds;

enum class Protocol { http, ssh, assuan };

/// The bytes of a whole answer at the beginning of `got`; nothing: more is to come. Fails where it is no success.
std::optional<std::size_t> whole_http(std::string_view got) {
    const auto head = got.find("\r\n\r\n");
    if (head == std::string_view::npos) return std::nullopt;
    if (!got.starts_with("HTTP/1.1 200")) fail("the answer is " + std::string{got.substr(0, 600)});
    constexpr std::string_view name = "Content-Length: ";
    const auto field = got.find(name);
    if (field == std::string_view::npos || field > head) fail("the answer has no Content-Length");
    const auto size = head + 4 + std::strtoull(got.data() + field + name.size(), nullptr, 10);
    return got.size() < size ? std::nullopt : std::optional{size};
}

std::optional<std::size_t> whole_ssh(std::string_view got) {
    if (got.size() < 5) return std::nullopt;
    std::size_t size = 0;
    for (const char byte : got.substr(0, 4)) size = size << 8U | static_cast<unsigned char>(byte);
    constexpr char failure = 5;  // SSH_AGENT_FAILURE
    if (got[4] == failure) fail("ssh-agent refused");
    return got.size() < size + 4 ? std::nullopt : std::optional{size + 4};
}

std::optional<std::size_t> whole_assuan(std::string_view got) {
    for (std::size_t begin = 0;;) {
        const auto end = got.find('\n', begin);
        if (end == std::string_view::npos) return std::nullopt;
        const auto line = got.substr(begin, end - begin);
        if (line.starts_with("ERR")) fail("the answer is " + std::string{line});
        if (line == "OK" || line.starts_with("OK ")) return end + 1;
        begin = end + 1;
    }
}

struct Wanted {
    std::string socket;
    std::string request;
    std::optional<std::size_t> varies_at;
    std::size_t varies_digits = 0;
    Protocol protocol = Protocol::http;
    std::size_t sessions = 1;
    bool connect = false;
    Seconds seconds{0.4};
    std::vector<pid_t> server;
};

class Session {
public:
    Session(const Wanted& wanted, std::string& request) : wanted_(wanted), request_(request) {
        answer_.resize(256UZ * 1024);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { close(); }

    [[nodiscard]] int descriptor() const { return socket_; }
    [[nodiscard]] Clock::time_point asked_at() const { return asked_at_; }
    [[nodiscard]] std::size_t answer_bytes() const { return answer_bytes_; }  ///< of the last one

    void open() {
        asked_at_ = Clock::now();
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, wanted_.socket.data(), wanted_.socket.size());
        need(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
        if (wanted_.protocol == Protocol::assuan) {
            while (!receive()) {
            }
        }
    }
    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    /// Where the session stays, the time runs from here; else from `open`.
    void ask() {
        if (!wanted_.connect) asked_at_ = Clock::now();
        if (wanted_.varies_at) count_up();
        const auto sent = ::send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL);
        need(sent == static_cast<ssize_t>(request_.size()), "send");
    }
    /// Reads once. Whether the answer is whole.
    bool receive() {
        const auto count = ::recv(socket_, answer_.data() + got_, answer_.size() - got_, 0);
        if (count <= 0) fail("the server closed a session after " + std::to_string(got_) + " bytes of an answer");
        got_ += static_cast<std::size_t>(count);
        const auto size = whole({answer_.data(), got_});
        if (!size) return false;
        if (*size != got_) fail("more came than one answer");
        answer_bytes_ = *size;
        got_ = 0;
        return true;
    }

private:
    [[nodiscard]] std::optional<std::size_t> whole(std::string_view got) const {
        switch (wanted_.protocol) {
            case Protocol::http: return whole_http(got);
            case Protocol::ssh: return whole_ssh(got);
            case Protocol::assuan: return whole_assuan(got);
        }
        return std::nullopt;
    }
    void count_up() {
        for (std::size_t place = wanted_.varies_digits; place-- > 0;) {
            char& digit = request_[*wanted_.varies_at + place];
            if (digit++ != '9') return;
            digit = '0';
        }
    }

    const Wanted& wanted_;
    std::string& request_;  ///< shared by all, so that each request has another number
    int socket_ = -1;
    Clock::time_point asked_at_;
    std::string answer_;
    std::size_t got_ = 0;
    std::size_t answer_bytes_ = 0;
};

void exchange_one(Session& session, bool connect, Measured& measured) {
    if (connect) session.open();
    session.ask();
    while (!session.receive()) {
    }
    if (connect) session.close();
    measured.add(Clock::now() - session.asked_at());
}

/// One after the other, without waiting for several: what one program feels.
void drive_one(Session& session, const Wanted& wanted, Measured& measured, Clock::time_point until) {
    while (Clock::now() < until) exchange_one(session, wanted.connect, measured);
}

void drive_many(std::deque<Session>& sessions, int queue, const Wanted& wanted, Measured& measured,
                Clock::time_point until) {
    std::array<epoll_event, 256> events;
    std::size_t waiting = 0;
    const auto begin = [&](Session& session) {
        if (wanted.connect) {
            session.open();
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.ptr = &session;
            need(::epoll_ctl(queue, EPOLL_CTL_ADD, session.descriptor(), &event) == 0, "epoll_ctl");
        }
        session.ask();
        ++waiting;
    };
    for (auto& session : sessions) begin(session);
    while (waiting > 0) {
        const int ready = ::epoll_wait(queue, events.data(), static_cast<int>(events.size()), 10'000);
        if (ready == 0) fail("no answer within 10 s");
        for (int i = 0; i < ready; ++i) {
            auto& session = *static_cast<Session*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!session.receive()) continue;
            if (wanted.connect) session.close();
            const auto now = Clock::now();
            --waiting;
            measured.add(now - session.asked_at());
            if (now < until) begin(session);
        }
    }
}

Wanted read_arguments(int count, char** words) {
    Wanted wanted;
    std::string mark;
    const auto take = [&](int& i) -> std::string {
        if (i + 1 >= count) fail(std::string{words[i]} + " wants a value");
        return words[++i];
    };
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--connect") {
            wanted.connect = true;
        } else if (word == "--socket") {
            wanted.socket = take(i);
        } else if (word == "--request") {
            std::ifstream file{take(i), std::ios::binary};
            wanted.request.assign(std::istreambuf_iterator<char>{file}, {});
        } else if (word == "--protocol") {
            const auto name = take(i);
            wanted.protocol = name == "ssh" ? Protocol::ssh : name == "assuan" ? Protocol::assuan : Protocol::http;
        } else if (word == "--sessions") {
            wanted.sessions = std::stoul(take(i));
        } else if (word == "--seconds") {
            wanted.seconds = Seconds{std::stod(take(i))};
        } else if (word == "--vary") {
            mark = take(i);
        } else if (word == "--cpu-of") {
            wanted.server = bench::read_processes(take(i));
        } else {
            fail("what is " + word + "?");
        }
    }
    if (wanted.request.empty() || wanted.socket.empty() || wanted.sessions == 0) fail("--socket and --request");
    if (wanted.socket.size() >= sizeof(sockaddr_un::sun_path)) fail("the path of the socket is too long");
    if (!mark.empty()) {
        const auto at = wanted.request.find(mark);
        if (at == std::string::npos) fail("the request has no " + mark);
        wanted.request.replace(at, mark.size(), mark.size(), '0');
        wanted.varies_at = at;
        wanted.varies_digits = mark.size();
    }
    return wanted;
}

}  // namespace

int main(int count, char** words) {
    const auto wanted = read_arguments(count, words);
    std::string request = wanted.request;
    std::deque<Session> sessions;
    for (std::size_t i = 0; i < wanted.sessions; ++i) sessions.emplace_back(wanted, request);

    const int queue = ::epoll_create1(EPOLL_CLOEXEC);
    if (!wanted.connect) {
        for (auto& session : sessions) {
            session.open();
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.ptr = &session;
            need(::epoll_ctl(queue, EPOLL_CTL_ADD, session.descriptor(), &event) == 0, "epoll_ctl");
        }
    }
    Measured measured{wanted.server};
    const auto drive = [&](Seconds seconds) {
        const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(seconds);
        if (sessions.size() == 1) {
            drive_one(sessions.front(), wanted, measured, until);
        } else {
            drive_many(sessions, queue, wanted, measured, until);
        }
    };
    drive(Seconds{0.03});  // caches are warm, and whatever is made once has been made
    measured.start();
    drive(wanted.seconds);
    measured.print(wanted.request.size(), sessions.front().answer_bytes());
    return 0;
}
