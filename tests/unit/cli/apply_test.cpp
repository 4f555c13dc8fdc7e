/// `jeton apply` and `jeton export` on the command line: what is asked of the daemon, and what is shown.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::run;
using testing::terminal;

const Answer none{"[]"};
const std::string binding = "[[binding]]\nconnection = \"a/1@e\"\nuser = \"u\"\ndefault = true\n";
const Answer environments{R"([{"environment":"e","kind":"local","host_aliases":[],"resources":[]}])"};
const Answer apps{R"([{"app":"a","organization":"O","homepage":"h","credentials":"developer","scopes":[]}])"};
const Answer connections{R"([{"connection":"a/1@e","state":"connected","listed":true}])"};
const Answer bindings{R"([{"id":"0123456789","kind":"connection","connection":"a/1@e","environment":"e","user":"u",
    "user_id":7,"default":false,"allow_container":false}])"};
const Answer refusal{R"({"error":"wrong_state","error_description":"a default is there","next":"x"})", 409};
const Answer done{R"({"message":"done"})"};

TEST_CASE("apply: only the listings of what files speak of and need are asked for, then what differs is changed") {
    const auto shown = run({"apply", "-f", "-"}, {bindings, environments, none, apps, none, connections, done, done},
                           testing::pipe, {binding});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked ==
          std::vector<std::string>{"GET /v1/bindings", "GET /v1/environments", "GET /v1/scopes", "GET /v1/apps",
                                   "GET /v1/tenants", "GET /v1/connections", "DELETE /v1/bindings/0123456789",
                                   R"(POST /v1/bindings {"connection":"a/1@e","user":"u","default":true})"});
    CHECK(shown.out ==
          "changed       binding a/1@e for user u: default: none → yes\n1 object: 1 changed, 0 unchanged\n");
}

TEST_CASE("apply: a binding whose successor is refused is put back as it was") {
    const auto shown =
        run({"apply", "-f", "-"}, {bindings, environments, none, apps, none, connections, done, refusal, done},
            testing::pipe, {binding});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.asked.back() == R"(POST /v1/bindings {"connection":"a/1@e","user":"u"})");
    CHECK(shown.out.contains("refused       binding a/1@e for user u: a default is there; it is as it was before\n"));
    const auto lost =
        run({"apply", "-f", "-"}, {bindings, environments, none, apps, none, connections, done, refusal, refusal},
            testing::pipe, {binding});
    CHECK(lost.out.contains("it is gone: what was there could not be put back"));
}

TEST_CASE("apply: prune asks with what ends above the question, and without a terminal wants --yes each time") {
    const std::vector<Answer> there{bindings, environments, none, apps, none, connections};
    const auto file = std::filesystem::temp_directory_path() / fmt::format("jeton-apply-{}.toml", ::getpid());
    std::ofstream{file} << "binding = []\n";
    const auto path = file.string();
    auto all = there;
    all.push_back(done);
    const auto no = run({"apply", "-f", path, "--prune"}, there, terminal(80), {"n"});
    CHECK(no.code == exit_code::refused);
    CHECK(no.err.contains("would remove"));
    CHECK(no.err.contains("they get no tokens by it any more, at once"));
    CHECK(no.err.contains("--prune removes what the files do not name: 1: binding a/1@e for user u."));
    CHECK(no.asked.size() == there.size());
    CHECK(run({"apply", "-f", path, "--prune"}, all, terminal(80), {"y"}).asked.back() ==
          "DELETE /v1/bindings/0123456789");
    CHECK(run({"apply", "-f", path, "--prune"}, there).err.contains("confirm with --yes"));
    const auto nothing_to_end = run({"apply", "-f", path, "--prune"}, {none, none, none, none, none, none});
    CHECK(nothing_to_end.err.contains("confirm with --yes"));
    CHECK(run({"apply", "-f", path, "--prune", "--yes"}, {none, none, none, none, none, none}).code == exit_code::done);
    std::filesystem::remove(file);
}

TEST_CASE("apply: a daemon that goes away ends the run, and says what was not tried") {
    const auto shown = run({"apply", "-f", "-", "--json"}, {bindings, environments, none, apps, none, connections},
                           testing::pipe, {binding});
    CHECK(shown.code == exit_code::unreachable);
    CHECK(shown.out.contains(R"("result":"not-tried","changed":false)"));
    CHECK(shown.out.contains(R"("why":"the run ended before it")"));
}

}  // namespace
}  // namespace jeton::cli
