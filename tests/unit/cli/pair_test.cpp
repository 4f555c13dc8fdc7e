#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::check_golden;
using testing::golden_file;
using testing::run;
using testing::terminal;

const std::string created = R"({"client_id":"jid.new","connection":"a/1@e","prefix":"jcs.4k2p","user":"worker",)"
                            R"("group":null,"unit":null,"expires_at":null,"client_secret":"jcs.the-secret",)"
                            R"("message":"This client secret is visible only once."})";

TEST_CASE("pair list: by client ID, never by secret") { check_golden("pair_list", {"pair", "list"}); }

TEST_CASE("pair create: on a terminal all of it, in a pipe the secret alone") {
    const auto seen =
        run({"pair", "create", "a/1@e", "--user", "worker", "--expires", "30d"}, {{created, 201}}, terminal(80));
    CHECK(seen.asked.at(0) == R"(POST /v1/connections/a/1%40e/pairs {"user":"worker","expires_in":2592000})");
    CHECK(seen.out ==
          "Connection      a/1@e\nFor             user worker\nClient ID       jid.new\n"
          "Client secret   jcs.the-secret\n");
    const auto piped = run({"pair", "create", "a/1@e", "--user", "worker"}, {{created, 201}});
    CHECK(piped.out == "jcs.the-secret\n");
    CHECK(piped.err.contains("Client ID       jid.new\n"));
    CHECK(piped.err.contains("visible only once"));
    CHECK_FALSE(piped.err.contains("the-secret"));
}

TEST_CASE("pair create: somebody must be named") {
    const auto shown = run({"pair", "create", "a/1@e"}, {});
    CHECK(shown.code == exit_code::usage);
    CHECK(shown.asked.empty());
}

TEST_CASE("pair revoke: by client ID") {
    const auto shown = run({"pair", "revoke", "jid.new"}, {{R"({"client_id":"jid.new","message":"revoked"})"}});
    CHECK(shown.asked.at(0) == "DELETE /v1/pairs/jid.new");
    CHECK(shown.out == "revoked\n");
    CHECK(run({"pair", "revoke", "jid.new", "--user", "u"}, {}).code == exit_code::usage);
}

TEST_CASE("pair revoke: by whose it is, only the active pairs of exactly this identity") {
    const auto list = golden_file("pair_list.json");
    const std::string revoked = R"({"client_id":"jid.0","state":"revoked","message":"revoked"})";
    const auto shown =
        run({"pair", "revoke", "dispatcher/7654321@production", "--user", "worker"}, {{list}, {revoked}});
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/pairs?connection=dispatcher%2F7654321%40production",
                                                  "DELETE /v1/pairs/jid.0a1b2c3d4e5f6g7h8i9j01234"});
    CHECK(shown.out == "revoked\n");
    const auto by_number =
        run({"pair", "revoke", "a/1@e", "--user", "1001", "--unit", "worker.service", "--json"}, {{list}, {revoked}});
    CHECK(by_number.asked.at(1) == "DELETE /v1/pairs/jid.1b1b2c3d4e5f6g7h8i9j01234");
    CHECK(by_number.out == "[" + revoked + "]\n");
}

TEST_CASE("pair revoke: a connection is repeated as text") {
    const auto shown = run({"pair", "revoke", "a/b@c\x1b[1m", "--user", "u"}, {{"[]"}});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.err.contains(R"(a/b@c\x1b[1m has no active pair)"));
    CHECK_FALSE(shown.err.contains('\x1b'));
}

TEST_CASE("pair revoke: revoked and expired pairs are no pairs to revoke") {
    const auto list = golden_file("pair_list.json");
    for (const auto& of : std::vector<std::vector<std::string>>{{"--group", "workers"}, {"--unit", "old.service"}}) {
        const auto shown = run({"pair", "revoke", "a/1@e", of[0], of[1]}, {{list}});
        CHECK(shown.code == exit_code::refused);
        CHECK(shown.err.contains("jeton pair list a/1@e"));
        CHECK(shown.asked.size() == 1);
    }
    CHECK(run({"pair", "revoke", "a/1@e"}, {}).code == exit_code::usage);
}

}  // namespace
}  // namespace jeton::cli
