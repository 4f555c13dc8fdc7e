#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::check_golden;
using testing::run;

TEST_CASE("binding list: connections, patterns and introspection, each with all parts of its identity") {
    check_golden("binding_list", {"binding", "list", "dispatcher/1234567@integration", "--user", "worker"});
}

TEST_CASE("T23 binding list: hostile names and a name of 120 wide characters are shown, and harm nothing") {
    check_golden("hostile_bindings", {"binding", "list"});
}

TEST_CASE("binding add: a connection, a pattern, an environment to introspect") {
    const std::string row = R"({"id":"3f2a9c01d4e5f607","kind":"pattern","connection":"a/*@e","environment":"e",)"
                            R"("user":"worker","group":null,"unit":"w.service","default":false,"expires_at":null,)"
                            R"("warnings":["any process of worker may become w.service"]})";
    const auto shown = run(
        {"binding", "add", "a/*@e", "--user", "worker", "--unit", "w.service", "--allow-container", "--expires", "30d"},
        {{row, 201}});
    CHECK(shown.asked.at(0) == R"(POST /v1/bindings {"connection":"a/*@e","user":"worker","unit":"w.service",)"
                               R"("allow_container":true,"expires_in":2592000})");
    CHECK(shown.out == "user worker and unit w.service gets tokens of every connection a/*@e (binding 3f2a9c01)\n");
    CHECK(shown.err.starts_with("warning: any process of worker may become w.service\n"));
    CHECK(run({"binding", "add", "--introspect", "e", "--group", "g"}, {{"{}", 201}}).asked.at(0) ==
          R"(POST /v1/bindings {"introspect":"e","group":"g"})");
    CHECK(run({"binding", "add", "a/1@e", "--user", "u", "--default"}, {{"{}", 201}}).asked.at(0) ==
          R"(POST /v1/bindings {"connection":"a/1@e","user":"u","default":true})");
}

TEST_CASE("binding add: one purpose and at least one part of an identity; else nothing is asked") {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"binding", "add", "--user", "u"},
                                               {"binding", "add", "a/1@e"},
                                               {"binding", "add", "a", "--user", "u"},
                                               {"binding", "add", "a/1@e", "--introspect", "e", "--user", "u"}}) {
        const auto shown = run(words, {});
        CHECK(shown.code == exit_code::usage);
        CHECK(shown.err.contains("next: "));
        CHECK(shown.asked.empty());
    }
}

TEST_CASE("binding remove: by its ID, with the daemon's message") {
    const auto shown = run({"binding", "remove", "3f2a9c01"}, {{R"({"id":"3f2a9c01d4","message":"binding removed"})"}});
    CHECK(shown.asked.at(0) == "DELETE /v1/bindings/3f2a9c01");
    CHECK(shown.out == "binding removed\n");
}

}  // namespace
}  // namespace jeton::cli
