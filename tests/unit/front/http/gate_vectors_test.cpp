/// Threat T17: requests that a lenient parser lets through in part. Each gets exactly one answer, then the end.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/front/http/gate.hpp"
#include "daemon/front/http/request_reader.hpp"
#include "daemon/front/http/server.hpp"
#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

class Parrot final : public Responder {
public:
    [[nodiscard]] std::uint64_t caller() const override { return 1; }
    [[nodiscard]] std::optional<Refusal> admit() override { return std::nullopt; }
    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        return json_response(200, "body=" + std::string{request.body});
    }
    [[nodiscard]] Task<Response> answer(const Request&) override { co_return Response{}; }
    [[nodiscard]] Response refuse(const Refusal& refusal) const override {
        return json_response(refusal.status, refusal.what);
    }
};

struct Vector {
    const char* name;
    std::string bytes;
    std::vector<int> expected;
};

std::string post(const std::string& fields, const std::string& body = "abcde") {
    return "POST /token HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

const std::string nul(1, '\0');

std::string many_fields() {
    std::string fields;
    for (int i = 0; i < 500; ++i) fields += "a: b\r\n";
    return fields;
}

const std::vector<Vector> vectors{
    {"plain", post("Content-Length: 5\r\n"), {200}},
    {"CL+TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {501}},
    {"TE+CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), {400}},
    {"two CL differ", post("Content-Length: 5\r\nContent-Length: 6\r\n"), {400}},
    {"two CL same", post("Content-Length: 5\r\nContent-Length: 5\r\n"), {400}},
    {"CL list 5, 5", post("Content-Length: 5, 5\r\n"), {400}},
    {"CL +5", post("Content-Length: +5\r\n"), {400}},
    {"CL -1", post("Content-Length: -1\r\n"), {400}},
    {"CL 2^64", post("Content-Length: 18446744073709551616\r\n"), {400}},
    {"CL 0x5", post("Content-Length: 0x5\r\n"), {400}},
    {"CL with space before colon", post("Content-Length : 5\r\n"), {400}},
    {"TE: chunked, identity", post("Transfer-Encoding: chunked, identity\r\n"), {501}},
    {"TE: xchunked", post("Transfer-Encoding: xchunked\r\n"), {501}},
    {"TE twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {501}},
    {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", {505}},
    {"chunk size overflow", post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"), {501}},
    {"chunk -1", post("Transfer-Encoding: chunked\r\n", "-1\r\n"), {501}},
    {"chunk ext", post("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n0\r\n\r\n"), {501}},
    {"bare LF", "POST / HTTP/1.1\nHost: a\nContent-Length: 5\n\nabcde", {400}},
    {"obs-fold", get("X: a\r\n b\r\n"), {400}},
    {"NUL in value", get("X: a" + nul + "b\r\n"), {400}},
    {"CR in value", get("X: a\rb\r\n"), {400}},
    {"high byte value", get("X: a\xff\r\n"), {200}},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", {400}},
    {"two Host", get("Host: b\r\n"), {400}},
    {"NUL in target", "GET /" + nul + " HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"tab in target", "GET /\ta HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"high in target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"quote in target", "GET /a?b=\" HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"angle bracket in target", "GET /<a> HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"brace in target", "GET /{a} HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"authority-form", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"absolute-form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"HTTP/0.9", "GET /\r\n", {400}},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", {505}},
    {"two Authorization", get("Authorization: Basic YTpi\r\nAuthorization: Basic YTpj\r\n"), {400}},
    {"9k header", get("X: " + std::string(9000, 'a') + "\r\n"), {431}},
    {"500 small headers", get(many_fields()), {200}},
    {"body over limit", post("Content-Length: 65537\r\n", "x"), {413}},
    {"Expect: 100", post("Content-Length: 5\r\nExpect: 100-continue\r\n"), {400}},
    {"Upgrade h2c", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"), {400}},
    {"leading CRLF", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
    {"pipelined second", post("Content-Length: 5\r\n") + get(""), {200, 200}},
};

const ResponderFactory parrots = [](const Arrival&) { return std::make_unique<Parrot>(); };

/// All at once, or a byte at a time: the answer is the same.
std::vector<int> answers_to(const std::string& bytes, bool drip) {
    Loop loop;
    Server server{loop.context(), Limits{}};
    auto [ours, theirs] = socket_pair();
    server.serve(std::move(theirs), parrots);
    loop.start();
    if (drip) {
        for (const char c : bytes) write_all(ours.get(), {&c, 1});
    }
    const auto said = exchange(ours.get(), drip ? "" : bytes);
    loop.stop();
    return statuses(said);
}

/// What the first request gets whose first read ended behind `first` bytes, and whose second brought the rest.
int status_when_split(std::string_view bytes, std::size_t first) {
    using State = RequestReader::State;
    RequestReader reader{Limits{}};
    for (const auto arrived : {first, bytes.size()}) {
        const auto input = bytes.substr(0, arrived);
        auto state = reader.advance(input);
        if (state == State::head_done) state = reader.advance(input);
        if (state == State::refused) return reader.refusal()->status;
        if (state == State::complete) return 200;
    }
    return 400;  // not whole
}

}  // namespace

TEST_CASE("T17: each of the 44 requests gets exactly one answer, then the end") {
    REQUIRE(vectors.size() == 44);
    for (const auto& vector : vectors) {
        INFO(std::string{vector.name});
        CHECK(answers_to(vector.bytes, false) == vector.expected);
        CHECK(answers_to(vector.bytes, true) == vector.expected);
    }
}

TEST_CASE("T17: wherever the first read ends, the answer is the same") {
    for (const auto& vector : vectors) {
        INFO(std::string{vector.name});
        for (std::size_t first = 1; first < vector.bytes.size(); ++first) {
            INFO(first);
            REQUIRE(status_when_split(vector.bytes, first) == vector.expected.front());
        }
    }
}

TEST_CASE("T17: another version is one only where nothing else spoils the first line, wherever the first read ends") {
    for (const std::string line :
         {"POST / HTTP/1.1\nHost / HTTP/2.0", "POST / HTTP/1.1 HTTP/2.0", "POST / HTTP/1.1\rHTTP/2.0",
          "POST / HTTP/1.1\r HTTP/2.0", "POST / HTTP/1.1\n HTTP/2.0", "POST / HTTP/3.0 HTTP/2.0"}) {
        INFO(line);
        const auto bytes = line + "\r\nHost: a\r\n\r\n";
        for (std::size_t first = 1; first <= bytes.size(); ++first) {
            INFO(first);
            REQUIRE(status_when_split(bytes, first) == 400);
        }
    }
}

TEST_CASE("T17: a head that has ended is judged, though its version is too short to be one") {
    for (const std::string head : {"GET / \r\n\r\n", "GET / H1\r\n\r\n", "GET / \r\nB\r\n\r\n"}) {
        for (const char* more : {"", "a", "abcdefgh"}) {
            const auto bytes = head + more;
            INFO(bytes);
            for (std::size_t first = 1; first <= bytes.size(); ++first) {
                INFO(first);
                RequestReader reader{Limits{}};
                auto state = reader.advance(std::string_view{bytes}.substr(0, first));
                if (first < head.size()) {
                    REQUIRE(state == RequestReader::State::head_incomplete);
                    state = reader.advance(bytes);
                }
                REQUIRE(state == RequestReader::State::refused);
                CHECK(reader.refusal()->status == 400);
            }
        }
    }
}

TEST_CASE("T17: a first line that has ended does not stop behind its version") {
    CHECK(stops_behind_version("GET / HTTP/2.0"));
    CHECK(stops_behind_version("GET / HTTP/2.0\r"));
    for (const char* more : {"GET / HTTP/2.0\nX: HTTP/2.0", "GET / HTTP/2.0\rX: HTTP/2.0", "GET / HTTP/2.0\n"}) {
        INFO(std::string{more});
        CHECK_FALSE(stops_behind_version(more));
    }
}

TEST_CASE("T17: what a browser or a proxy adds is refused with 403") {
    for (const char* field :
         {"Origin: http://x", "Sec-Fetch-Site: none", "Forwarded: for=1", "X-Forwarded-For: 1", "Via: 1.1 p"}) {
        INFO(std::string{field});
        CHECK(answers_to(get(std::string{field} + "\r\n"), false) == std::vector{403});
    }
    CHECK(answers_to(get("Sec-Fetch-Mode: cors\r\n"), false) == std::vector{200});
}

}  // namespace jeton::front::test
