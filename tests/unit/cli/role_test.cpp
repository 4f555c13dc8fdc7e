#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::check_golden;
using testing::run;

TEST_CASE("role list: who has which role, and what has run out") {
    check_golden("role_list", {"role", "list", "--user", "worker", "--role", "tenant-admin"});
}

TEST_CASE("role matrix: every verb, its roles and states; the same table in a pipe") {
    check_golden("role_matrix", {"role", "matrix"});
}

TEST_CASE("role grant: the word behind the role is the app of a developer and the tenant of a tenant admin") {
    CHECK(run({"role", "grant", "developer", "dispatcher", "--user", "worker", "--expires", "30d"}, {{"{}", 201}})
              .asked.at(0) ==
          R"(POST /v1/roles {"role":"developer","app":"dispatcher","user":"worker","expires_in":2592000})");
    CHECK(run({"role", "grant", "tenant-admin", "1@e", "--group", "admins"}, {{"{}", 201}}).asked.at(0) ==
          R"(POST /v1/roles {"role":"tenant-admin","tenant":"1@e","group":"admins"})");
    CHECK(run({"role", "grant", "auditor", "--user", "worker"}, {{"{}", 201}}).asked.at(0) ==
          R"(POST /v1/roles {"role":"auditor","user":"worker"})");
    CHECK(run({"role", "revoke", "developer", "dispatcher", "--user", "gone"}, {{"{}"}}).asked.at(0) ==
          R"(POST /v1/roles/revoke {"role":"developer","app":"dispatcher","user":"gone"})");
}

TEST_CASE("role grant: the message goes to stdout, warnings to stderr, with --json the document alone") {
    const std::string answer = R"({"role":"auditor","warnings":["worker is not in group jeton\u001b[2J"],)"
                               R"("message":"user worker is auditor now"})";
    const auto shown = run({"role", "grant", "auditor", "--user", "worker"}, {{answer, 201}});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.out == "user worker is auditor now\n");
    CHECK(shown.err == "warning: worker is not in group jeton\\x1b[2J\nchanged in the daemon at DIRECTORY\n");
    const auto document = run({"role", "grant", "auditor", "--user", "worker", "--json"}, {{answer, 201}});
    CHECK(document.out == answer + "\n");
    CHECK(document.err.empty());
}

TEST_CASE("role grant: what is missing or too much is a usage error, and nothing is asked") {
    for (const auto& [words, what] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"role", "grant", "tenant-admin", "--user", "u"}, "role tenant-admin is of one tenant: name it"},
             {{"role", "grant", "tenant-admin", "--user", "u"}, "jeton role grant tenant-admin TENANT@ENVIRONMENT"},
             {{"role", "grant", "operator", "dispatcher", "--user", "u"}, "role operator is of the whole daemon"},
             {{"role", "grant", "developer", "a"}, "jeton role grant developer a --user U, or --group G"},
             {{"role", "revoke", "developer", "a"}, "jeton role revoke developer a --user U, or --group G"},
             {{"role", "grant", "auditor", "--user", "u", "--group", "g"}, "--user excludes --group"},
             {{"role", "grant", "owner", "--user", "u"},
              "\"owner\" is none of operator|auditor|developer|tenant-admin"},
             {{"role", "grant", "auditor", "--user", "u", "--expires", "soon"}, "\"soon\" is no duration"}}) {
        CAPTURE(what);
        const auto shown = run(words, {});
        CHECK(shown.code == exit_code::usage);
        CHECK_MESSAGE(shown.err.contains(what), shown.err);
        CHECK(shown.asked.empty());
    }
}

}  // namespace
}  // namespace jeton::cli
