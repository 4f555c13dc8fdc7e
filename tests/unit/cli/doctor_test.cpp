/// `jeton doctor`: what the daemon found, beside what is seen from here.
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "cli/doctor_findings.hpp"
#include "cli/failure.hpp"
#include "libclient/protocol/words.hpp"
#include "tests/unit/cli/scene.hpp"
#include "tests/unit/libclient/scratch.hpp"

namespace jeton::cli {
namespace {

using testing::Answer;
using testing::run;

const std::string status = R"({"state":"unsealed","version":")" + std::string{protocol::version} + R"("})";

Answer found(const std::string& findings) { return {"[" + findings + "]"}; }

const std::string no_recovery =
    R"({"check":"keys","severity":"warning","what":"there is no recovery key","next":"jeton key slot add recovery"})";
const std::string fails =
    R"({"check":"upstream","severity":"problem","what":"production gives no tokens: the certificate of auth.example has expired","next":null})";

TEST_CASE("doctor: problems first, each with its mend; they decide the exit code") {
    const auto shown = run({"doctor"}, {{status}, found(no_recovery + "," + fails)});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.asked == std::vector<std::string>{"GET /v1/status", "GET /v1/doctor"});
    CHECK(shown.out.starts_with(
        "problem  upstream    production gives no tokens: the certificate of auth.example has expired\n"
        "warning  keys        there is no recovery key\n"
        "                     jeton key slot add recovery\n"));
    CHECK(shown.out.contains("\nok       daemon      it answers: "));
    CHECK(shown.out.contains("\n1 problem, "));
    CHECK(run({"doctor"}, {{status}, found(no_recovery)}).code == exit_code::done);
    CHECK_FALSE(run({"doctor", "--quiet"}, {{status}, found(no_recovery)}).out.contains("\nok  "));
}

TEST_CASE("doctor: lines fit the terminal") {
    const auto shown = run({"doctor"}, {{status}, found(fails)}, testing::terminal(60));
    CHECK(
        shown.out.contains("production gives no tokens: the\n"
                           "                     certificate of auth.example has expired\n"));
}

TEST_CASE("doctor --json: one array; next is null where there is nothing to do") {
    const auto shown = run({"doctor", "--json"}, {{status}, found(fails)});
    CHECK(shown.code == exit_code::refused);
    const auto list = json::parse(shown.out).as_array();
    REQUIRE_FALSE(list.empty());
    for (const auto& one : list) CHECK(one.as_object().size() == 4);
    CHECK(shown.out.contains(R"("check":"upstream","severity":"problem",)"));
    CHECK(shown.out.contains(R"("next":null)"));
}

TEST_CASE("doctor: who may not be told, and a daemon that does not answer, are findings themselves") {
    const Answer forbidden{R"({"error":"forbidden","error_description":"no","next":"x"})", 403};
    const auto refused = run({"doctor"}, {{status}, forbidden});
    CHECK(refused.code == exit_code::done);
    CHECK(refused.out.contains("note     daemon      what the daemon knows of itself is for operators and auditors\n"));
    // Nobody gets a token of it, whoever asks.
    const auto sealed = run({"doctor"}, {{R"({"state":"sealed","reason":"for the night","version":"0"})"}, forbidden});
    CHECK(sealed.code == exit_code::refused);
    CHECK(
        sealed.out.starts_with("problem  store       the store is sealed: for the night\n"
                               "                     sudo jeton --system unseal\n"));
    const auto away = run({"doctor"}, {});
    CHECK(away.code == exit_code::refused);
    CHECK(away.out.starts_with("problem  daemon "));
    CHECK(away.out.contains("kernel"));
    CHECK(version_finding("0.0.9").severity == "warning");
}

TEST_CASE("doctor: a directory that the environment names is text") {
    const client::Endpoint endpoint{"e", "/none\x1b[1m", "/none\x1b[1m"};
    for (const auto& finding : socket_findings(endpoint))
        CHECK(finding.what.starts_with(R"(there is no socket /none\x1b[1m/)"));
}

void write_file(const std::string& path, std::string_view text) { std::ofstream{path, std::ios::binary} << text; }

TEST_CASE("doctor --find-pairs: what was not read is no clean directory, whatever is left out of the output") {
    const client::testing::Scratch files;
    const std::string large(1100UZ * 1024, 'a');
    write_file(files.path() + "/program", std::string(8, '\0') + large);
    const std::vector<std::string> words{"doctor", "--find-pairs", files.path(), "--json", "--quiet"};
    const auto clean = run(words, {});
    CHECK(clean.code == exit_code::done);
    CHECK(clean.err.empty());

    write_file(files.path() + "/settings.log", large);
    const auto shown = run(words, {});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.out == "[]\n");
    const auto error = json::parse(shown.err).as_object();
    CHECK(error.at("error").as_string() == "incomplete");
    CHECK(shown.err.contains("larger than 1 MiB, not read: " + files.path() + "/settings.log"));
    CHECK_FALSE(shown.err.contains("/program"));
    const auto quiet = run({"doctor", "--find-pairs", files.path(), "--quiet"}, {});
    CHECK(quiet.code == exit_code::refused);
    CHECK(quiet.err.contains("/settings.log"));
}

TEST_CASE("doctor --find-pairs: what PowerShell wrote is read") {
    const client::testing::Scratch files;
    std::string text{"\xff\xfe\x2f\x66"};  // the last is one character, with the byte of a letter in it
    for (const char c : std::string_view{"cid.0123456789abcdefghij\r\n"}) text += {c, '\0'};
    write_file(files.path() + "/settings.txt", text);
    const Answer known{R"({"kind":"client-id","connection":"dispatcher/1@production","state":null})"};
    const auto shown = run({"doctor", "--find-pairs", files.path()}, {known});
    CHECK(shown.out.contains("settings.txt:1"));
    CHECK(shown.out.contains("dispatcher/1@production"));
}

TEST_CASE("doctor --find-pairs: directories that are too deep, and a daemon that says nothing, are told of") {
    const client::testing::Scratch files;
    const std::vector<std::string> words{"doctor", "--find-pairs", files.path(), "--json"};
    write_file(files.path() + "/.env", "ST_CLIENT_ID=cid.0123456789abcdefghij\n");
    const Answer known{R"({"kind":"client-id","connection":"dispatcher/1@production","state":null})"};
    CHECK(run(words, {known}).code == exit_code::done);
    const auto unanswered = run(words, {});
    CHECK(unanswered.code == exit_code::refused);
    CHECK(unanswered.out.contains(R"("kind":"client-id")"));
    CHECK(unanswered.err.contains("the daemon does not say which of them it knows"));

    auto deep = files.path();
    for (int level = 0; level < 40; ++level) deep += "/d";
    std::filesystem::create_directories(deep);
    const auto cut_off = run(words, {known});
    CHECK(cut_off.code == exit_code::refused);
    CHECK(cut_off.err.contains("there was more than is looked at"));
}

}  // namespace
}  // namespace jeton::cli
