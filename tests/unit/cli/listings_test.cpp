/// Every listing as a person sees it, over documents as the daemon gives them (golden/).
#include <doctest/doctest.h>

#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::check_golden;

TEST_CASE("S8 app list: own apps with version and scopes") { check_golden("app_list", {"app", "list"}); }

TEST_CASE("S16 S19 S39 app connections: the portal's cells in all its states") {
    check_golden("app_connections", {"app", "connections", "dispatcher"});
}

TEST_CASE("S38 S41 app versions: the history, what came green, what went struck out") {
    check_golden("app_versions", {"app", "versions", "dispatcher"});
}

TEST_CASE("S34 connection list: what is missing, over all tenants") {
    check_golden("connection_list",
                 {"connection", "list", "--app", "dispatcher", "--tenant", "1234567", "--environment", "integration",
                  "--state", "connected", "--missing-secret", "--new-version", "--unused-for", "90d", "--limit", "50"});
}

TEST_CASE("connection show: pair, scopes, consent, and who may use it") {
    check_golden("connection_show", {"connection", "show", "dispatcher/4567890@integration"});
}

TEST_CASE("S24 S26 access list: connected and disabled apps, by the portal's name") {
    check_golden("access_list", {"access", "list", "1234567@integration"});
}

TEST_CASE("S25 S39 access list --pending: what waits for a decision, and how to decide") {
    check_golden("access_pending", {"access", "list", "--pending"});
}

TEST_CASE("S27 access list: an empty one says whom to ask, on stderr") {
    check_golden("access_empty", {"access", "list", "1234567@integration", "--pending"});
}

TEST_CASE("S41 access review: added scopes green behind +, removed ones struck out behind -") {
    check_golden("access_review", {"access", "review", "dispatcher/1234567@integration"});
}

TEST_CASE("S49 access disable --dry-run: what a selection would do") {
    check_golden("access_dry_run", {"access", "disable", "--app", "dispatcher", "--dry-run"});
}

TEST_CASE("S52 scope list: the catalogue by group") { check_golden("scope_list", {"scope", "list", "--group", "CRM"}); }

TEST_CASE("tenant list: long names give way") { check_golden("tenant_list", {"tenant", "list"}); }

TEST_CASE("environment list") { check_golden("environment_list", {"environment", "list"}); }

TEST_CASE("T23 app connections: hostile names and a name of 120 wide characters are shown, and harm nothing") {
    check_golden("hostile_connections", {"app", "connections", "dispatcher"});
}

}  // namespace
}  // namespace jeton::cli
