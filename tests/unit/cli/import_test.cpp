#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "cli/import_batch.hpp"
#include "cli/rate.hpp"
#include "tests/unit/cli/scene.hpp"
#include "tests/unit/libclient/scratch.hpp"

namespace jeton::cli {
namespace {

using client::testing::Scratch;
using testing::Answer;
using testing::run;

const std::string app = R"({"app":"a"})";
const std::string good =
    R"({"connection":"a/1@production","result":"imported","why":null,"steps":["creates tenant 1@production"]})";
const std::string there = R"({"connection":"a/1@production","result":"unchanged","why":null,"steps":[]})";
const std::string busy =
    R"({"error":"temporarily_unavailable","error_description":"auth.example answered 429","next":"wait"})";
const std::string no =
    R"({"error":"invalid_client","error_description":"auth.example does not accept it","next":"another"})";

/// A directory with one .env file in it.
struct Settings : Scratch {
    explicit Settings(const std::string& tenant = "1") { write(".env", tenant); }
    void write(const std::string& name, const std::string& tenant) {
        std::ofstream{path() + "/" + name} << "ST_CLIENT_ID=cid.i\nST_CLIENT_SECRET=cs1.hidden\nST_TENANT_ID=" << tenant
                                           << "\nST_ENV=production\n";
    }
    [[nodiscard]] std::string file() const { return path() + "/.env"; }
};

TEST_CASE("import: first asks what a row would do, then does it; a line for each row") {
    const Settings settings;
    const auto shown = run({"import", settings.file(), "--app", "a"}, {{app}, {good}, {good}});
    CHECK(shown.code == exit_code::done);
    REQUIRE(shown.asked.size() == 3);
    CHECK(shown.asked[0] == "GET /v1/apps/a");
    CHECK(shown.asked[1].contains(R"("dry_run":true)"));
    CHECK_FALSE(shown.asked[2].contains("dry_run"));
    CHECK(shown.asked[2].contains(R"("selector":"production","tenant":"1")"));
    CHECK(shown.asked[2].contains(":1\",\"client_id\":\"cid.i\",\"client_secret\":\"cs1.hidden\""));
    CHECK(shown.out == "imported   a/1@production  " + settings.file() + ":1\n");
    CHECK(shown.err.contains("1 of 1 rows: 1 imported, 0 unchanged, 0 refused"));
    CHECK_FALSE((shown.out + shown.err).contains("hidden"));
}

TEST_CASE("import: a .env below a directory that could not be read is a refused row") {
    Settings settings;
    settings.write("large.env", std::string(1100UZ * 1024, '1'));
    for (const char* option : {"--json", "--quiet", "--dry-run"}) {
        INFO(option);
        const auto shown = run({"import", settings.path(), "--app", "a", option}, {{app}, {there}});
        CHECK(shown.code == exit_code::refused);
        CHECK((shown.out + shown.err).contains("larger than 1 MiB, not read"));
    }
}

TEST_CASE("import: a pair that is in is not tried, and the exit code says that nothing is wrong") {
    const Settings settings;
    const auto shown = run({"import", settings.file(), "--app", "a"}, {{app}, {there}});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.asked.size() == 2);
    CHECK(shown.out.starts_with("unchanged  a/1@production"));
}

TEST_CASE("import --dry-run: exit 5 where something would change, 1 where a row is refused, 0 where all is in") {
    const Settings settings;
    const auto pending = run({"import", settings.file(), "--app", "a", "--dry-run"}, {{app}, {good}});
    CHECK(pending.code == exit_code::pending);
    CHECK(pending.asked.size() == 2);
    CHECK(pending.out.starts_with("would import  a/1@production"));
    CHECK(pending.out.contains("creates tenant 1@production"));
    CHECK(run({"import", settings.file(), "--app", "a", "--dry-run"}, {{app}, {there}}).code == exit_code::done);
    const auto refused = run({"import", settings.file(), "--app", "a", "--dry-run"}, {{app}, {no, 400}});
    CHECK(refused.code == exit_code::refused);
    CHECK(refused.out.contains("refused"));
    CHECK(refused.out.contains("next: another"));
}

TEST_CASE("import --dry-run: rows that would get into each other's way are told before anything is done") {
    Settings settings;
    settings.write("b.env", "1");
    const auto shown = run({"import", settings.path(), "--app", "a", "--dry-run", "--json"}, {{app}, {good}, {good}});
    CHECK(shown.out.contains(R"("result":"unchanged","why":"the same pair as )"));
}

TEST_CASE("import --dry-run: one pair of several tenants is refused, but where form fields tell them apart") {
    const std::string other =
        R"({"connection":"a/2@production","result":"imported","why":null,"steps":["sends tenant=2 beside the pair"]})";
    const auto outcome = [&](const std::string& first_fields, const std::string& second_fields) {
        Scratch folder;
        const auto file = folder.path() + "/pairs.json";
        std::ofstream{file} << R"({"tenant":"1","client_id":"cid.n","client_secret":"cs1.hidden")" << first_fields
                            << "}\n"
                            << R"({"tenant":"2","client_id":"cid.n","client_secret":"cs1.hidden")" << second_fields
                            << "}\n";
        return run({"import", file, "--app", "a", "--dry-run"}, {{app}, {good}, {other}});
    };
    const auto alike = outcome("", "");
    CHECK(alike.code == exit_code::refused);
    CHECK(alike.out.contains("its client ID is that of a/1@production"));
    CHECK(outcome(R"(,"form_fields":{"tenant":"1"})", "").code == exit_code::refused);
    const auto apart = outcome(R"(,"form_fields":{"tenant":"1"})", R"(,"form_fields":{"tenant":"2"})");
    CHECK(apart.code == exit_code::pending);
    CHECK(apart.asked[2].contains(R"("form_fields":{"tenant":"2"})"));
    CHECK(apart.out.contains("sends tenant=2 beside the pair"));
}

TEST_CASE("import: an endpoint that asks for a pause is waited for, not taken for a refusal") {
    const Settings settings;
    const auto shown =
        run({"import", settings.file(), "--app", "a"}, {{app}, {good}, {busy, 503, "Retry-After: 1\r\n"}, {good}});
    CHECK(shown.code == exit_code::done);
    CHECK(shown.out.starts_with("imported"));
    CHECK(shown.err.contains("auth.example answered 429; goes on in 1 s"));
}

TEST_CASE("import: a try whose answer was lost counts as imported where the pair is in afterwards") {
    const Settings settings;
    const auto shown =
        run({"import", settings.file(), "--app", "a"}, {{app}, {good}, {busy, 503, "Retry-After: 1\r\n"}, {there}});
    CHECK(shown.out.starts_with("imported"));
}

TEST_CASE("import: a refused row says why and the others go on; with --json one document") {
    Settings settings;
    settings.write("b.env", "2");
    const auto shown = run({"import", settings.path(), "--app", "a", "--rate", "1000/s", "--json"},
                           {{app}, {good}, {no, 400}, {good}, {good}});
    CHECK(shown.code == exit_code::refused);
    CHECK(shown.err.empty());
    CHECK(shown.out.starts_with("[{\"file\":"));
    CHECK(shown.out.contains(
        R"("line":1,"connection":"a/1@production","result":"refused","why":"auth.example does not accept it","next":"another")"));
    CHECK(shown.out.contains(R"("result":"imported","why":null,"next":null)"));
}

TEST_CASE("import: what cannot be read is a refused row, what is no directory with pairs an error") {
    const Scratch empty;
    const auto none = run({"import", empty.path(), "--app", "a"}, {{app}});
    CHECK(none.code == exit_code::refused);
    CHECK(none.err.contains("no .env file with a pair was found"));
    const auto missing = run({"import", empty.path() + "/gone", "--app", "a"}, {{app}});
    CHECK(missing.code == exit_code::refused);
    CHECK(missing.out.contains("cannot be opened"));
    CHECK(run({"import", "-", "-", "--app", "a"}, {}).code == exit_code::usage);
    CHECK(run({"import", "x", "--app", "a", "--rate", "fast"}, {}).code == exit_code::usage);
}

TEST_CASE("import: the secret is never taken from the command line") {
    CHECK(run({"import", "--app", "a", "--client-secret", "cs1.hidden"}, {}).code == exit_code::usage);
}

TEST_CASE("a rate is a time between two") {
    CHECK(spacing_of("30/m").value() == std::chrono::seconds{2});
    CHECK(spacing_of("2/s").value() == std::chrono::milliseconds{500});
    CHECK(spacing_of("1/h").value() == std::chrono::hours{1});
    for (const auto* wrong : {"", "30", "0/m", "/m", "30/d", "-1/s", "1.5/s", "30/m/s"}) CHECK_FALSE(spacing_of(wrong));
}

}  // namespace
}  // namespace jeton::cli
