/// Files of `jeton apply`: what they say, and what is wrong where.
#include "cli/declared_file.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace jeton::cli {
namespace {

/// The failure of reading `text` as the file x.toml; none: it was read.
std::pair<std::string, std::string> problem_in(std::string_view text) {
    Declarations all;
    const auto read = read_declarations(text, "x.toml", all);
    if (read) return {};
    CHECK(read.error().exit_code == exit_code::refused);
    CHECK(read.error().code == "bad_input");
    return {read.error().what, read.error().next};
}

Declarations said_by(std::string_view text) {
    Declarations all;
    const auto read = read_declarations(text, "x.toml", all);
    REQUIRE_MESSAGE(read.has_value(), read.error().what);
    return all;
}

constexpr std::string_view whole = R"([[scope]]
name = "tn.crm.surveys"
group = "CRM"
display_name = "Surveys"

[[environment]]
environment = "integration"
kind = "local"
issuer = "http://localhost/integration"
signing_alg = "ES256"
resources = ["https://api.example.com/"]
host_aliases = []
developer_access = true

[[tenant]]
tenant = "1234567@integration"
name = "Northside \"Plumbing\" \\ Søn\u0007"

[[app]]
app = "dispatcher"
organization = "Example"
homepage = "https://example.com"
credentials = "developer"
scopes = ["tn.crm.surveys:r", "tn.jpm.jobs:w"]

[[connection]]
connection = "dispatcher/1234567@integration"
note = "first one"

[[binding]]
introspect = "integration"
app = "dispatcher"
resource = "https://api.example.com/"
user = "api"

[[binding]]
connection = "dispatcher/*@integration"
user = "worker"
unit = "worker.service"
allow_container = true
expires_at = 2031-01-31T12:30:00Z

[[role]]
role = "tenant-admin"
tenant = "1234567@integration"
group = "admins"
)";

TEST_CASE("apply: a file says objects of each kind, and is written again as it was read") {
    const auto all = said_by(whole);
    CHECK(all.objects.size() == 8);
    CHECK(all.kinds.size() == all_kinds.size());
    CHECK("\n" + std::string{whole} == declared_text(all));
}

TEST_CASE("apply: what is known by nothing but its place in the file is named by it") {
    const auto all = said_by(whole);
    std::string names;
    for (const auto& one : all.objects) names += fmt::format("{}:{}\n", one.place.line, name_of(one.kind, one.fields));
    CHECK(names.contains("36:dispatcher/*@integration for user worker and unit worker.service\n"));
    CHECK(names.contains(
        "30:introspect integration of app dispatcher of resource https://api.example.com/ for user api"));
    CHECK(names.contains("43:tenant-admin 1234567@integration for group admins\n"));
}

TEST_CASE("apply: an empty list speaks of its kind, too") {
    const auto all = said_by("binding = []\nrole = []\n");
    CHECK(all.objects.empty());
    CHECK(all.kinds == std::set{Kind::binding, Kind::role});
    CHECK(declared_text(all) == "binding = []\nrole = []\n");
}

TEST_CASE("apply: an unknown key is refused with its line and the nearest known one") {
    const auto [what, next] = problem_in("[[app]]\napp = \"a\"\norganisation = \"O\"\n");
    CHECK(what == "x.toml:3: unknown key organisation in [[app]]");
    CHECK(next == "did you mean organization?");
    CHECK(problem_in("[[bindings]]\nuser = \"u\"\n") ==
          std::pair<std::string, std::string>{"x.toml:1: unknown table [[bindings]]", "did you mean [[binding]]?"});
    CHECK(problem_in("\n[daemon]\nx = 1\n").second.starts_with("known are: scope, environment, "));
    CHECK(problem_in("[[app]]\nzzzzzz = 1\n").second ==
          "known are: app, organization, homepage, credentials, scopes, "
          "external_data_guid");
}

TEST_CASE("apply: secrets, and what tenants decide, stand in no file") {
    for (const auto* name : {"app_key", "client_secret", "consent", "state", "version"}) {
        CAPTURE(name);
        const auto [what, next] = problem_in(fmt::format("[[app]]\n{} = \"very-secret\"\n", name));
        CHECK(what == fmt::format("x.toml:2: unknown key {} in [[app]]", name));
        CHECK(next.starts_with("take it out: secrets, keys and what tenants decide stand in no file"));
    }
}

TEST_CASE("apply: each value has its type, and a word that is one of few is one of them") {
    const auto what = [](std::string_view text) { return problem_in(text).first; };
    CHECK(what("[[app]]\napp = 3\n") == "x.toml:2: app must be a text");
    CHECK(what("[[app]]\nscopes = \"a\"\n") == "x.toml:2: scopes must be a list of texts");
    CHECK(what("[[app]]\nscopes = [\n\"a\",\n3]\n") == "x.toml:4: scopes must be a list of texts");
    CHECK(what("[[binding]]\ndefault = \"yes\"\n") == "x.toml:2: default must be true or false");
    for (const auto* no_moment : {"\"2031-01-31T00:00:00Z\"", "2031-01-31T00:00:00", "2031-01-31", "7"}) {
        CAPTURE(no_moment);
        CHECK(what(fmt::format("[[role]]\nexpires_at = {}\n", no_moment)) ==
              "x.toml:2: expires_at must be a date and time with its offset");
    }
    CHECK(problem_in("[[role]]\nrole = \"tenant_admin\"\n") ==
          std::pair<std::string, std::string>{"x.toml:2: there is no role tenant_admin", "did you mean tenant-admin?"});
    CHECK(problem_in("[[environment]]\nkind = \"remote\"\n").second == "known are: local, upstream");
    CHECK(what("[app]\napp = \"a\"\n") == "x.toml:1: app must be a list of tables");
    CHECK(what("app = [1]\n") == "x.toml:1: app must be a list of tables");
    CHECK(what("[[app]\n").starts_with("x.toml:1: "));
    CHECK(what("[[app]]\napp = \"\\u001b[2J\"\nx\x1b = 1\n").find('\x1b') == std::string::npos);
}

TEST_CASE("apply: a moment counts with its offset") {
    const auto all = said_by("[[role]]\nrole = \"auditor\"\nuser = \"u\"\nexpires_at = 1970-01-02T02:00:00+02:00\n");
    CHECK(all.objects.front().fields.at("expires_at").as_int64() == 86'400);
}

TEST_CASE("apply: an object without what it cannot be without is refused where it begins") {
    const auto what = [](std::string_view text) { return problem_in(text).first; };
    CHECK(what("\n[[tenant]]\ntenant = \"1\"\n") == "x.toml:2: this [[tenant]] has no name");
    CHECK(what("[[tenant]]\ntenant = \"\"\nname = \"N\"\n") == "x.toml:2: tenant is empty");
    CHECK(what("[[environment]]\nenvironment = \"e\"\n") == "x.toml:1: this [[environment]] has no kind");
    CHECK(what("[[environment]]\nenvironment = \"e\"\npreset = \"servicetitan-production\"\n").empty());
    for (const auto* no_connection : {"a", "a/1", "a@e", "a/@e", "/1@e", "a/1@", "a/*@e"}) {
        CAPTURE(no_connection);
        CHECK(what(fmt::format("[[connection]]\nconnection = \"{}\"\n", no_connection)) ==
              "x.toml:1: this [[connection]] names no connection");
    }
    CHECK(what("[[binding]]\nuser = \"u\"\n").contains("must be for a connection, or for introspect"));
    CHECK(what("[[binding]]\nuser = \"u\"\nconnection = \"a/1@e\"\nintrospect = \"e\"\n").contains("and not both"));
    CHECK(what("[[binding]]\nuser = \"u\"\nconnection = \"a/1\"\n").contains("names no connection"));
    CHECK(what("[[binding]]\nuser = \"u\"\nconnection = \"a/1@e\"\napp = \"a\"\n").contains("limit what introspect"));
    CHECK(what("[[binding]]\nconnection = \"a/1@e\"\n").contains("is for nobody"));
    CHECK(what("[[role]]\nrole = \"auditor\"\n").contains("one user or one group"));
    CHECK(what("[[role]]\nrole = \"auditor\"\nuser = \"u\"\ngroup = \"g\"\n").contains("one user or one group"));
    CHECK(what("[[role]]\nrole = \"auditor\"\nuser = \"u\"\napp = \"a\"\n").contains("only a developer has"));
    CHECK(what("[[role]]\nrole = \"developer\"\nuser = \"u\"\ntenant = \"1\"\n").contains("only a tenant-admin has"));
    CHECK(what("[[role]]\nrole = \"tenant-admin\"\nuser = \"u\"\n").contains("has no tenant"));
    CHECK(what("[[role]]\nrole = \"developer\"\nuser = \"u\"\n").empty());
}

TEST_CASE("apply: S36 a tenant without an environment is one of integration, and the same as one with it") {
    const auto all = said_by("[[tenant]]\ntenant = \"1\"\nname = \"N\"\n");
    CHECK(name_of(Kind::tenant, all.objects.front().fields) == "1@integration");
    const auto [what, next] =
        problem_in("[[tenant]]\ntenant = \"1\"\nname = \"N\"\n[[tenant]]\ntenant = \"1@integration\"\nname = \"M\"\n");
    CHECK(what == "x.toml:4: tenant 1@integration was declared before");
    CHECK(next == "keep one of both; the other is at x.toml:1");
}

TEST_CASE("apply: a directory is read in the order of its names, and what was declared in another file is known") {
    const auto directory = std::filesystem::temp_directory_path() / fmt::format("jeton-declared-{}", ::getpid());
    std::filesystem::create_directories(directory / "deeper.toml.d");
    const auto put = [&](std::string_view name, std::string_view text) { std::ofstream{directory / name} << text; };
    CHECK_FALSE(read_declared(directory.string()).has_value());  // nothing in it
    put("20-second.toml", "[[tenant]]\ntenant = \"2\"\nname = \"N\"\n");
    put("10-first.toml", "[[tenant]]\ntenant = \"1\"\nname = \"N\"\n");
    put(".hidden.toml", "nonsense");
    put("20-second.toml~", "nonsense");
    const auto all = read_declared(directory.string());
    REQUIRE(all.has_value());
    REQUIRE(all->objects.size() == 2);
    CHECK(all->objects.front().place.file.ends_with("10-first.toml"));
    put("30-third.toml", "\n[[tenant]]\ntenant = \"1\"\nname = \"M\"\n");
    const auto twice = read_declared(directory.string());
    REQUIRE_FALSE(twice.has_value());
    CHECK(twice.error().what.ends_with("30-third.toml:2: tenant 1@integration was declared before"));
    CHECK(twice.error().next.ends_with("10-first.toml:1"));
    std::filesystem::remove_all(directory);
    CHECK_FALSE(read_declared(directory.string()).has_value());
}

}  // namespace
}  // namespace jeton::cli
