/// Apps, versions, tenants, scopes and environments on the command line: what is asked of the daemon, and what first.
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"
#include "tests/unit/libclient/scratch.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::run;
using testing::terminal;

const Answer done{R"({"message":"It is done."})"};

TEST_CASE("S13 app edit: only what was named changes") {
    const auto shown = run({"app", "edit", "dispatcher", "--credentials", "developer"}, {done});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked.front() == R"(PATCH /v1/apps/dispatcher {"credentials":"developer"})");
    CHECK(shown.out == "It is done.\n");
    CHECK(run({"app", "edit", "dispatcher", "--homepage", "h", "--organization", "o"}, {done}).asked.front() ==
          R"(PATCH /v1/apps/dispatcher {"organization":"o","homepage":"h"})");
    CHECK(run({"app", "edit", "dispatcher"}, {}).code == exit_code::usage);
}

TEST_CASE("app edit: where all is as it was, no daemon was changed") {
    const std::string as_it_was = R"({"changed":[],"message":"dispatcher is as it was."})";
    const auto shown = run({"app", "edit", "dispatcher", "--credentials", "tenant"}, {{as_it_was}});
    CHECK(shown.out == "dispatcher is as it was.\n");
    CHECK(shown.err.empty());
    const std::string edited = R"({"changed":["credentials"],"message":"dispatcher is edited."})";
    CHECK(run({"app", "edit", "dispatcher", "--credentials", "tenant"}, {{edited}})
              .err.contains("changed in the daemon at DIRECTORY"));
}

TEST_CASE("app delete: the question says what dies, and counts it") {
    const Answer connections{R"([{"connection":"a","state":"connected"},{"connection":"b","state":"connected"},
        {"connection":"c","state":"disabled"},{"connection":"d","state":"not-connected"}])"};
    const auto shown = run({"app", "delete", "dispatcher"}, {connections, done}, terminal(80), {"y"});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/apps/dispatcher/connections", "DELETE /v1/apps/dispatcher"});
    CHECK(shown.err.contains("cannot be undone: its app key, its versions and all its connections die with it"));
    CHECK(shown.err.contains("Connections: 4 (2 connected, 1 disabled)."));
    CHECK(shown.err.contains("Confirm and Continue?"));
    const auto said_no = run({"app", "delete", "dispatcher"}, {connections}, terminal(80), {""});
    CHECK(said_no.code == exit_code::refused);
    CHECK(said_no.asked.size() == 1);
    CHECK(run({"app", "delete", "dispatcher"}, {}).asked.empty());
    CHECK(run({"app", "delete", "dispatcher", "--yes"}, {done}).asked.front() == "DELETE /v1/apps/dispatcher");
}

TEST_CASE("app delete: what is not there is not asked about") {
    const Answer absent{R"({"error":"not_found","error_description":"no app x","next":"jeton app list"})", 404};
    const auto shown = run({"app", "delete", "x"}, {absent}, terminal(80), {"y"});
    CHECK(shown.code == exit_code::refused);
    CHECK_FALSE(shown.err.contains("Confirm"));
}

TEST_CASE("S38 app publish: what comes and goes is sent, and shown as the daemon took it") {
    const Answer published{R"({"app":"dispatcher","version":3,
        "added":[{"name":"tn.crm.leads:r","group":"CRM","display_name":"Leads","access":"r"}],
        "removed":[{"name":"tn.jpm.jobs:w","group":"Job Planning","display_name":"Jobs","access":"w"}],
        "message":"dispatcher is version 3."})"};
    const auto shown =
        run({"app", "publish", "dispatcher", "--add", "tn.crm.leads:r", "--remove", "tn.jpm.jobs:w"}, {published});
    CHECK(shown.asked.front() ==
          R"(POST /v1/apps/dispatcher/versions {"add":["tn.crm.leads:r"],"remove":["tn.jpm.jobs:w"]})");
    CHECK(shown.out ==
          "  + Read  Leads  tn.crm.leads:r\n"
          "  - Write Jobs   tn.jpm.jobs:w\n"
          "dispatcher is version 3.\n");
    CHECK(run({"app", "publish", "dispatcher"}, {}).code == exit_code::usage);
}

TEST_CASE("S14 S36 app tenant: add sends the tenant as typed, remove asks and takes integration where none is named") {
    const auto added = run({"app", "tenant", "add", "dispatcher", "1", "--note", "n"}, {done});
    CHECK(added.asked.front() == R"(POST /v1/apps/dispatcher/tenants {"tenant":"1","note":"n"})");
    CHECK(added.out == "It is done.\n");
    const auto removed = run({"app", "tenant", "remove", "dispatcher", "1"}, {done}, terminal(80), {"y"});
    CHECK(removed.asked.front() == "DELETE /v1/apps/dispatcher/tenants/1%40integration");
    CHECK(removed.err.contains("no token of dispatcher/1@integration is issued any more"));
    CHECK(run({"app", "tenant", "remove", "dispatcher", "1@production", "--yes"}, {done}).asked.front() ==
          "DELETE /v1/apps/dispatcher/tenants/1%40production");
    CHECK(run({"app", "tenant", "remove", "dispatcher", "1"}, {}).code == exit_code::refused);
}

TEST_CASE("tenant edit and environment edit: a PATCH of what was named") {
    const Answer tenant{R"({"tenant":"1","environment":"e","name":"New"})"};
    const auto renamed = run({"tenant", "edit", "1@e", "--name", "New"}, {tenant});
    CHECK(renamed.asked.front() == R"(PATCH /v1/tenants/1%40e {"name":"New"})");
    CHECK(renamed.out == "tenant 1@e is called New\n");
    const Answer environment{R"({"environment":"e","kind":"local","developer_access":false,"host_aliases":[]})"};
    CHECK(run({"environment", "edit", "e", "--developer-access", "no"}, {environment}).asked.front() ==
          R"(PATCH /v1/environments/e {"developer_access":false})");
    CHECK(run({"environment", "edit", "e", "--host-alias", "a", "--host-alias", "b"}, {environment}).asked.front() ==
          R"(PATCH /v1/environments/e {"host_aliases":["a","b"]})");
    CHECK(run({"environment", "edit", "e", "--host-alias", ""}, {environment}).asked.front() ==
          R"(PATCH /v1/environments/e {"host_aliases":[]})");
    CHECK(run({"environment", "edit", "e"}, {}).code == exit_code::usage);
}

TEST_CASE("S52 scope add and import: one, or a file of many") {
    const Answer added{R"({"name":"tn.crm.surveys","group":"CRM","display_name":"Surveys","source":"added"})"};
    CHECK(
        run({"scope", "add", "tn.crm.surveys", "--group", "CRM", "--display-name", "Surveys"}, {added}).asked.front() ==
        R"(POST /v1/scopes {"name":"tn.crm.surveys","group":"CRM","display_name":"Surveys"})");
    const client::testing::Scratch scratch;
    const auto file = scratch.path() + "/scopes.json";
    std::ofstream{file} << R"([ {"name":"a.b.c","group":"G","display_name":"C"} ])";
    const auto shown = run({"scope", "import", file}, {{R"({"added":1,"unchanged":0})"}});
    CHECK(shown.asked.front() ==
          R"(POST /v1/scopes/import {"scopes":[{"name":"a.b.c","group":"G","display_name":"C"}]})");
    CHECK(shown.out == "1 added, 0 were there already\n");
    const auto from_stdin = run({"scope", "import", "-"}, {{R"({"added":0,"unchanged":0})"}}, testing::pipe, {"[]"});
    CHECK(from_stdin.asked.front() == R"(POST /v1/scopes/import {"scopes":[]})");
}

TEST_CASE("scope import: what is no such file is refused before the daemon is asked") {
    const client::testing::Scratch scratch;
    const auto file = scratch.path() + "/scopes.json";
    const auto refused = [&](const std::string& text) {
        std::ofstream{file} << text;
        const auto shown = run({"scope", "import", file}, {});
        return shown.code == exit_code::refused && shown.asked.empty();
    };
    CHECK(refused(R"({"scopes":[]})"));
    CHECK(refused("name,group"));
    CHECK(refused("[\"" + std::string(70'000, 'x') + "\"]"));
    const auto missing = run({"scope", "import", scratch.path() + "/none"}, {});
    CHECK(missing.err.contains("cannot be opened: No such file or directory"));
}

}  // namespace
}  // namespace jeton::cli
