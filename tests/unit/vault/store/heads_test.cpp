#include <doctest/doctest.h>

#include "daemon/vault/store/audit.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

audit::KnownHead head_of(Place& place) {
    const auto head = place.run([](Transaction& tx) { return audit::signed_head(tx); });
    return {head.sequence, head.hash, head.signature};
}

Result<audit::Compared> compare(Place& place, const std::vector<audit::KnownHead>& known) {
    return place.run([&](Transaction& tx) { return audit::compare(tx, known); });
}

void reopen(Place& place) {
    place.open();
    REQUIRE(place.unseal());
}

}  // namespace

TEST_CASE("T27: database and anchor put back together: the heads that were kept elsewhere name the first entry") {
    Place place;
    place.begin();
    std::vector<audit::KnownHead> known;
    add_app(place, "a");
    known.push_back(head_of(place));
    const auto old = place.save();
    add_app(place, "b");
    known.push_back(head_of(place));
    add_app(place, "c");
    known.push_back(head_of(place));
    CHECK(compare(place, known)->equal == 3);
    SUBCASE("nothing is missing: nothing is found") {
        reopen(place);
        CHECK(compare(place, known)->equal == 3);
    }
    SUBCASE("older") {
        place.close();
        place.restore(old);
        reopen(place);  // the files themselves do not tell
        const auto refused = compare(place, known);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::mismatch);
        CHECK(refused.error().what == "the store was rolled back: its last entry is 2, and entry 3 was seen");
    }
    SUBCASE("older, and it has gone on") {
        place.close();
        place.restore(old);
        reopen(place);
        for (const auto* name : {"x", "y", "z"}) add_app(place, name);
        CHECK(compare(place, known).error().what ==
              "audit entry 3 is not the one that was seen: the store was rolled back and has gone on");
        // Where a head is missing from what was kept, the entries between are not known.
        CHECK(compare(place, {known[0], known[2]}).error().what ==
              "audit entry 4 is not the one that was seen (up to entry 2 they are the same): the store was rolled back "
              "and has gone on");
    }
}

TEST_CASE("T27: heads of another store, or that nobody signed so, prove nothing; exported entries are believed") {
    Place place;
    place.begin();
    add_app(place, "a");
    auto mine = head_of(place);
    Place other;
    other.begin();
    add_app(other, "a");
    const auto foreign = head_of(other);
    const auto compared = compare(place, {mine, foreign});
    REQUIRE(compared);
    CHECK(compared->equal == 1);
    CHECK(compared->foreign == 1);
    auto forged = mine;
    forged.sequence = 99;
    CHECK(compare(place, {forged})->foreign == 1);
    forged.signature.clear();
    CHECK(compare(place, {forged}).error().code == Errc::mismatch);
}

TEST_CASE("T27: what is older than a pruning is passed over, and the checkpoint still counts") {
    Place place;
    place.begin();
    std::vector<audit::KnownHead> known{head_of(place)};
    for (const auto* name : {"a", "b", "c"}) {
        place.clock.wall += std::chrono::hours{24};
        auto app = app_named(name);
        place.run([&](Transaction& tx) {
            tx.insert(app);
            auto written = entry("app.created", name);
            written.at = place.clock.now();
            tx.append_audit(written);
        });
        known.push_back(head_of(place));
    }
    place.run([&](Transaction& tx) {
        REQUIRE(audit::prune(tx, place.clock.now(), "alice"));
        tx.append_audit(entry("audit.pruned"));
    });
    const auto compared = compare(place, known);
    REQUIRE(compared);
    CHECK(compared->pruned == 2);
    CHECK(compared->equal == 2);
}
