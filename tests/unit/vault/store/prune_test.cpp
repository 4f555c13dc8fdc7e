#include <doctest/doctest.h>
#include <sodium.h>

#include "daemon/base/encoding.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/audit_checkpoints.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

constexpr std::chrono::hours day{24};

/// One entry with a change on each of `days` days.
void write_days(Place& place, int days) {
    for (int i = 0; i < days; ++i) {
        auto app = app_named("app" + std::to_string(i));
        place.run([&](Transaction& tx) {
            tx.insert(app);
            auto written = entry("app.created", app.name);
            written.at = place.clock.now();
            tx.append_audit(written);
        });
        place.clock.wall += day;
    }
}

audit::Pruned prune_before(Place& place, UtcSeconds before) {
    return place
        .run([&](Transaction& tx) {
            auto pruned = audit::prune(tx, before, "alice");
            if (pruned && pruned->entries > 0) tx.append_audit(entry("audit.pruned"));
            return pruned;
        })
        .value();
}

bool verifies(Place& place) {
    return place.run([](Transaction& tx) { return audit::verify(tx); }).has_value();
}

}  // namespace

TEST_CASE("audit prune: older entries go, the chain goes on from a checkpoint, also after a restart") {
    Place place;
    place.begin();
    const auto first = place.clock.now();
    write_days(place, 10);
    const auto pruned = prune_before(place, first + 5 * day);
    CHECK(pruned.entries == 6);  // the store's own first entry and five days
    REQUIRE(pruned.checkpoint);
    CHECK(pruned.checkpoint->sequence == 6);
    CHECK(verifies(place));
    place.open();
    REQUIRE(place.unseal());
    CHECK(verifies(place));
    CHECK(prune_before(place, first + 5 * day).entries == 0);
    CHECK(prune_before(place, first + 7 * day).entries == 2);
    place.open();
    REQUIRE(place.unseal());
    CHECK(verifies(place));
    CHECK(place.run([](Transaction& tx) { return audit_checkpoints::find(tx); })->sequence == 8);
}

TEST_CASE("audit prune: what came since the last change of authority goes, too, with the next piece") {
    Place place;
    place.begin();
    write_days(place, 2);
    for (int i = 0; i < 20; ++i) place.run([](Transaction& tx) { tx.append_audit(entry("token.issued")); });
    const auto before = place.clock.now() + day;
    const auto first = prune_before(place, before);
    CHECK(first.entries == 2);
    CHECK(first.has_more);
    const auto second = prune_before(place, before);
    CHECK(second.entries == 21);  // but the entry of the pruning itself, which the anchor vouches with
    CHECK(verifies(place));
}

TEST_CASE("audit prune: what the anchor vouches with stays, whatever its age") {
    Place place;
    place.begin();
    write_days(place, 3);
    (void)prune_before(place, place.clock.now() + 1000 * day);
    place.open();
    REQUIRE(place.unseal());
    CHECK(verifies(place));
}

TEST_CASE("threat: entries cut off behind the checkpoint, or a checkpoint moved by hand, are noticed (T36)") {
    Place place;
    place.begin();
    const auto first = place.clock.now();
    write_days(place, 6);
    (void)prune_before(place, first + 3 * day);
    place.close();
    SUBCASE("entries") { place.edit("DELETE FROM audit WHERE sequence <= 5"); }
    SUBCASE("checkpoint") { place.edit("UPDATE audit_checkpoints SET sequence = 5"); }
    SUBCASE("no checkpoint") { place.edit("DELETE FROM audit_checkpoints"); }
    place.open();
    const auto unsealed = place.unseal();
    const bool noticed = !unsealed || !verifies(place);
    CHECK(noticed);
}

TEST_CASE("audit prune refuses to cover up what was altered") {
    Place place;
    place.begin();
    const auto first = place.clock.now();
    write_days(place, 6);
    place.edit_open("UPDATE audit SET subject = 'x' WHERE sequence = 3");
    CHECK_FALSE(place.run([&](Transaction& tx) { return audit::prune(tx, first + 5 * day, "alice"); }));
}

TEST_CASE("a signed head verifies with the public key, off this host (RFC 8032)") {
    Place place;
    place.begin();
    write_days(place, 2);
    const auto head = place.run([](Transaction& tx) { return audit::signed_head(tx); });
    const auto text = "jeton audit head " + std::to_string(head.sequence) + " " + head.hash;
    const auto signature = from_hex(head.signature);
    const auto key = from_hex(head.public_key);
    REQUIRE((signature && key));
    const auto verify = [&](const std::string& said) {
        return crypto_sign_verify_detached(signature->data(), bytes_of(said).data(), said.size(), key->data()) == 0;
    };
    CHECK(verify(text));
    CHECK_FALSE(verify(text + "0"));
    place.open();
    REQUIRE(place.unseal());
    CHECK(place.run([](Transaction& tx) { return audit::signed_head(tx); }).public_key == head.public_key);
}

TEST_CASE("T29: after a pruning, too, a row that was changed outside jeton is named by table and id") {
    Place place;
    place.begin();
    const auto first = place.clock.now();
    write_days(place, 4);
    const auto kept = place.run([](Transaction& tx) { return apps::find(tx, "app0"); }).value();
    const auto deleted = place.run([](Transaction& tx) { return apps::find(tx, "app1"); }).value();
    const auto edited = place.run([](Transaction& tx) { return apps::find(tx, "app2"); }).value();
    place.close();
    const auto copy = "ATTACH '" + (place.directory() / "copy.db").string() + "' AS copy; ";
    std::ofstream{place.directory() / "copy.db"};  // an empty file is an empty database
    place.edit(copy + "CREATE TABLE copy.apps AS SELECT * FROM apps");
    place.open();
    REQUIRE(place.unseal());
    const auto write = [&](const std::string& event, auto change) {
        place.run([&](Transaction& tx) {
            change(tx);
            auto written = entry(event);
            written.at = place.clock.now();
            tx.append_audit(written);
        });
        place.clock.wall += day;
    };
    write("app.deleted", [&](Transaction& tx) { tx.erase(deleted); });
    write("app.edited", [&](Transaction& tx) {
        auto app = edited;
        app.organization = "Other";
        tx.update(app);
    });
    write("app.created", [&](Transaction& tx) { tx.insert(app_named("last")); });
    // Twice: what an earlier pruning told again is told again by a later one.
    CHECK(prune_before(place, first + 3 * day).entries > 0);
    place.clock.wall += day;
    write("app.created", [&](Transaction& tx) { tx.insert(app_named("later")); });
    CHECK(prune_before(place, first + 1000 * day).entries > 0);
    place.open();
    REQUIRE(place.unseal());
    CHECK(verifies(place));
    place.close();
    std::string named;
    SUBCASE("deleted") {
        place.edit("DELETE FROM apps WHERE name = 'app0'");
        named = "row " + kept.id.text + " of table apps was deleted outside jeton";
    }
    SUBCASE("put back") {
        place.edit(copy + "INSERT INTO apps SELECT * FROM copy.apps WHERE name = 'app1'");
        named = "row " + deleted.id.text + " of table apps was put back outside jeton";
    }
    SUBCASE("replaced by an older one") {
        place.edit(copy + "REPLACE INTO apps SELECT * FROM copy.apps WHERE name = 'app2'");
        named = "row " + edited.id.text + " of table apps was replaced by an older one";
    }
    SUBCASE("untouched") {}
    place.open();
    const auto unsealed = place.unseal();
    CHECK(unsealed.has_value() == named.empty());
    if (!named.empty()) CHECK(unsealed.error().what.find(named) != std::string::npos);
}
