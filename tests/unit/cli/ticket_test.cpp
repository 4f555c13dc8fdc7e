#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"
#include "tests/unit/libclient/scratch.hpp"

namespace jeton::cli {
namespace {

using client::testing::Scratch;
using testing::check_golden;
using testing::run;
using testing::terminal;

const std::string claimed = R"({"connection":"a/1@e","tenant":"1","environment":"e","client_id":"jid.id",)"
                            R"("client_secret":"jcs.the-secret","app_key":"jak.key","prefix":"jcs.the-",)"
                            R"("created_at":"2026-01-05T09:30:00Z"})";

std::string contents_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST_CASE("ticket list: by ID, never by value") { check_golden("ticket_list", {"ticket", "list"}); }

TEST_CASE("ticket revoke: by its ID") {
    CHECK(run({"ticket", "revoke", "7d2a9c01"}, {{R"({"message":"the ticket is worthless now"})"}}).out ==
          "the ticket is worthless now\n");
}

TEST_CASE("S21 ticket claim: the ticket goes from stdin to the token socket, the form to the terminal, once") {
    const auto shown = run({"ticket", "claim"}, {{claimed}}, terminal(80), {"jtk.the-ticket"});
    CHECK(shown.asked ==
          std::vector<std::string>{R"(token socket: POST /v1/tickets/claim {"ticket":"jtk.the-ticket"})"});
    CHECK(shown.out ==
          "Tenant ID       1\nClient ID       jid.id\nClient Secret   jcs.the-secret\nApp Key         jak.key\n"
          "Environment     e\n");
    CHECK_FALSE(shown.err.contains("the-secret"));
    CHECK_FALSE((shown.out + shown.err).contains("the-ticket"));
}

TEST_CASE("S21 ticket claim: in a pipe the form is lines of name and value, with --json the document") {
    CHECK(run({"ticket", "claim"}, {{claimed}}, testing::pipe, {"jtk.the-ticket"}).out ==
          "Tenant ID: 1\nClient ID: jid.id\nClient Secret: jcs.the-secret\nApp Key: jak.key\nEnvironment: e\n");
    CHECK(run({"ticket", "claim", "--json"}, {{claimed}}, testing::pipe, {"jtk.the-ticket"}).out == claimed + "\n");
}

TEST_CASE("S31 ticket claim --out: a new file that only its owner reads; the secret is nowhere else") {
    const Scratch scratch;
    const auto path = scratch.path() + "/pair.env";
    const auto shown = run({"ticket", "claim", "--out", path}, {{claimed}}, terminal(80), {"jtk.the-ticket"});
    CHECK(shown.code == exit_code::done);
    CHECK(contents_of(path) ==
          "TENANT_ID=1\nCLIENT_ID=jid.id\nCLIENT_SECRET=jcs.the-secret\nAPP_KEY=jak.key\nENVIRONMENT=e\n");
    CHECK_FALSE((shown.out + shown.err).contains("the-secret"));
    struct stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777U) == 0600U);
    const auto json_path = scratch.path() + "/pair.json";
    const auto quiet = run({"ticket", "claim", "--out", json_path, "--json"}, {{claimed}}, testing::pipe, {"jtk.t"});
    CHECK(contents_of(json_path) == claimed);
    CHECK(quiet.out.empty());
}

TEST_CASE("S31 ticket claim --out: where no file can be made, the ticket is not used up") {
    const Scratch scratch;
    const auto existing = scratch.path() + "/existing";
    std::ofstream{existing} << "mine";
    const auto link = scratch.path() + "/link";
    std::filesystem::create_symlink(scratch.path() + "/nowhere", link);
    for (const auto& path : {existing, link, scratch.path(), scratch.path() + "/no/directory"}) {
        CAPTURE(path);
        const auto shown = run({"ticket", "claim", "--out", path}, {{claimed}}, testing::pipe, {"jtk.the-ticket"});
        CHECK(shown.code == exit_code::refused);
        CHECK(shown.asked.empty());
    }
    CHECK(contents_of(existing) == "mine");
    CHECK_FALSE(std::filesystem::exists(scratch.path() + "/nowhere"));
}

TEST_CASE("S31 ticket claim --out: a refused claim leaves no file behind") {
    const Scratch scratch;
    const auto path = scratch.path() + "/pair.env";
    const auto shown = run({"ticket", "claim", "--out", path},
                           {{R"({"error":"not_found","error_description":"no such ticket","next":"ask again"})", 404}},
                           testing::pipe, {"jtk.the-ticket"});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.asked.size() == 1);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("ticket claim: nothing on stdin, nothing asked") {
    const auto shown = run({"ticket", "claim"}, {{claimed}});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.asked.empty());
}

}  // namespace
}  // namespace jeton::cli
