#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "daemon/vault/store/anchor.hpp"
#include "daemon/vault/store/apps.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

/// Unseal is refused and says `why`; the files stay as they are.
void check_refused(Place& place, const std::string& why) {
    place.open();
    const auto before = place.save();
    const auto refused = place.unseal();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::mismatch);
    CHECK(refused.error().next.find("--accept-rollback") != std::string::npos);
    CAPTURE(refused.error().what);
    CHECK(refused.error().what.find(why) != std::string::npos);
    CHECK(place.store().state() == StoreState::sealed);
    CHECK(place.store().reason() == refused.error().what + "; " + refused.error().next);
    const auto after = place.save();
    CHECK(after.database == before.database);
    CHECK(after.log == before.log);
    CHECK(after.anchor == before.anchor);
}

/// What the rollback costs; afterwards the store opens without being asked again.
std::vector<std::string> accept(Place& place, std::int64_t above) {
    const auto instance = place.store().instance();
    const auto lost = place.unseal(true);
    REQUIRE(lost);
    CHECK(place.store().epoch() > above);
    CHECK(place.store().instance() != instance);
    const auto epoch = place.store().epoch();
    place.run([&](Transaction& tx) {
        const auto last = audit::list(tx, {}).back();
        CHECK(last.event == "store.rollback-accepted");
        for (const auto& line : *lost) CHECK(last.detail.find(line) != std::string::npos);
        CHECK(audit::verify(tx));
    });
    place.open();
    const auto again = place.unseal();
    REQUIRE(again);
    CHECK(again->empty());
    CHECK(place.store().epoch() == epoch);
    return *lost;
}

bool has(Place& place, const std::string& name) {
    return place.run([&](Transaction& tx) { return apps::find(tx, name).has_value(); });
}

}  // namespace

TEST_CASE(
    "store rollback: yesterday's files are refused; accepted, the loss is listed and the epoch is above both (T27)") {
    Place place;
    place.begin();
    add_app(place, "kept");  // epoch 2, entry 2
    bool checkpointed = false;
    SUBCASE("database alone") { checkpointed = true; }
    SUBCASE("database and log") {}
    if (checkpointed) place.store().checkpoint();
    const auto yesterday = place.save();
    CHECK(yesterday.log.empty() == checkpointed);
    add_app(place, "lost");      // epoch 3, entry 3
    add_app(place, "lost too");  // epoch 4, entry 4
    place.close();
    place.restore_store(yesterday);

    check_refused(place, "the store is at epoch 2, its anchor has seen epoch 4: it was rolled back");
    const auto lost = accept(place, 4);
    CHECK(lost == std::vector<std::string>{"changes of epochs 3 to 4", "audit entries 3 to 4"});
    CHECK(place.store().epoch() == 5);
    CHECK(has(place, "kept"));
    CHECK_FALSE(has(place, "lost"));
}

TEST_CASE("store rollback: a write-ahead log that was taken away is a rollback too") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.crash();
    std::filesystem::remove(place.log());
    check_refused(place, "the store is at epoch 1, its anchor has seen epoch 2: it was rolled back");
    CHECK(accept(place, 2).size() == 2);
}

TEST_CASE("store rollback: an old database under a new log is refused") {
    Place place;
    place.begin();
    const auto old = place.save();
    place.run([](Transaction& tx) {
        Tenant tenant;
        tenant.id = TenantId::fresh();
        tenant.tenant = "1234567";
        tx.insert(tenant);
        tx.append_audit(entry("tenant.created"));
    });
    place.store().checkpoint();
    add_app(place, "a");
    auto mixed = place.save();
    mixed.database = old.database;
    place.close();
    place.restore(mixed);
    place.open();
    for (const bool accept_rollback : {false, true}) CHECK_FALSE(place.unseal(accept_rollback));
    CHECK(place.store().state() == StoreState::sealed);
}

TEST_CASE("store rollback: without its anchor the store is refused; accepted, it gets a new one") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.close();
    std::string how;
    SUBCASE("missing") {
        how = "is missing";
        std::filesystem::remove(place.anchor());
    }
    SUBCASE("missing with its directory") {
        how = "is missing";
        std::filesystem::remove_all(place.anchor().parent_path());
    }
    SUBCASE("damaged") {
        how = "is damaged or belongs to another store";
        std::ofstream{place.anchor(), std::ios::trunc} << "nothing that an anchor is";
    }
    SUBCASE("of another store") {
        how = "is damaged or belongs to another store";
        Place other;
        other.begin();
        auto files = place.save();
        files.anchor = other.save().anchor;
        place.restore(files);
    }
    check_refused(place, how);
    const auto lost = accept(place, 2);
    REQUIRE(lost.size() == 1);
    CHECK(lost.front().find("whether changes after epoch 2 are lost cannot be told") != std::string::npos);
    CHECK(has(place, "a"));
}

TEST_CASE("store rollback: an anchor that is taken away or replaced while the store is open is written anew") {
    Place place;
    place.begin();
    add_app(place, "a");
    const auto older = content_of(place.anchor());
    add_app(place, "b");
    SUBCASE("taken away") { std::filesystem::remove(place.anchor()); }
    SUBCASE("taken away with its directory") { std::filesystem::remove_all(place.anchor().parent_path()); }
    SUBCASE("moved aside") { std::filesystem::rename(place.anchor(), place.anchor().string() + ".aside"); }
    SUBCASE("replaced by an older one") {
        std::filesystem::remove(place.anchor());
        std::ofstream{place.anchor(), std::ios::binary} << older;
    }
    add_app(place, "c");
    const auto seen = Anchor{place.anchor().parent_path()}.read(place.root);
    REQUIRE(seen);
    CHECK(seen->epoch == place.store().epoch());
    place.open();
    const auto lost = place.unseal();
    REQUIRE(lost);
    CHECK(lost->empty());
}

TEST_CASE("store rollback: what is accepted without a restart has its anchor from then on") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.store().seal();
    std::filesystem::remove(place.anchor());
    REQUIRE_FALSE(place.unseal());
    CHECK(accept(place, 2).size() == 1);
}

TEST_CASE("store rollback: a store ahead of its anchor is what a crash leaves, and the anchor catches up (T31)") {
    Place place;
    place.begin();
    add_app(place, "a");
    auto files = place.save();
    add_app(place, "b");
    add_app(place, "c");
    const auto anchor_then = files.anchor;
    place.close();
    files = place.save();
    files.anchor = anchor_then;
    place.restore(files);
    place.open();
    const auto lost = place.unseal();
    REQUIRE(lost);
    CHECK(lost->empty());
    CHECK(has(place, "c"));
    Anchor anchor{place.anchor().parent_path()};
    const auto seen = anchor.read(place.root);
    REQUIRE(seen);
    CHECK(seen->epoch == place.store().epoch());
}

TEST_CASE("store rollback: a torn anchor costs one step, not the anchor") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.close();
    const auto clean = place.save();
    for (const std::size_t slot : {0U, 1U}) {
        auto torn = clean;
        torn.anchor.replace(slot * Anchor::slot_size + 100, 200, 200, '\xFF');
        place.restore(torn);
        place.open();
        CHECK(place.unseal());
        place.close();
    }
}

TEST_CASE("store rollback: another history of the same length is refused") {
    Place place;
    place.begin();
    const auto fork = place.save();
    add_app(place, "revoked");
    const auto real_anchor = place.save().anchor;
    place.close();
    place.restore(fork);
    place.open();
    REQUIRE(place.unseal());
    add_app(place, "granted");
    place.close();
    auto files = place.save();
    files.anchor = real_anchor;
    place.restore(files);
    check_refused(place, "the store did not grow out of what its anchor has seen at epoch 2");
    CHECK(accept(place, 2).size() == 1);
}

TEST_CASE("store rollback: to accept one where there is none changes nothing") {
    Place place;
    place.begin();
    add_app(place, "a");
    place.open();
    const auto lost = place.unseal(true);
    REQUIRE(lost);
    CHECK(lost->empty());
    CHECK(place.store().epoch() == 2);
    place.run([](Transaction& tx) { CHECK(audit::list(tx, {}).back().event == "app.created"); });
}

TEST_CASE("store rollback: database and anchor of the same day open; only a head kept elsewhere tells") {
    Place place;
    place.begin();
    add_app(place, "a");
    const auto yesterday = place.save();
    const auto head = place.run([](Transaction& tx) { return *audit::verify(tx); });
    add_app(place, "b");
    const auto exported = place.run([](Transaction& tx) { return *audit::verify(tx); });
    place.close();
    place.restore(yesterday);
    place.open();
    REQUIRE(place.unseal());
    const auto found = place.run([](Transaction& tx) { return *audit::verify(tx); });
    CHECK(found.head_hash == head.head_hash);
    CHECK(found.head_sequence < exported.head_sequence);
}
