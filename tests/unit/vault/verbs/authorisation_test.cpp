#include "daemon/vault/verbs/authorisation.hpp"

#include <set>

#include "daemon/vault/services/roles.hpp"
#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

const std::string name = "dispatcher/1@integration";

/// People of a host: one for each role, and one for nothing.
struct Host : World {
    Host() {
        connected(name);
        connected("other/2@integration");
        grant("developer", 2001, "dispatcher", {});
        grant("developer", 2002, "other", {});
        grant("tenant-admin", 2003, {}, "1@integration");
        grant("tenant-admin", 2004, {}, "2@integration");
        grant("auditor", 2005, {}, {});
        grant("operator", 2006, {}, {});
    }

    static Peer user(std::int64_t uid) {
        Peer peer;
        peer.uid = uid;
        peer.user = "u" + std::to_string(uid);
        return peer;
    }

    void grant(const std::string& role, std::int64_t uid, std::optional<std::string> app,
               std::optional<std::string> tenant_text, std::optional<std::chrono::seconds> life = {}) {
        WantedRole wanted{role, std::move(app), std::move(tenant_text), {}};
        wanted.identity.user = user(uid).user;
        wanted.identity.uid = uid;
        REQUIRE(run([&](Transaction& tx) { return grant_role(tx, admin, wanted, life, clock.now()); }));
    }

    Result<Standing> ask(const Peer& peer, std::string_view verb, const json::object& body = {}) {
        return run(
            [&](Transaction& tx) { return authorise(tx, peer, *find_verb(verb), json::value(body), clock.now()); });
    }
    static json::object about(const char* app, const char* tenant_text) {
        return {{"app", app}, {"tenant", tenant_text}};
    }
};

}  // namespace

TEST_CASE("T15: every verb has one row, and a name to be typed or none") {
    std::set<std::string_view> names;
    for (const auto& verb : all_verbs()) {
        INFO(verb.name);
        CHECK(names.insert(verb.name).second);
        CHECK(verb.for_anyone == verb.roles.is_empty());
    }
    CHECK(find_verb("no.such.verb") == nullptr);
}

TEST_CASE("T15: backing up and restoring is the operators' alone, every step of it") {
    int steps = 0;
    for (const auto& verb : all_verbs()) {
        if (!verb.name.starts_with("backup.") && !verb.name.starts_with("restore.")) continue;
        INFO(verb.name);
        ++steps;
        CHECK_FALSE(verb.for_anyone);
        for (const auto role : {Role::auditor, Role::developer, Role::tenant_admin}) CHECK_FALSE(verb.roles.has(role));
        CHECK(verb.roles.has(Role::host_operator));
    }
    CHECK(steps == 9);
}

TEST_CASE("T15: somebody without a role, and uid 0 of a container, may do what is for anyone and nothing else") {
    Host host;
    auto container_root = Host::user(0);
    container_root.foreign = true;
    for (const auto& verb : all_verbs()) {
        INFO(verb.name);
        CHECK(host.ask(Host::user(1001), verb.name, Host::about("dispatcher", "1@integration")).has_value() ==
              verb.for_anyone);
        CHECK(host.ask(container_root, verb.name, Host::about("dispatcher", "1@integration")).has_value() ==
              verb.for_anyone);
    }
}

TEST_CASE("T15: while the store is closed its roles are, and root alone may open it") {
    Host host;
    const auto ask = [&](const Peer& peer) {
        return authorise(host.store(), peer, *find_verb("store.unseal"), host.clock.now());
    };
    CHECK(ask(Host::user(2006)));
    CHECK(ask(Host::user(1001)).error().next.contains("jeton role matrix"));
    host.store().seal("for the night");
    CHECK(ask(Host::user(0)));
    CHECK(ask(Host::user(2006)).error().code == Errc::forbidden);
    CHECK(ask(Host::user(2006)).error().next.contains("until it is open, ask root"));
}

TEST_CASE("S5 S7 S15 S22: a role counts for its own app, tenant and environment") {
    Host host;
    const auto mine = Host::about("dispatcher", "1@integration");
    CHECK(host.ask(Host::user(2001), "secret.generate", mine));
    CHECK(host.ask(Host::user(2003), "access.disable", mine));
    // Seen, but not theirs to do.
    CHECK(host.ask(Host::user(2001), "access.disable", mine).error().code == Errc::forbidden);
    CHECK(host.ask(Host::user(2003), "app.publish", mine).error().code == Errc::forbidden);
    CHECK(host.ask(Host::user(2005), "access.allow", mine).error().code == Errc::forbidden);
    CHECK(host.ask(Host::user(2005), "app.show", mine));
    CHECK(host.ask(Host::user(2006), "app.show", mine));
}

TEST_CASE("S27: what one may not see is refused, to the letter, like what does not exist") {
    Host host;
    for (const auto* verb : {"secret.generate", "access.review", "app.tenant.remove"}) {
        INFO(verb);
        const auto hidden = host.ask(Host::user(2002), verb, Host::about("dispatcher", "1@integration"));
        const auto absent = host.ask(Host::user(2002), verb, Host::about("nonesuch", "1@integration"));
        REQUIRE_FALSE(hidden);
        REQUIRE_FALSE(absent);
        const auto renamed = [](std::string text) {
            for (auto at = text.find("nonesuch"); at != std::string::npos; at = text.find("nonesuch")) {
                text.replace(at, 8, "dispatcher");
            }
            return text;
        };
        CHECK(hidden.error().code == absent.error().code);
        CHECK(hidden.error().what == renamed(absent.error().what));
        CHECK(hidden.error().next == renamed(absent.error().next));
        CHECK_FALSE(hidden.error().operator_note.empty());  // the audit knows
    }
    const auto hidden = host.ask(Host::user(2004), "tenant.show", {{"tenant", "1@integration"}});
    CHECK(hidden.error().code == Errc::not_found);
    CHECK(host.ask(Host::user(2003), "tenant.show", {{"tenant", "1@integration"}}));
    CHECK(host.ask(Host::user(2001), "tenant.show", {{"tenant", "1@integration"}}));  // its app lists that tenant
}

TEST_CASE("S6 S19 S46: the state of the connection decides, in the words of the portal") {
    Host host;
    host.listed("dispatcher/3@integration");
    const auto unconnected = Host::about("dispatcher", "3@integration");
    const auto early = host.ask(Host::user(2001), "secret.generate", unconnected);
    CHECK(early.error().code == Errc::wrong_state);
    CHECK(early.error().what.find("Not Connected Yet") != std::string::npos);
    CHECK(host.ask(Host::user(2006), "access.enable", unconnected).error().code == Errc::wrong_state);
    CHECK(host.ask(Host::user(2006), "access.allow", unconnected));
}

TEST_CASE("roles end at their --expires, and by name and id together") {
    Host host;
    host.grant("auditor", 2010, {}, {}, 60s);
    CHECK(host.ask(Host::user(2010), "audit.list"));
    auto renamed = Host::user(2010);
    renamed.user = "somebody-else";
    CHECK(host.ask(renamed, "audit.list").error().code == Errc::forbidden);
    host.clock.advance(60s);
    CHECK(host.ask(Host::user(2010), "audit.list").error().code == Errc::forbidden);
}

TEST_CASE("a role of a group counts for whom the kernel gave the group") {
    Host host;
    WantedRole wanted{"auditor", {}, {}, {}};
    wanted.identity.group = "auditors";
    wanted.identity.gid = 3000;
    REQUIRE(host.run([&](Transaction& tx) { return grant_role(tx, host.admin, wanted, {}, host.clock.now()); }));
    auto member = Host::user(2020);
    CHECK_FALSE(host.ask(member, "audit.list"));
    member.groups = {{3000, "auditors"}};
    CHECK(host.ask(member, "audit.list"));
    member.groups = {{3000, "renamed"}};
    CHECK_FALSE(host.ask(member, "audit.list"));
}
