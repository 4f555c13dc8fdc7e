/// What a plan says, for each combination of what files want and what is there.
#include "cli/apply_plan.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/declared_file.hpp"
#include "cli/present_state.hpp"

namespace jeton::cli {
namespace {

constexpr std::int64_t now = 1'900'000'000;  // 2030-03-17T17:46:40Z

Declarations files(std::string_view text) {
    Declarations all;
    const auto read = read_declarations(text, "f", all);
    REQUIRE_MESSAGE(read.has_value(), read.error().what);
    return all;
}

/// Rows as the listings have them.
class There {
public:
    /// `more`: members behind a comma, which replace those of `text`.
    There& row(Kind kind, std::string_view text, std::string_view more = "") {
        auto listed = protocol::parse_strict(text).value();
        if (!more.empty()) {
            const auto others = protocol::parse_strict(fmt::format("{{{}}}", more.substr(1))).value();
            for (const auto& member : others.get_object()) listed.get_object()[member.key()] = member.value();
        }
        all_.push_back(present_of(kind, listed));
        return *this;
    }
    There& environment(std::string_view name, std::string_view more = "") {
        return row(Kind::environment,
                   fmt::format(R"({{"environment":"{0}","kind":"local","issuer":"http://localhost/{0}",)"
                               R"("host_aliases":[],"resources":[],"developer_access":true,"signing_alg":"EdDSA",)"
                               R"("allow_loopback_http":false,"tenant_claim_required":false}})",
                               name),
                   more);
    }
    There& tenant(std::string_view name, std::string_view environment = "integration") {
        return row(Kind::tenant, fmt::format(R"({{"tenant":"{}","environment":"{}","name":"N"}})", name, environment));
    }
    There& app(std::string_view name) {
        return row(Kind::app,
                   fmt::format(R"({{"app":"{}","organization":"O","homepage":"https://h","app_key":"jak.x",)"
                               R"("external_data_guid":"g","credentials":"developer","scopes":["s.a.b:r"]}})",
                               name));
    }
    There& connection(std::string_view name, std::string_view state, bool listed = true) {
        return row(Kind::connection,
                   fmt::format(R"({{"connection":"{}","state":"{}","listed":{},"note":null}})", name, state, listed));
    }
    There& binding(std::string_view id, std::string_view connection, std::string_view more = "") {
        return row(Kind::binding,
                   fmt::format(R"({{"id":"{}","kind":"connection","connection":"{}","environment":"integration",)"
                               R"("app":null,"resource":null,"user":"worker","user_id":1001,"group":null,)"
                               R"("group_id":null,"unit":null,"default":false,"allow_container":false}})",
                               id, connection),
                   more);
    }
    There& role(std::string_view role, std::string_view user, std::string_view more = "") {
        return row(Kind::role,
                   fmt::format(R"({{"role":"{}","app":null,"tenant":null,"user":"{}","user_id":1001,)"
                               R"("group":null,"group_id":null}})",
                               role, user),
                   more);
    }
    There& scope(std::string_view name, std::string_view source = "built-in") {
        return row(Kind::scope,
                   fmt::format(R"({{"name":"{}","group":"G","display_name":"D","source":"{}"}})", name, source));
    }

    [[nodiscard]] const std::vector<Present>& all() const { return all_; }

private:
    std::vector<Present> all_;
};

/// "create tenant 1@integration" and so on, a line each, in their order; "none" is left out.
std::string plan(std::string_view text, const There& there, bool prune = false) {
    constexpr std::array words{"none", "create", "change", "remove", "keep", "refuse"};
    std::string lines;
    for (const auto& step : plan_of(files(text), there.all(), {.prune = prune, .now = now})) {
        if (step.action == StepAction::none) continue;
        std::vector<std::string> notes;
        for (const auto& one : step.differences) notes.push_back(text_of(one));
        if (!step.why.empty()) notes.push_back(step.why);
        lines += fmt::format("{} {} {}{}{}\n", words[static_cast<std::size_t>(step.action)], word_of(step.kind),
                             step.name, notes.empty() ? "" : ": ", fmt::join(notes, "; "));
    }
    return lines;
}

Step only_step(std::string_view text, const There& there, bool prune = false) {
    auto steps = plan_of(files(text), there.all(), {.prune = prune, .now = now});
    REQUIRE(steps.size() == 1);
    return steps.front();
}

constexpr std::string_view world = R"(
[[environment]]
environment = "integration"
kind = "local"
[[tenant]]
tenant = "1"
name = "N"
[[app]]
app = "a"
organization = "O"
homepage = "https://h"
credentials = "developer"
scopes = ["s.a.b:r"]
[[connection]]
connection = "a/1@integration"
[[binding]]
connection = "a/1@integration"
user = "worker"
[[role]]
role = "developer"
app = "a"
user = "dev"
[[scope]]
name = "s.a.b"
group = "G"
display_name = "D"
)";

There whole_world() {
    There there;
    return there.scope("s.a.b", "added")
        .environment("integration")
        .tenant("1")
        .app("a")
        .connection("a/1@integration", "connected")
        .binding("b1", "a/1@integration")
        .row(Kind::role, R"({"role":"developer","app":"a","tenant":null,"user":"dev","user_id":7})");
}

TEST_CASE("apply: on an empty host all is made, each after what it needs") {
    CHECK(plan(world, {}) ==
          "create scope s.a.b\ncreate environment integration\ncreate tenant 1@integration\n"
          "create app a\ncreate connection a/1@integration\n"
          "create binding a/1@integration for user worker\ncreate role developer a for user dev\n");
}

TEST_CASE("apply: where all is as the files say nothing is done, with and without prune") {
    CHECK(plan(world, whole_world()).empty());
    CHECK(plan(world, whole_world(), true).empty());
    CHECK(plan_of(files(world), whole_world().all(), {.prune = true, .now = now}).size() == 7);
}

TEST_CASE("apply: what a file leaves out of an object stays as it is") {
    There there;
    there.environment("e", R"(,"host_aliases":["h.example"],"resources":["https://r"],"signing_alg":"ES256")");
    CHECK(plan("[[environment]]\nenvironment = \"e\"\nkind = \"local\"\n", there).empty());
    CHECK(plan("[[environment]]\nenvironment = \"e\"\nkind = \"local\"\nhost_aliases = []\nresources = [\"https://q\", "
               "\"https://r\"]\nsigning_alg = \"EdDSA\"\ndeveloper_access = false\n",
               there) ==
          "change environment e: signing_alg: ES256 → EdDSA; resources: +https://q; "
          "host_aliases: -h.example; developer_access: yes → no\n");
}

TEST_CASE("apply: lists are compared as sets, host names without regard to capitals") {
    There there;
    there.environment("e", R"(,"host_aliases":["a.example","b.example"])");
    CHECK(plan("[[environment]]\nenvironment = \"e\"\nkind = \"local\"\nhost_aliases = [\"B.example\", "
               "\"a.Example\"]\n",
               there)
              .empty());
}

TEST_CASE("apply: what is fixed when it is made is refused, not made anew") {
    const auto there = whole_world();
    const auto why = [&](std::string_view text) {
        const auto step = only_step(text, there);
        CHECK(step.action == StepAction::refuse);
        CHECK_FALSE(step.next.empty());
        return step.why;
    };
    const std::string_view environment = "[[environment]]\nenvironment = \"integration\"\n";
    CHECK(why(fmt::format("{}kind = \"upstream\"\n", environment)) ==
          "kind: local → upstream; this is fixed when it is made");
    CHECK(why(fmt::format("{}preset = \"servicetitan-production\"\n", environment)).starts_with("preset: none → "));
    CHECK(why(fmt::format("{}kind = \"local\"\nissuer = \"https://i\"\n", environment)).starts_with("issuer: "));
    CHECK(why("[[scope]]\nname = \"s.a.b\"\ngroup = \"H\"\ndisplay_name = \"D\"\n") ==
          "group: G → H; this is fixed when it is made");
    CHECK(why("[[connection]]\nconnection = \"a/1@integration\"\nnote = \"x\"\n").starts_with("note: none → x"));
    CHECK(why("[[app]]\napp = \"a\"\norganization = \"O\"\nhomepage = \"https://h\"\ncredentials = \"developer\"\n"
              "scopes = [\"s.a.b:r\"]\nexternal_data_guid = \"k\"\n")
              .starts_with("external_data_guid: g → k"));
}

TEST_CASE("apply: an environment that was made with a preset is as a file with a preset says") {
    There there;
    there.row(Kind::environment, R"({"environment":"p","kind":"upstream","token_endpoint":"https://t","client_auth":
        "post","issuer":"https://learned","host_aliases":["auth-integration.servicetitan.io"],"resources":[],
        "signing_alg":null,"ca_file":null,"allow_loopback_http":false,"developer_access":false,
        "tenant_claim_required":true})");
    CHECK(text_of(there.all().front().fields, "preset") == "servicetitan-integration");
    CHECK_FALSE(there.all().front().fields.contains("issuer"));  // it was learned, nobody said it
    const std::string_view file = "[[environment]]\nenvironment = \"p\"\npreset = \"servicetitan-integration\"\n";
    CHECK(plan(file, there).empty());
    CHECK(plan(fmt::format("{}token_endpoint = \"https://u\"\nca_file = \"\"\n", file), there) ==
          "change environment p: token_endpoint: https://t → https://u\n");
}

TEST_CASE("apply: scopes that differ are a new version, other fields an edit") {
    const std::string_view file =
        "[[app]]\napp = \"a\"\norganization = \"P\"\nhomepage = \"https://h\"\n"
        "credentials = \"developer\"\nscopes = [\"s.a.c:w\"]\n";
    CHECK(plan(file, whole_world().scope("s.a.c")) == "change app a: organization: O → P; scopes: +s.a.c:w -s.a.b:r\n");
}

TEST_CASE("apply: a binding or role is said whole: what is left out is none") {
    There there;
    there.environment("integration").tenant("1").app("a").connection("a/1@integration", "connected");
    there.binding("b1", "a/1@integration", R"(,"default":true,"expires_at":"2031-01-01T00:00:00Z")");
    there.role("auditor", "x", R"(,"expires_at":"2031-01-01T00:00:00Z")");
    const std::string_view binding = "[[binding]]\nconnection = \"a/1@integration\"\nuser = \"worker\"\n";
    const std::string_view role = "[[role]]\nrole = \"auditor\"\nuser = \"x\"\n";
    CHECK(plan(binding, there) ==
          "change binding a/1@integration for user worker: default: yes → none; expires_at: "
          "2031-01-01T00:00:00Z → none\n");
    CHECK(plan(role, there) == "change role auditor for user x: expires_at: 2031-01-01T00:00:00Z → none\n");
    // Within a minute an end is the same.
    CHECK(plan(fmt::format("{}default = true\nexpires_at = 2031-01-01T00:00:59Z\n", binding), there).empty());
    CHECK(plan(fmt::format("{}expires_at = 2030-12-31T23:59:00Z\n", role), there) ==
          "change role auditor for user x: expires_at: 2031-01-01T00:00:00Z → 2030-12-31T23:59:00Z\n");
}

TEST_CASE("apply: a user may be meant by name or by number, but not by both") {
    There there;
    there.role("auditor", "x");
    CHECK(plan("[[role]]\nrole = \"auditor\"\nuser = \"1001\"\n", there).empty());
    CHECK(plan("[[role]]\nrole = \"auditor\"\nuser = \"1002\"\n", there) == "create role auditor for user 1002\n");
    CHECK(plan("[[role]]\nrole = \"auditor\"\nuser = \"x\"\n[[role]]\nrole = \"auditor\"\nuser = \"1001\"\n", there) ==
          "refuse role auditor for user 1001: f:1 means the same\n");
}

TEST_CASE("apply: a time that is over makes nothing, and ends what still holds") {
    There there;
    const std::string_view file = "[[role]]\nrole = \"auditor\"\nuser = \"x\"\nexpires_at = 2030-03-17T17:47:00Z\n";
    const auto nothing = only_step(file, there);
    CHECK(nothing.action == StepAction::none);
    CHECK(nothing.why.starts_with("its time is over"));
    there.role("auditor", "x");
    CHECK(plan(file, there) == "remove role auditor for user x\n");
    There over;
    over.role("auditor", "x", R"(,"expires_at":"2030-03-17T17:46:00Z")");
    CHECK(only_step(file, over).action == StepAction::none);
    // A role that has ended is granted again; of a binding the daemon keeps the old one beside it.
    const std::string_view longer = "[[role]]\nrole = \"auditor\"\nuser = \"x\"\nexpires_at = 2031-01-01T00:00:00Z\n";
    CHECK(plan(longer, over).starts_with("change role auditor"));
    There old;
    old.connection("a/1@integration", "connected");
    old.binding("b1", "a/1@integration", R"(,"expires_at":"2030-03-17T17:46:00Z")");
    const std::string_view binding = "[[binding]]\nconnection = \"a/1@integration\"\nuser = \"worker\"\n";
    CHECK(plan(binding, old) == "create binding a/1@integration for user worker\n");
    CHECK(plan(binding, old, true) ==
          "remove binding a/1@integration for user worker\ncreate binding a/1@integration for user worker\n");
}

TEST_CASE("apply: what is needed and nowhere is refused, with what it may have been") {
    There there;
    there.environment("integration").tenant("1").app("dispatcher");
    const auto step = only_step("[[connection]]\nconnection = \"dispather/1@integration\"\n", there);
    CHECK(step.action == StepAction::refuse);
    CHECK(step.why == "app dispather is neither there nor in a file");
    CHECK(step.next == "did you mean dispatcher?");
    CHECK(plan("[[tenant]]\ntenant = \"1@x\"\nname = \"N\"\n", {}) ==
          "refuse tenant 1@x: environment x is neither there nor in a file\n");
    CHECK(plan("[[binding]]\nintrospect = \"integration\"\napp = \"b\"\nuser = \"u\"\n", there)
              .contains("app b is neither"));
    CHECK(plan("[[binding]]\nconnection = \"dispatcher/*@integration\"\nuser = \"u\"\n", there).starts_with("create"));
    CHECK(plan("[[binding]]\nconnection = \"dispatcher/1@integration\"\nuser = \"u\"\n", there)
              .contains("connection dispatcher/1@integration is neither"));
    CHECK(plan("[[role]]\nrole = \"tenant-admin\"\ntenant = \"2\"\nuser = \"u\"\n", there).contains("tenant 2@integr"));
    CHECK(plan("[[app]]\napp = \"n\"\norganization = \"O\"\nhomepage = \"https://h\"\ncredentials = \"tenant\"\n"
               "scopes = [\"s.a.x:r\"]\n",
               there)
              .contains("scope s.a.x is neither"));
}

TEST_CASE("apply: a default is given up before the next one gets it") {
    There there;
    there.environment("integration").tenant("1").tenant("2").app("a");
    there.connection("a/1@integration", "connected").connection("a/2@integration", "connected");
    there.binding("b1", "a/1@integration", R"(,"default":true)").binding("b2", "a/2@integration");
    CHECK(plan("[[binding]]\nconnection = \"a/2@integration\"\nuser = \"worker\"\ndefault = true\n"
               "[[binding]]\nconnection = \"a/1@integration\"\nuser = \"worker\"\n",
               there) ==
          "change binding a/1@integration for user worker: default: yes → none\n"
          "change binding a/2@integration for user worker: default: none → yes\n");
}

TEST_CASE("apply: a tenant that was taken off the list is listed again, which decides nothing for it") {
    There there;
    there.environment("integration").tenant("1").app("a").connection("a/1@integration", "disabled", false);
    const auto step = only_step("[[connection]]\nconnection = \"a/1@integration\"\nnote = \"x\"\n", there);
    CHECK(step.action == StepAction::create);
    CHECK(step.why.contains("stays disabled until its tenant enables it"));
}

TEST_CASE("apply: prune ends what files do not name, of the kinds that they speak of alone") {
    const auto there = whole_world();
    CHECK(plan("binding = []\n", there).empty());
    CHECK(plan("binding = []\n", there, true) == "remove binding a/1@integration for user worker\n");
    CHECK(plan("role = []\nbinding = []\n", there, true) ==
          "remove role developer a for user dev\nremove binding a/1@integration for user worker\n");
    const auto ends = only_step("connection = []\n", there, true);
    CHECK(ends.action == StepAction::remove);
    CHECK(ends.ends.starts_with("it is connected, and gets disabled"));
    CHECK(ends.ends.contains("consent, client ID and secrets are kept"));
}

TEST_CASE("apply: prune erases nothing that a tenant allowed") {
    auto there = whole_world();
    CHECK(plan("app = []\n", there, true) ==
          "keep app a: it would take 1 connection with it that a tenant allowed: a/1@integration\n");
    CHECK(plan("environment = []\n", there, true).starts_with("keep environment integration: it would take 1 connec"));
    CHECK(plan("tenant = []\nscope = []\n", there, true) ==
          "keep scope s.a.b: the catalogue of scopes only grows\n"
          "keep tenant 1@integration: a tenant goes with its environment alone\n");
    There many;
    many.app("a");
    for (const auto* tenant : {"1", "2", "3", "4", "5"})
        many.connection(fmt::format("a/{}@e", tenant), tenant[0] == '1' ? "not-connected" : "disabled");
    CHECK(only_step("app = []\n", many, true)
              .why.ends_with("4 connections with it that a tenant allowed: a/2@e, "
                             "a/3@e, a/4@e and 1 more"));
}

TEST_CASE("apply: prune deletes what no tenant allowed, and does not name what goes with it twice") {
    There there;
    there.environment("e").tenant("1", "e").tenant("2", "e").app("a").connection("a/1@e", "not-connected");
    CHECK(plan("environment = []\ntenant = []\nconnection = []\n", there, true) == "remove environment e\n");
    const auto step = only_step("environment = []\n", there, true);
    CHECK(step.ends.contains("2 tenants and 1 connection that none of them allowed"));
    CHECK(plan("app = []\nconnection = []\n", there, true) == "remove app a\n");
    CHECK(only_step("connection = []\n", there, true).ends.contains("it is erased, with its bindings"));
}

TEST_CASE("apply: prune and what is needed contradict each other: refused before anything is done") {
    There there;
    there.environment("e").tenant("1", "e").app("a").connection("a/1@e", "not-connected");
    CHECK(plan("environment = []\n[[tenant]]\ntenant = \"1@e\"\nname = \"N\"\n", there, true)
              .contains("refuse tenant 1@e: environment e ends, for it is in no file"));
    const std::string_view bound = "connection = []\n[[binding]]\nconnection = \"a/1@e\"\nuser = \"u\"\n";
    CHECK(plan(bound, there, true).contains("connection a/1@e ends, for it is in no file"));
    CHECK(plan(fmt::format("app = []\n{}", bound), there, true).contains("connection a/1@e ends"));
}

TEST_CASE("apply: of roles that end operators are last, and after those that are granted") {
    There there;
    there.role("operator", "old").role("auditor", "aud");
    CHECK(plan("[[role]]\nrole = \"operator\"\nuser = \"new\"\n", there, true) ==
          "remove role auditor for user aud\ncreate role operator for user new\nremove role operator for user old\n");
}

TEST_CASE("apply: what is off its app's list already is let be by prune") {
    There there;
    there.connection("a/1@e", "disabled", false);
    CHECK(plan("connection = []\n", there, true).empty());
}

TEST_CASE("apply: what is stored does not steer the terminal of whoever reads a difference (T23)") {
    There there;
    there.row(Kind::tenant, "{\"tenant\":\"1\",\"environment\":\"e\",\"name\":\"\\u001b[2J\"}").environment("e");
    CHECK(plan("[[tenant]]\ntenant = \"1@e\"\nname = \"N\"\n", there) == "change tenant 1@e: name: \\x1b[2J → N\n");
}

}  // namespace
}  // namespace jeton::cli
