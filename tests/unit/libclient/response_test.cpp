#include "libclient/http/response.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace std::literals;

namespace jeton::client {
namespace {

/// The whole answer in `bytes`, then the end of the stream; the reason if it was refused.
Result<Response> read(std::string_view bytes) {
    ResponseParser parser;
    if (auto fed = parser.feed(bytes); !fed) return std::unexpected{fed.error()};
    if (auto ended = parser.end_of_stream(); !ended) return std::unexpected{ended.error()};
    return parser.take();
}

std::string reason(std::string_view bytes) {
    const auto answer = read(bytes);
    return answer ? "accepted" : answer.error().what;
}

TEST_CASE("response: status, headers and a body of the given length are read") {
    const auto answer = read("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length:  2 \r\n\r\n{}");
    REQUIRE(answer);
    CHECK(answer->status == 201);
    CHECK(answer->header("content-type") == "application/json");
    CHECK_FALSE(answer->header("retry-after"));
    CHECK(answer->body.view() == "{}");
}

TEST_CASE("response: it may arrive byte by byte") {
    ResponseParser parser;
    const std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for (const char byte : bytes) {
        CHECK_FALSE(parser.done());
        REQUIRE(parser.feed({&byte, 1}));
    }
    CHECK(parser.done());
    CHECK(parser.take().body.view() == "hello");
}

TEST_CASE("response: without a length the body ends with the stream, if the daemon says that it closes") {
    const auto answer = read("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
    REQUIRE(answer);
    CHECK(answer->body.view() == "all of it");
    CHECK(reason("HTTP/1.1 200 OK\r\n\r\nall of it").contains("length is not given"));
}

TEST_CASE("response: an answer without a body is whole at its header") {
    CHECK(read("HTTP/1.1 204 No Content\r\n\r\n"));
    CHECK(read("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
}

TEST_CASE("response: what is not strictly HTTP/1.1 is refused") {
    CHECK(reason("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").contains("not HTTP/1.1"));
    CHECK(reason("SSH-2.0-OpenSSH\r\n\r\n").contains("not HTTP/1.1"));
    CHECK(reason("HTTP/1.1 100 Continue\r\n\r\n").contains("status"));
    CHECK(reason("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n").contains("status"));
    CHECK(reason("HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n").contains("not HTTP/1.1"));
    CHECK(reason("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").contains("chunks"));
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}").contains("two lengths"));
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}").contains("no number"));
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n{}").contains("no number"));
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n").contains("no number"));
    CHECK(reason("HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: 0\r\n\r\n").contains("strange character"));
    CHECK(reason("HTTP/1.1 200 OK\r\nnameless\r\nContent-Length: 0\r\n\r\n").contains("no name"));
    CHECK(reason("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"sv).contains("control"));
}

TEST_CASE("response: bytes behind its end and an early end are refused") {
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}x").contains("follow its end"));
    CHECK(reason("HTTP/1.1 204 No Content\r\n\r\nx").contains("follow its end"));
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}").contains("before its answer was whole"));
    CHECK(reason("HTTP/1.1 200 OK\r\nContent-").contains("before its answer was whole"));
    CHECK(reason("").contains("before its answer was whole"));
}

TEST_CASE("response: header and body are bounded") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    CHECK(reason(head + "X: " + std::string(response_head_limit, 'a')).contains("16 KiB"));
    std::string many = head;
    for (int line = 0; line < 65; ++line) many += "X: y\r\n";
    CHECK(reason(many + "\r\n").contains("64 header lines"));
    CHECK(reason(head + "Content-Length: 16777217\r\n\r\n").contains("16 MiB"));

    ResponseParser parser;
    REQUIRE(parser.feed(head + "Connection: close\r\n\r\n"));
    const std::string mebibyte(1024UZ * 1024UZ, 'x');
    for (int part = 0; part < 16; ++part) REQUIRE(parser.feed(mebibyte));
    CHECK_FALSE(parser.feed("x"));
    CHECK_FALSE(parser.end_of_stream());
}

}  // namespace
}  // namespace jeton::client
