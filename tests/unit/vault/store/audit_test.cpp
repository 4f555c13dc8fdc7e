#include "daemon/vault/store/audit.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

constexpr UtcSeconds start{std::chrono::seconds{1'800'000'000}};

/// Entries 2 to 6 after the store's own first one.
void write_five(Place& place) {
    place.run([](Transaction& tx) {
        for (int i = 0; i < 5; ++i) {
            auto written = entry(i % 2 == 0 ? "secret.generated" : "access.allowed", "subject " + std::to_string(i));
            written.at = start + std::chrono::seconds{i};
            written.actor_uid = 1000 + i % 2;
            written.actor_user = i % 2 == 0 ? "alice" : "bob";
            written.connection = i < 3 ? "dispatcher/1234567@production" : "";
            written.tenant = i < 3 ? "1234567@production" : "";
            written.refused = i == 4;
            written.count = i + 1;
            tx.append_audit(written);
        }
    });
}

/// What `audit verify` says after `sql`; the edit itself is undone.
std::string verified_after(Place& place, const std::string& sql) {
    std::string what;
    auto group = place.store().group();
    (void)group.attempt([&](Transaction& tx) -> Result<void> {
        place.edit_open(sql);
        const auto verified = audit::verify(tx);
        what = verified ? "holds" : verified.error().what;
        return refuse(Errc::forbidden, "undo the edit", "");
    });
    return what;
}

template <class Choose>
std::vector<std::int64_t> sequences(Place& place, Choose choose) {
    audit::Filter filter;
    choose(filter);
    std::vector<std::int64_t> found;
    for (const auto& one : place.run([&](Transaction& tx) { return audit::list(tx, filter); })) {
        found.push_back(one.sequence);
    }
    return found;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("store audit: the chain holds, its head is said, and every member comes back") {
    Place place;
    place.begin();
    write_five(place);
    const auto first = place.run([](Transaction& tx) { return *audit::verify(tx); });
    CHECK(first.entries == 6);
    CHECK(first.head_sequence == 6);
    CHECK(first.head_hash.size() == 64);
    place.open();
    REQUIRE(place.unseal());
    CHECK(place.run([](Transaction& tx) { return audit::verify(tx)->head_hash; }) == first.head_hash);

    auto written = entry("a.b", "'; DROP TABLE audit; --\n");
    written.host = "elsewhere";
    written.actor_uid = 4'294'967'294;
    written.actor_pid = 4711;
    written.actor_command = "python3";
    written.connection = "a/b@c";
    written.tenant = "b@c";
    written.refused = true;
    written.detail = "{\"x\"}";
    written.count = 12;
    place.run([&](Transaction& tx) { tx.append_audit(written); });
    const auto read = place.run([](Transaction& tx) { return audit::list(tx, {}).back(); });
    CHECK(read.sequence == 7);
    CHECK(read.at == written.at);
    CHECK(read.host == written.host);
    CHECK(read.actor_uid == written.actor_uid);
    CHECK(read.actor_user == written.actor_user);
    CHECK(read.actor_pid == written.actor_pid);
    CHECK(read.actor_command == written.actor_command);
    CHECK(read.event == written.event);
    CHECK(read.subject == written.subject);
    CHECK(read.connection == written.connection);
    CHECK(read.tenant == written.tenant);
    CHECK(read.via == written.via);
    CHECK(read.refused);
    CHECK(read.detail == written.detail);
    CHECK(read.count == 12);
}

TEST_CASE("store audit: verify names the first entry that was edited, in any column") {
    Place place;
    place.begin();
    write_five(place);
    for (const auto* column : {"at", "actor_uid", "actor_pid", "count", "refused"}) {
        CAPTURE(column);
        CHECK(verified_after(place, std::string{"UPDATE audit SET "} + column + " = " + column +
                                        " + 5 WHERE sequence >= 3") == "audit entry 3 was edited outside jeton");
    }
    for (const auto* column :
         {"host", "actor_user", "actor_command", "event", "subject", "connection", "tenant", "via", "detail"}) {
        CAPTURE(column);
        CHECK(verified_after(place, std::string{"UPDATE audit SET "} + column + " = 'x' || " + column +
                                        " WHERE sequence = 4") == "audit entry 4 was edited outside jeton");
    }
    CHECK(verified_after(place, "UPDATE audit SET hash = randomblob(32) WHERE sequence = 6") ==
          "audit entry 6 was edited outside jeton");
    CHECK(verified_after(place, "UPDATE audit SET hash = x'' WHERE sequence = 1") ==
          "audit entry 1 was edited outside jeton");
    CHECK(verified_after(place, "UPDATE audit SET changes = x'00' WHERE sequence = 1") ==
          "audit entry 1 was edited outside jeton");
    CHECK(verified_after(place, "UPDATE audit SET changes = changes") == "holds");
}

TEST_CASE("store audit: verify names what is missing, put in or exchanged (T36)") {
    Place place;
    place.begin();
    write_five(place);
    CHECK(verified_after(place, "DELETE FROM audit WHERE sequence = 6") == "audit entry 6 is missing");
    CHECK(verified_after(place, "DELETE FROM audit WHERE sequence >= 5") == "audit entry 5 is missing");
    CHECK(verified_after(place, "DELETE FROM audit") == "audit entry 1 is missing");
    CHECK(verified_after(place, "DELETE FROM audit WHERE sequence = 3") == "audit entry 3 is missing");
    CHECK(verified_after(place, "DELETE FROM audit WHERE sequence = 1") == "audit entry 1 is missing");
    CHECK(verified_after(place,
                         "UPDATE audit SET sequence = 99 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE "
                         "sequence = 4; UPDATE audit SET sequence = 4 WHERE sequence = 99") ==
          "audit entry 3 was edited outside jeton");
    CHECK(
        verified_after(place,
                       "INSERT INTO audit SELECT 7, at, host, actor_uid, actor_user, actor_pid, actor_command, event, "
                       "subject, connection, tenant, via, refused, detail, count, changes, hash, actor_unit FROM audit "
                       "WHERE sequence = 6") == "audit entry 7 was edited outside jeton");
}

TEST_CASE("store audit: a tail that was cut while the store was closed keeps it sealed (T36)") {
    Place place;
    place.begin();
    write_five(place);
    place.close();
    const auto clean = place.save();
    struct Cut {
        std::string sql;
        std::string what;
    };
    const std::vector<Cut> cuts{
        {"DELETE FROM audit WHERE sequence = 6", "audit entry 6 is missing"},
        {"DELETE FROM audit WHERE sequence >= 5", "audit entry 5 is missing"},
        {"DELETE FROM audit", "audit entry 1 is missing"},
        {"UPDATE audit SET event = 'x' WHERE sequence = 6", "audit entry 6 was edited outside jeton"}};
    for (const auto& cut : cuts) {
        CAPTURE(cut.sql);
        place.edit(cut.sql);
        place.open();
        const auto refused = place.unseal(true);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::mismatch);
        CHECK(refused.error().what == cut.what);
        place.close();
        place.restore(clean);
    }
}

TEST_CASE("store audit: filters, alone and together, oldest first") {
    Place place;
    place.begin();
    write_five(place);
    CHECK(sequences(place, [](audit::Filter&) {}) == Numbers{1, 2, 3, 4, 5, 6});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.limit = 2; }) == Numbers{1, 2});
    CHECK(sequences(place, [](audit::Filter& filter) {
              filter.limit = 2;
              filter.after = 3;
          }) == Numbers{4, 5});
    place.run([](Transaction& tx) {
        CHECK(audit::before_newest(tx, {}, 2) == 4);
        CHECK(audit::before_newest(tx, {}, 6) == 0);
        CHECK(audit::before_newest(tx, {}, 99) == 0);
        audit::Filter bob;
        bob.user = "bob";
        CHECK(audit::before_newest(tx, bob, 1) == 3);
    });
    CHECK(sequences(place, [](audit::Filter& filter) { filter.limit = 0; }).empty());
    CHECK(sequences(place, [](audit::Filter& filter) { filter.tenant = "1234567@production"; }) == Numbers{2, 3, 4});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.connection = "dispatcher/1234567@production"; }) ==
          Numbers{2, 3, 4});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.connection = "dispatcher/%"; }).empty());
    CHECK(sequences(place, [](audit::Filter& filter) { filter.user = "bob"; }) == Numbers{3, 5});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.user = "1001"; }) == Numbers{3, 5});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.user = "nobody"; }).empty());
    CHECK(sequences(place, [](audit::Filter& filter) { filter.event_glob = "secret.*"; }) == Numbers{2, 4, 6});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.event_glob = "secret"; }).empty());
    CHECK(sequences(place, [](audit::Filter& filter) { filter.since = start + std::chrono::seconds{3}; }) ==
          Numbers{5, 6});
    CHECK(sequences(place, [](audit::Filter& filter) {
              filter.event_glob = "*.*";
              filter.until = start + std::chrono::seconds{1};
          }) == Numbers{1, 2});
    CHECK(sequences(place, [](audit::Filter& filter) {
              filter.tenant = "1234567@production";
              filter.user = "alice";
              filter.limit = 1;
          }) == Numbers{2});
    CHECK(sequences(place, [](audit::Filter& filter) { filter.event_glob = "' OR 1 = 1 --"; }).empty());
}
