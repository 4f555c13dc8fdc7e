#include "cli/document.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

Result<Document> read(int status, std::string_view body) {
    client::Response response;
    response.status = status;
    response.body.append(body);
    return read_document(std::move(response));
}

TEST_CASE("document: it is kept as it came, and its members are read") {
    const auto document = read(200, R"({ "name":"a\u001bb", "count":3, "on":true, "none":null, "list":["x","y"] })");
    REQUIRE(document);
    CHECK(document->text.view().starts_with("{ \"name\""));
    CHECK(field(document->tree, "name") == "a\\x1bb");
    CHECK(raw_field(document->tree, "name") ==
          "a\x1b"
          "b");
    CHECK(field(document->tree, "count") == "3");
    CHECK(field(document->tree, "on") == "yes");
    CHECK(field(document->tree, "none").empty());
    CHECK(field(document->tree, "absent").empty());
    CHECK(joined(document->tree, "list", ", ") == "x, y");
    CHECK(elements(member(document->tree, "name")).empty());
}

TEST_CASE("document: a refusal keeps the daemon's words and has the exit code of its name") {
    const auto sealed =
        read(503, R"({"error":"sealed","error_description":"the store is sealed","next":"jeton unseal"})");
    REQUIRE_FALSE(sealed);
    CHECK(sealed.error().exit_code == exit_code::sealed);
    CHECK(sealed.error().what == "the store is sealed");
    CHECK(sealed.error().next == "jeton unseal");
    CHECK(sealed.error().document.starts_with("{\"error\":\"sealed\""));
    CHECK(read(404, R"({"error":"not_found","error_description":"no app x"})").error().exit_code == exit_code::refused);
    CHECK(read(400, R"({"error":"invalid_client"})").error().what == "invalid_client");
    CHECK(read(400, R"({"error":"of_a_later_release"})").error().exit_code == exit_code::refused);
}

TEST_CASE("document: what is no document of ours is an answer we cannot use") {
    CHECK(read(200, "<html>").error().exit_code == exit_code::unreachable);
    CHECK(read(200, R"({"a":1,"a":2})").error().exit_code == exit_code::unreachable);
    CHECK(read(502, "").error().what.contains("502"));
    CHECK(read(500, "{}").error().what.contains("500"));
}

TEST_CASE("document: a body is written with what was set and nothing else") {
    json::object body;
    add_text(body, "app", "dispatcher");
    add_text(body, "note", "");
    add_texts(body, "scopes", {"a:r", "b:w"});
    CHECK(to_text(json::value(body)).view() == R"({"app":"dispatcher","scopes":["a:r","b:w"]})");
    const std::string longer(5000, 'x');
    add_text(body, "long", longer);
    CHECK(to_text(json::value(body)).view().contains(longer));
}

}  // namespace
}  // namespace jeton::cli
