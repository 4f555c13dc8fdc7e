#include "daemon/front/http/session.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include "daemon/front/http/input_buffer.hpp"
#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

using namespace std::chrono_literals;

/// Answers after a while; refuses whom it is told to.
class Slow final : public Responder {
public:
    explicit Slow(asio::io_context& context) : context_(context) {}
    [[nodiscard]] std::uint64_t caller() const override { return 7; }
    [[nodiscard]] std::optional<Refusal> admit() override { return std::nullopt; }
    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        if (request.path == "/now") return json_response(200, "now");
        if (request.path == "/method") return json_response(200, request.method);
        if (request.path == "/mark") return json_response(200, request.field("X-Mark").value_or("none"));
        return std::nullopt;
    }
    [[nodiscard]] Task<Response> answer(const Request& request) override {
        if (request.path == "/fault") throw std::runtime_error("on purpose");
        if (request.path == "/late") throw Late("the name service is slow");
        Timer timer{context_, 30ms};
        co_await timer.async_wait(use_task);
        auto response = json_response(200, "later " + std::string{request.body});
        co_return response;
    }
    [[nodiscard]] Response refuse(const Refusal& refusal) const override {
        return json_response(refusal.status, refusal.what);
    }

private:
    asio::io_context& context_;
};

struct World {
    explicit World(Limits limits = {}) : server(loop.context(), limits) {}
    ~World() { loop.stop(); }

    UniqueFd connect() {
        auto [ours, theirs] = socket_pair();
        server.serve(std::move(theirs), [this](const Arrival&) { return std::make_unique<Slow>(loop.context()); });
        return std::move(ours);
    }

    Loop loop;
    Server server;
};

std::string ask(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("session: requests sent together are answered one after the other, in their order") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    const auto said = exchange(client.get(), ask("/later") + ask("/now") + ask("/later"));
    CHECK(statuses(said).size() == 3);
    CHECK(said.find("later") < said.find("\r\n\r\nnow"));
    CHECK(said.rfind("later") > said.find("\r\n\r\nnow"));
}

TEST_CASE("session: who would have to wait for something beside the daemon is told to try again") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    const auto said = exchange(client.get(), ask("/late"));
    CHECK(statuses(said) == std::vector{503});
    CHECK(said.ends_with("the name service is slow"));
}

TEST_CASE("session: a caller that cannot be served takes the door from nobody") {
    World world;
    auto [refused, theirs] = socket_pair();
    CHECK_NOTHROW(world.server.serve(std::move(theirs), [](const Arrival&) -> std::unique_ptr<Responder> {
        throw std::runtime_error("on purpose");
    }));
    const auto client = world.connect();
    world.loop.start();
    CHECK(read_to_end(refused.get()).empty());
    CHECK(statuses(exchange(client.get(), ask("/now"))) == std::vector{200});
}

TEST_CASE("session: a body of 64 KiB arrives whole") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    const std::string body(64UZ * 1024, 'x');
    const auto said =
        exchange(client.get(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + body + ask("/now"));
    CHECK(statuses(said) == std::vector{200, 200});
    CHECK(said.find("later " + body) != std::string::npos);
}

TEST_CASE("session: a head is what it was after a body has come for which the buffer had to grow") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    write_all(client.get(), "POST /mark HTTP/1.1\r\nHost: a\r\nX-Mark: here\r\nContent-Length: 60000\r\n\r\n");
    std::this_thread::sleep_for(20ms);
    const auto said = exchange(client.get(), std::string(60'000, 'x'));
    CHECK(statuses(said) == std::vector{200});
    CHECK(said.ends_with("here"));
}

TEST_CASE("session: who sends while a request is being answered is answered later, and wakes nobody meanwhile") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    write_all(client.get(), ask("/later"));
    std::this_thread::sleep_for(10ms);
    const auto said = exchange(client.get(), ask("/now") + ask("/later"));
    CHECK(statuses(said) == std::vector{200, 200, 200});
}

TEST_CASE("session: answers that their caller takes slowly arrive whole") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    const std::string body(60'000, 'y');
    const auto request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + body;
    std::thread asks{[&] {
        for (int i = 0; i < 10; ++i) write_all(client.get(), request);
        ::shutdown(client.get(), SHUT_WR);
    }};
    std::this_thread::sleep_for(500ms);  // ten answers are more than a socket holds
    const auto said = read_to_end(client.get());
    asks.join();
    CHECK(statuses(said) == std::vector<int>(10, 200));
    CHECK(said.ends_with("later " + body));
}

TEST_CASE("session: Connection: close is obeyed and said") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    write_all(client.get(), ask("/now", "Connection: close\r\n") + ask("/now"));
    const auto said = read_to_end(client.get());
    CHECK(statuses(said) == std::vector{200});
    CHECK(said.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("T17: Connection: close is obeyed in any case and in lists, and only as a word of its own") {
    for (const char* field : {"Connection: close", "connection: CLOSE", "Connection: keep-alive, Close",
                              "Connection: close , x", "Connection: x\r\nConnection:\tclose"}) {
        INFO(std::string{field});
        World world;
        const auto client = world.connect();
        world.loop.start();
        write_all(client.get(), ask("/now", std::string{field} + "\r\n") + ask("/now"));
        CHECK(statuses(read_to_end(client.get())) == std::vector{200});
    }
    for (const char* field : {"Connection: keep-alive", "Connection: closed", "X-Connection: close"}) {
        INFO(std::string{field});
        World world;
        const auto client = world.connect();
        world.loop.start();
        const auto said = exchange(client.get(), ask("/now", std::string{field} + "\r\n") + ask("/now"));
        CHECK(statuses(said) == std::vector{200, 200});
        CHECK(said.find("Connection: close") == std::string::npos);
    }
}

TEST_CASE("T17: the end after the last answer is an end, not a reset, whatever was sent behind the request") {
    for (const char* fields : {"Connection: close\r\n", "Content-Length: 99999\r\n"}) {  // the second is refused: 413
        World world;
        const auto client = world.connect();
        world.loop.start();
        write_all(client.get(), ask("/later", fields) + std::string(60'000, 'x'));
        std::this_thread::sleep_for(60ms);
        write_all(client.get(), "more");
        std::string said(4096, '\0');
        said.resize(static_cast<std::size_t>(::recv(client.get(), said.data(), said.size(), 0)));
        CHECK(statuses(said).size() == 1);
        char byte = 0;
        CHECK(::recv(client.get(), &byte, 1, 0) == 0);  // -1, ECONNRESET, where unread bytes were thrown away
    }
}

TEST_CASE("T17: HEAD is answered like GET, with the same fields and no body") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    auto head = ask("/method");
    head.replace(0, 3, "HEAD");
    const auto said = exchange(client.get(), head + ask("/now"));
    CHECK(statuses(said) == std::vector{200, 200});
    const auto body_of_head = said.substr(said.find("\r\n\r\n") + 4);
    CHECK(said.find("Content-Length: 3\r\n") < said.find("\r\n\r\n"));  // of "GET"
    CHECK(body_of_head.starts_with("HTTP/1.1 200"));
}

TEST_CASE("T17: a HEAD that is refused has no body either") {
    for (const char* head : {"HEAD /now HTTP/1.1\r\n\r\n", "HEAD \r\n\r\n", "HEAD /now HTTP/1.1\r\nHo"}) {
        INFO(std::string{head});
        World world;
        const auto client = world.connect();
        world.loop.start();
        const auto told = exchange(client.get(), head);
        CHECK(statuses(told) == std::vector{400});
        CHECK(told.ends_with("\r\n\r\n"));
    }
}

TEST_CASE("T17: a thousand requests sent together are answered in their order") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    std::string all = ask("/later");
    for (int i = 0; i < 999; ++i) all += ask(i % 2 == 0 ? "/now" : "/method");
    std::string said;
    std::thread reader{[&] { said = read_to_end(client.get()); }};
    write_all(client.get(), all);
    ::shutdown(client.get(), SHUT_WR);
    reader.join();
    CHECK(statuses(said) == std::vector(1000, 200));
    CHECK(said.find("later") < said.find("\r\n\r\nnow"));
    std::string order;
    for (auto at = said.find("\r\n\r\n"); at != std::string::npos; at = said.find("\r\n\r\n", at + 4))
        order += said.at(at + 4);
    std::string expected = "l";
    for (int i = 0; i < 999; ++i) expected += i % 2 == 0 ? 'n' : 'G';
    CHECK(order == expected);
}

TEST_CASE("session: a fault while answering is a 500 without its text, and the end") {
    World world;
    const auto client = world.connect();
    world.loop.start();
    const auto said = exchange(client.get(), ask("/fault"));
    CHECK(statuses(said) == std::vector{500});
    CHECK(said.find("on purpose") == std::string::npos);
}

TEST_CASE("T41: what a session has read is overwritten as soon as it is answered, also where more stands behind it") {
    InputBuffer input;
    const std::string secret = "client_secret=jcs.0123456789";
    const auto read = [&](std::string_view bytes) {
        input.make_room();
        std::ranges::copy(bytes, input.room());
        input.commit(bytes.size());
    };
    read(secret + "next");
    const char* place = input.view().data();
    input.consume(secret.size());
    CHECK(std::all_of(place, place + secret.size(), [](char c) { return c == '\0'; }));
    CHECK(input.view() == "next");
    input.consume(4);
    CHECK(std::all_of(place, place + secret.size() + 4, [](char c) { return c == '\0'; }));
}

TEST_CASE("T18: a head that does not end in time is answered 408, an idle session ends silently") {
    Limits limits;
    limits.header_time = limits.body_time = limits.idle_time = 1s;
    World world{limits};
    const auto half = world.connect();
    const auto half_body = world.connect();
    const auto idle = world.connect();
    world.loop.start();
    write_all(half.get(), "GET / HT");
    write_all(half_body.get(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    CHECK(statuses(read_to_end(half.get())) == std::vector{408});
    CHECK(statuses(read_to_end(half_body.get())) == std::vector{408});
    CHECK(read_to_end(idle.get()).empty());
}

TEST_CASE("T18: who is told that the time is over, and goes on sending, reads an end, not a reset") {
    Limits limits;
    limits.header_time = 1s;
    World world{limits};
    const auto client = world.connect();
    world.loop.start();
    write_all(client.get(), "GET / HT");
    std::string said(4096, '\0');
    said.resize(static_cast<std::size_t>(::recv(client.get(), said.data(), said.size(), 0)));
    CHECK(statuses(said) == std::vector{408});
    write_all(client.get(), std::string(60'000, 'x'));
    ::shutdown(client.get(), SHUT_WR);
    char byte = 0;
    CHECK(::recv(client.get(), &byte, 1, 0) == 0);  // -1, ECONNRESET, where unread bytes were thrown away
}

TEST_CASE("T19: sessions beyond a caller's share are answered 429, and room comes back") {
    Limits limits;
    limits.sessions_per_caller = 2;
    World world{limits};
    const auto first = world.connect();
    auto second = world.connect();
    const auto third = world.connect();
    world.loop.start();
    CHECK(statuses(read_to_end(third.get())) == std::vector{429});
    CHECK(statuses(exchange(second.get(), ask("/now"))) == std::vector{200});
    CHECK(statuses(exchange(first.get(), ask("/now"))) == std::vector{200});
}

TEST_CASE("server: stop ends idle sessions and lets running requests finish") {
    World world;
    const auto idle = world.connect();
    const auto running = world.connect();
    world.loop.start();
    CHECK(statuses(exchange(idle.get(), ask("/now"))) == std::vector{200});
    write_all(running.get(), ask("/later"));
    std::this_thread::sleep_for(10ms);
    asio::post(world.loop.context(), [&] { world.server.stop(); });
    CHECK(read_to_end(idle.get()).empty());
    const auto said = read_to_end(running.get());
    CHECK(statuses(said) == std::vector{200});
    CHECK(said.find("Connection: close") != std::string::npos);
}

TEST_CASE("server: who connected just before the stop is answered still, and sent away if it does not ask") {
    World world;
    const auto late = world.connect();
    const auto silent = world.connect();
    world.loop.start();
    asio::post(world.loop.context(), [&] { world.server.stop(); });
    std::this_thread::sleep_for(10ms);
    write_all(late.get(), ask("/now"));
    const auto said = read_to_end(late.get());
    CHECK(statuses(said) == std::vector{200});
    CHECK(said.find("Connection: close") != std::string::npos);
    asio::post(world.loop.context(), [&] { world.server.end_newcomers(); });
    CHECK(read_to_end(silent.get()).empty());
}

TEST_CASE("server: at the stop a request is answered, or cannot be sent any more") {
    World world;
    const auto asked = world.connect();
    const auto idle = world.connect();
    world.loop.start();
    for (const auto* session : {&asked, &idle}) {
        write_all(session->get(), ask("/now"));
        std::string said(4096, '\0');
        said.resize(static_cast<std::size_t>(::recv(session->get(), said.data(), said.size(), 0)));
        CHECK(statuses(said) == std::vector{200});
    }
    asio::post(world.loop.context(), [&] {
        write_all(asked.get(), ask("/now"));  // it lies in the socket, unread, when the server stops
        world.server.stop();
        CHECK(::send(idle.get(), "x", 1, MSG_NOSIGNAL) < 0);
    });
    CHECK(statuses(read_to_end(asked.get())) == std::vector{200});
    CHECK(read_to_end(idle.get()).empty());
}

}  // namespace jeton::front::test
