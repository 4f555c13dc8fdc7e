#include "daemon/exchange/answer.hpp"

#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "libclient/protocol/json.hpp"
#include "tests/unit/results.hpp"

using namespace jeton::exchange;
namespace json = boost::json;

namespace {

constexpr std::int64_t now = 1'700'000'000;

/// What the vault reads: the frame must be JSON by the rules of the inner protocol, whatever came from the network.
json::object frame(const HttpAnswer& answer) {
    const auto text = frame_of_answer(5, answer, "auth.example", "cs1.secret", now);
    const auto parsed = jeton::protocol::parse_strict(text);
    REQUIRE(parsed);
    CHECK(parsed->at("id").to_number<int>() == 5);
    return parsed->as_object();
}

json::object success(const std::string& body) {
    return frame({.status = 200, .body = body, .date = "", .retry_after = ""});
}

std::string failure(const std::string& body, long status = 200) {
    const auto whole = frame({.status = status, .body = body, .date = "", .retry_after = ""});
    REQUIRE(whole.contains("failure"));
    CHECK_FALSE(whole.contains("json"));
    return std::string{whole.at("failure").as_string()};
}

}  // namespace

TEST_CASE("answer: only the known members pass, each of its type") {
    const auto got = success(
        R"({"access_token":"t","token_type":"Bearer","scope":"a b","expires_in":900,"id_token":"x","f":1.5,"n":null})");
    CHECK(got.at("status").to_number<int>() == 200);
    CHECK(json::serialize(got.at("json")) ==
          R"({"access_token":"t","token_type":"Bearer","scope":"a b","expires_in":900})");
    CHECK_FALSE(got.contains("date"));
    CHECK_FALSE(got.contains("retry_after"));
    CHECK(success(R"({"token_type":7,"scope":["a"],"error":{}})").at("json").as_object().empty());
}

TEST_CASE("answer: expires_in is a number or a string, and nonsense is left out (P19)") {
    const auto life = [](const std::string& value) {
        const auto members = success(R"({"access_token":"t","expires_in":)" + value + "}").at("json").as_object();
        return members.contains("expires_in") ? members.at("expires_in").to_number<std::int64_t>() : -1;
    };
    CHECK(life("900") == 900);
    CHECK(life("\"900\"") == 900);
    CHECK(life("900.0") == 900);
    CHECK(life("899.9") == 899);
    CHECK(life("0") == 0);
    for (const std::string nonsense : {"-1", "1e99", "-1e99", "\"\"", "\" 900\"", "\"900s\"", "\"-1\"", "null", "true",
                                       "[900]", "18446744073709551616", "99999999999", "\"99999999999999999999\""}) {
        CAPTURE(nonsense);
        CHECK(life(nonsense) == -1);
    }
}

TEST_CASE("answer: Date and Retry-After become seconds") {
    const auto got = frame({.status = 429, .body = "{}", .date = "Tue, 14 Nov 2023 22:13:20 GMT", .retry_after = "30"});
    CHECK(got.at("date").to_number<std::int64_t>() == now);
    CHECK(got.at("retry_after").to_number<int>() == 30);
    CHECK(read_retry_after("Tue, 14 Nov 2023 22:14:20 GMT", now) == 60);
    CHECK(read_retry_after("Tue, 14 Nov 2023 22:00:00 GMT", now) == 0);
    CHECK(read_retry_after("0", now) == 0);
    for (const std::string nonsense : {"", "-5", "soon", "1.5", "99999999999999999999", "4294967296"}) {
        CAPTURE(nonsense);
        CHECK_FALSE(read_retry_after(nonsense, now));
    }
}

TEST_CASE("answer: a date behind the year 9999 is none, so that the vault takes the frame") {
    CHECK(read_date("Fri, 31 Dec 9999 23:59:59 GMT") == 253'402'300'799);
    for (const std::string late :
         {"Sat, 01 Jan 10000 00:00:00 GMT", "Sun, 06 Nov 19942 08:49:37 GMT", "Sun, 06 Nov 19942"}) {
        CAPTURE(late);
        CHECK_FALSE(frame({.status = 200, .body = "{}", .date = late, .retry_after = ""}).contains("date"));
        CHECK_FALSE(read_retry_after(late, now));
    }
}

TEST_CASE("answer: a refusal counts even where its body is no JSON") {
    const auto got = frame({.status = 503, .body = "<html>", .date = "", .retry_after = "7"});
    CHECK(got.at("json").as_object().empty());
    CHECK(got.at("retry_after").to_number<int>() == 7);
    CHECK_FALSE(got.contains("failure"));
}

TEST_CASE("answer: a success must be a JSON object") {
    for (const std::string body :
         {"", "<html>", "[]", "\"x\"", "{\"a\":1} x", "{\"a\":", "{\"a\":\"\xff\"}", "\xef\xbb\xbf{}"}) {
        CAPTURE(body);
        CHECK(failure(body).find("auth.example (HTTP 200) is no JSON object") != std::string::npos);
    }
    CHECK_FALSE(failure(std::string(60'000, '[')).empty());
    CHECK_FALSE(failure("{\"a\":" + std::string(50, '[') + std::string(50, ']') + "}").empty());
}

TEST_CASE("answer: a redirect is never followed, and said") {
    CHECK(failure("{}", 307) == "auth.example sends us elsewhere (HTTP 307); a redirect is not followed");
}

TEST_CASE("answer: a token that could bend a header is refused") {
    CHECK(failure(R"({"access_token":"a\r\nX: y"})").find("not printable") != std::string::npos);
    CHECK(failure(R"({"access_token":"a\u0000"})").find("not printable") != std::string::npos);
    CHECK(failure(R"({"access_token":""})").find("not printable") != std::string::npos);
    CHECK(failure(R"({"access_token":7})").find("not printable") != std::string::npos);
}

TEST_CASE("answer: the endpoint's words are cleaned, bounded, and never repeat the secret (P13)") {
    const auto words = [](const std::string& text) {
        const auto got = frame({.status = 400,
                                .body = R"({"error":"invalid_client","error_description":")" + text + "\"}",
                                .date = "",
                                .retry_after = ""});
        const auto& members = got.at("json").as_object();
        CHECK(members.at("error").as_string() == "invalid_client");
        return members.contains("error_description") ? std::string{members.at("error_description").as_string()}
                                                     : "left out";
    };
    CHECK(words("wrong pair") == "wrong pair");
    CHECK(words("wrong secret cs1.secret given") == "left out");
    CHECK(words("a\\u0000\\n\\u001b[2J") == "a???[2J");
    CHECK(words(std::string(5000, 'x')).size() == 1024);
}

TEST_CASE("answer: a token as large as an answer may be arrives whole") {
    const std::string token(60'000, 'x');
    CHECK(success(R"({"access_token":")" + token + "\"}").at("json").as_object().at("access_token").as_string() ==
          token);
}

TEST_CASE("T26: nothing that repeats the client secret is taken for a token, nor for what it may do") {
    for (const char* granted :
         {R"({"access_token":"e.cs1.secret.f"})", R"({"access_token":"t","token_type":"cs1.secret"})",
          R"({"access_token":"t","scope":"jobs:r x-cs1.secret"})"}) {
        CAPTURE(granted);
        CHECK(failure(granted) == "what auth.example grants repeats the client secret, and is not taken");
        CHECK(failure(granted, 400).find("cs1.secret") == std::string::npos);
    }
    const HttpAnswer answer{.status = 200, .body = R"({"access_token":"a-token"})", .date = "", .retry_after = ""};
    CHECK(frame_of_answer(5, answer, "auth.example", "token", now).find("a-token") != std::string::npos);
}

TEST_CASE("answer: what was not sent for want of something here says so") {
    CHECK(frame_of_own_failure(5, "no memory") == R"({"id":5,"failure":"no memory","own":true})");
    CHECK(frame_of_failure(5, "no route") == R"({"id":5,"failure":"no route"})");
}
