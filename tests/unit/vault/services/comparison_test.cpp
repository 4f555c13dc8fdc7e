#include "daemon/vault/services/comparison.hpp"

#include "daemon/vault/services/rotation.hpp"
#include "tests/unit/vault/services/backup_support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

bool holds(const std::vector<std::string>& lines, const std::string& beginning) {
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.starts_with(beginning); });
}

}  // namespace

TEST_CASE("an unchanged store: nothing is revived, nothing is lost") {
    SafeOffice office;
    office.connected(name);
    REQUIRE(office.generate(name));
    office.bind(name);
    const auto file = office.back_up();
    CHECK(lines(office.differences(office.store(), file)).empty());
}

TEST_CASE("what was taken away since the backup is revived, what came since is lost, by name") {
    SafeOffice office;
    office.connected(name);
    office.connected("dispatcher/2@integration");
    const auto old_secret = office.generate(name);
    REQUIRE(old_secret);
    office.bind(name);
    office.grant("auditor", office.developer, {}, {});
    const auto file = office.back_up();

    std::vector<std::string> expected;
    SUBCASE("a secret that was deactivated") {
        REQUIRE(office.run([&](Transaction& tx) {
            return deactivate_secret(tx, office.admin, SafeOffice::connection(name),
                                     old_secret->value.reveal().substr(0, secret_prefix_size), office.clock.now());
        }));
        expected = {"revived secret "};
    }
    SUBCASE("a secret that came since") {
        REQUIRE(office.generate(name));
        expected = {"lost secret "};
    }
    SUBCASE("a deadline that passed since") {
        REQUIRE(office.run([&](Transaction& tx) {
            return rotate_secret(tx, office.admin, SafeOffice::connection(name), 1h, office.clock.now());
        }));
        const auto during = lines(office.differences(office.store(), file));
        CHECK(holds(during, "revived secret "));
        CHECK(holds(during, "lost secret "));
        office.clock.advance(2h);
        expected = {"revived secret ", "lost secret "};
    }
    SUBCASE("a binding and a role that were removed") {
        REQUIRE(office.run([&](Transaction& tx) {
            return remove_binding(tx, office.admin, bindings::list(tx).front().id.text, office.clock.now());
        }));
        REQUIRE(office.run([&](Transaction& tx) {
            WantedRole wanted{"auditor", {}, {}, {}};
            wanted.identity.user = office.developer.user;
            wanted.identity.uid = office.developer.uid;
            return revoke_role(tx, office.admin, wanted, office.clock.now());
        }));
        expected = {"revived binding dispatcher/1@integration for user worker: removed since",
                    "revived role auditor for user dora: removed since"};
    }
    SUBCASE("a connection that was disabled") {
        REQUIRE(office.run([&](Transaction& tx) {
            return disable_access(tx, office.admin, office.everything, SafeOffice::connection(name), {},
                                  office.clock.now());
        }));
        expected = {"revived connection dispatcher/1@integration: connected again; disabled now"};
    }
    SUBCASE("tenants, apps, environments and connections that came since") {
        office.connected("second/3@production");
        expected = {"lost environment production: made since",
                    "lost tenant 3@production: made since",
                    "lost app second: made since",
                    "lost version 1 of second: made since",
                    "lost connection second/3@production: gone again; connected now",
                    "lost signing key "};
    }
    SUBCASE("an app that was deleted") {
        REQUIRE(office.run(
            [&](Transaction& tx) { return delete_app(tx, office.admin, "dispatcher", office.clock.now()); }));
        expected = {"revived app dispatcher: deleted since",
                    "revived version 1 of dispatcher: deleted since",
                    "revived connection dispatcher/1@integration: connected again; gone now",
                    "revived connection dispatcher/2@integration: connected again; gone now",
                    "revived secret ",
                    "revived binding "};
    }
    const auto found = lines(office.differences(office.store(), file));
    for (const auto& line : expected) {
        INFO(line);
        CHECK(holds(found, line));
    }
    CHECK(holds(found, "lost audit entr"));
    CHECK(found.size() == expected.size() + 1);
}

TEST_CASE("what a restore revives stands in the audit") {
    SafeOffice office;
    office.connected(name);
    office.bind(name);
    const auto file = office.back_up();
    REQUIRE(office.run([&](Transaction& tx) {
        return remove_binding(tx, office.admin, bindings::list(tx).front().id.text, office.clock.now());
    }));
    REQUIRE(office.restore_into(office.store(), file));
    REQUIRE(office.audited("store.restored").size() == 1);
    CHECK(office.audited("store.restored")
              .front()
              .detail.find("revived: binding dispatcher/1@integration for user worker (removed since)") !=
          std::string::npos);
}
