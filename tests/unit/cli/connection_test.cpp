#include <string>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::golden_file;
using testing::run;
using testing::terminal;

TEST_CASE("S18 connection show: by its client ID too") {
    const Answer found{R"([{"connection":"dispatcher/4567890@integration"}])"};
    const auto shown =
        run({"connection", "show", "--client-id", "jid.3a1b"}, {found, {golden_file("connection_show.json")}});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/connections?client_id=jid.3a1b",
                                                  "GET /v1/connections/dispatcher/4567890%40integration"});
    CHECK(shown.out.contains("dispatcher/4567890@integration"));
    const auto unknown = run({"connection", "show", "--client-id", "jid.none"}, {{"[]"}});
    CHECK(unknown.code == exit_code::refused);
    CHECK(unknown.err.contains("no connection has this client ID"));
    const Answer shared{R"([{"connection":"dispatcher/1@production"},{"connection":"dispatcher/2@production"}])"};
    const auto several = run({"connection", "show", "--client-id", "cid.network"}, {shared});
    CHECK(several.code == exit_code::refused);
    CHECK(several.err.contains("2 connections have this client ID"));
    CHECK(several.err.contains("dispatcher/1@production, dispatcher/2@production"));
}

TEST_CASE("connection show: one name, either way") {
    CHECK(run({"connection", "show"}, {}).code == exit_code::usage);
    CHECK(run({"connection", "show", "a/1@e", "--client-id", "x"}, {}).code == exit_code::usage);
    CHECK(run({"connection", "show", "a"}, {}).code == exit_code::usage);
}

TEST_CASE("connection list: it follows the pages and prints one array") {
    const Answer first{R"([{"connection":"a/1@e"},{"connection":"a/2@e"}])", 200,
                       "Link: </v1/connections?app=a&after=x%3D>; rel=\"next\"\r\n"};
    const Answer last{R"([{"connection":"a/3@e"}])"};
    const auto as_json = run({"connection", "list", "--app", "a", "--json"}, {first, last});
    CHECK(as_json.code == exit_code::done);
    CHECK(as_json.out == "[{\"connection\":\"a/1@e\"},{\"connection\":\"a/2@e\"},{\"connection\":\"a/3@e\"}]\n");
    CHECK(as_json.asked ==
          std::vector<std::string>{"GET /v1/connections?app=a", "GET /v1/connections?app=a&after=x%3D"});
    const auto two = run({"connection", "list", "--app", "a", "--limit", "2", "--json"}, {first});
    CHECK(two.asked == std::vector<std::string>{"GET /v1/connections?app=a&limit=2"});
    CHECK(two.out == first.body + "\n");
    const auto one = run({"connection", "list", "--limit", "1", "--json"}, {first});
    CHECK(one.out == "[{\"connection\":\"a/1@e\"}]\n");
}

TEST_CASE("connection list: a page that leads back to itself, or none at all, is no listing") {
    const Answer loop{"[]", 200, "Link: </v1/connections?after=x>; rel=\"next\"\r\n"};
    CHECK(run({"connection", "list"}, {loop, loop}).code == exit_code::unreachable);
    CHECK(run({"connection", "list"}, {{"{}"}}).code == exit_code::unreachable);
    const Answer refused{R"({"error":"forbidden","error_description":"no","next":"ask"})", 403};
    const Answer page{"[]", 200, "Link: </v1/connections?after=x>; rel=\"next\"\r\n"};
    const auto shown = run({"connection", "list", "--json"}, {page, refused});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.out.empty());
}

TEST_CASE("T23 --json: on a terminal what could steer it is escaped, in a pipe the document stays as it came") {
    const std::string document = "[{\"connection\":\"a\\u001b\u009b\u202e\x7f/1@e\"}]";
    const auto shown = run({"connection", "list", "--json"}, {{document}}, terminal(80));
    CHECK(shown.out == "[{\"connection\":\"a\\u001b\\u009b\\u202e\\u007f/1@e\"}]\n");
    CHECK(run({"connection", "list", "--json"}, {{document}}).out == document + "\n");
    const auto refusal =
        run({"connection", "list", "--json"},
            {{"{\"error\":\"forbidden\",\"error_description\":\"\u202e\",\"next\":\"\"}", 403}}, terminal(80));
    CHECK(refusal.err == "{\"error\":\"forbidden\",\"error_description\":\"\\u202e\",\"next\":\"\"}\n");
}

}  // namespace
}  // namespace jeton::cli
