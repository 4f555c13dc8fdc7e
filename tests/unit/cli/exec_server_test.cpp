#include "cli/exec_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/exec_request.hpp"
#include "libclient/protocol/local_values.hpp"

namespace jeton::cli {
namespace {

constexpr std::uint16_t port = 4321;

/// One server with one pair, and what the daemon behind it was asked.
struct Served {
    std::vector<ServedPair> pairs = one_pair();
    std::vector<std::string> asked = {};
    int wrong = 0;

    static std::vector<ServedPair> one_pair() {
        std::vector<ServedPair> pairs;
        pairs.push_back(make_served_pair("a/1@e"));
        return pairs;
    }
    [[nodiscard]] std::string id() const { return std::string{pairs[0].client_id.view()}; }
    [[nodiscard]] std::string secret() const { return std::string{pairs[0].client_secret.view()}; }
    [[nodiscard]] std::string credentials() const { return "client_id=" + id() + "&client_secret=" + secret(); }

    std::string raw(std::string_view bytes, std::size_t piece = 7) {
        ServedRequest request{port};
        for (std::size_t at = 0; at < bytes.size(); at += piece) request.feed(bytes.substr(at, piece));
        if (!request.done() && !request.refusal()) return "unfinished";
        const AskDaemon ask = [this](std::string_view form) -> client::Result<client::Response> {
            asked.emplace_back(form);
            client::Response response;
            response.status = 200;
            response.headers = {{"jeton-epoch", "i 1 2"}, {"set-cookie", "x"}};
            response.body.append("{}");
            return response;
        };
        return std::string{served_answer(request, pairs, ask, [this] { ++wrong; }).view()};
    }
    std::string post(std::string_view form, std::string_view fields = {},
                     std::string_view first = "POST /connect/token HTTP/1.1",
                     std::string_view host = "127.0.0.1:4321") {
        return raw(
            fmt::format("{}\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n{}Content-Length: "
                        "{}\r\n\r\n{}",
                        first, host, fields, form.size(), form));
    }
};

int status_of(std::string_view answer) { return std::stoi(std::string{answer.substr(9, 3)}); }

TEST_CASE("exec --serve: a pair has the shapes of jeton's own") {
    const auto pair = make_served_pair("a/1@e");
    CHECK(protocol::local_checksum_holds(pair.client_id.view()) == true);
    CHECK(protocol::local_checksum_holds(pair.client_secret.view()) == true);
    CHECK(pair.client_id.view() != make_served_pair("a/1@e").client_id.view());
}

TEST_CASE("exec --serve: the daemon is asked without the pair, for its connection") {
    Served served;
    const auto answer = served.post("grant_type=client_credentials&scope=a%20b&" + served.credentials());
    CHECK(status_of(answer) == 200);
    CHECK(served.asked == std::vector<std::string>{"grant_type=client_credentials&scope=a%20b&connection=a%2F1%40e"});
    CHECK(answer.contains("Jeton-Epoch: i 1 2\r\n"));
    CHECK_FALSE(answer.contains("ookie"));
    CHECK(answer.contains("Cache-Control: no-store\r\n"));
    CHECK(status_of(served.post("connection=a%2F1%40e&" + served.credentials())) == 200);
    CHECK(served.asked.back() == "connection=a%2F1%40e");
    CHECK(status_of(served.post("connection=b&" + served.credentials())) == 400);
    CHECK(served.wrong == 0);
}

TEST_CASE("exec --serve: what is not its pair is refused, and who guesses waits") {
    Served served;
    CHECK(status_of(served.post("client_id=" + served.id() + "&client_secret=x")) == 400);
    CHECK(status_of(served.post("client_id=x&client_secret=" + served.secret())) == 400);
    CHECK(status_of(served.post("client_id=" + served.id() + "&client_secret=" + served.secret() + "x")) == 400);
    CHECK(served.wrong == 3);
    CHECK(status_of(served.post("grant_type=client_credentials")) == 401);
    CHECK(status_of(served.post("client_id=" + served.id() + "&client_secret=")) == 401);
    CHECK(status_of(served.post("client_assertion=x&" + served.credentials())) == 400);
    CHECK(status_of(served.post(served.credentials() + "&client_id=" + served.id())) == 400);
    for (const auto* header : {"Bearer x", "Basic", "Basic !!!!", "Basic eA==", "Basic eDp5"}) {
        CAPTURE(header);
        const auto answer = served.post("", fmt::format("Authorization: {}\r\n", header));
        CHECK(status_of(answer) == 401);
        CHECK(answer.contains("WWW-Authenticate: Basic"));
    }
    CHECK(status_of(served.post(served.credentials(), "Authorization: Basic eDp5\r\n")) == 400);
    CHECK(served.asked.empty());
}

TEST_CASE("exec --serve: only a form of the command itself is read") {
    Served served;
    const auto form = served.credentials();
    CHECK(status_of(served.post(form, "Origin: null\r\n")) == 403);
    CHECK(status_of(served.post(form, "Sec-Fetch-Site: none\r\n")) == 403);
    CHECK(status_of(served.post(form, "Sec-Fetch-Mode: cors\r\n")) == 200);  // Node's own fetch
    CHECK(status_of(served.post(form, {}, "POST /connect/token HTTP/1.1", "evil.example:4321")) == 400);
    CHECK(status_of(served.post(form, {}, "POST /connect/token HTTP/1.1", "localhost:4321")) == 200);
    CHECK(status_of(served.post(form, {}, "POST /token HTTP/1.1")) == 200);
    CHECK(status_of(served.post(form, {}, "POST /token?a=b HTTP/1.1")) == 400);
    CHECK(status_of(served.post(form, {}, "POST http://x/token HTTP/1.1")) == 404);
    CHECK(status_of(served.post(form, {}, "GET /token HTTP/1.1")) == 405);
    CHECK(status_of(served.post(form, {}, "POST /token HTTP/1.0")) == 505);
    CHECK(status_of(served.post(form, "Expect: 100-continue\r\n")) == 501);
    CHECK(status_of(served.post(form, "Host: 127.0.0.1:4321\r\n")) == 400);
    CHECK(status_of(served.post(form + "&a=%zz")) == 400);
    CHECK(served.raw("POST /token HTTP/1.1\r\n") == "unfinished");
    CHECK(status_of(served.raw(std::string(served_head_limit + 100, 'a'), 1000)) == 431);
}

TEST_CASE("exec --serve: texts are compared whole") {
    CHECK(equal_in_constant_time("abc", "abc"));
    CHECK_FALSE(equal_in_constant_time("abc", "abd"));
    CHECK_FALSE(equal_in_constant_time("abcabc", "abc"));
    CHECK_FALSE(equal_in_constant_time("", "abc"));
    CHECK_FALSE(equal_in_constant_time("abc", ""));
}

}  // namespace
}  // namespace jeton::cli
