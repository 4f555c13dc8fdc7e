#include "daemon/vault/services/tally.hpp"

#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

AuditEntry token_of(const std::string& connection, UtcSeconds at) {
    AuditEntry entry;
    entry.at = at;
    entry.event = "token.issued";
    entry.actor_uid = 2000;
    entry.subject = entry.connection = connection;
    return entry;
}

AuditEntry refusal_of(const std::string& detail, UtcSeconds at) {
    auto entry = token_of("dispatcher/1@integration", at);
    entry.event = "token.issue";
    entry.detail = detail;
    entry.refused = true;
    return entry;
}

struct Counted : World {
    void count(int times) {
        for (int i = 0; i < times; ++i) {
            Usage used;
            used.uid = 2000;
            used.connection = ConnectionId{"c"};
            tally.count_token(token_of("dispatcher/1@integration", clock.now()), used);
        }
    }
    /// How often each entry says that it happened, of what is written now.
    std::vector<std::int64_t> written() {
        const auto before = store().last_entry();
        run([&](Transaction& tx) { tally.write(tx); });
        tally.clear(clock.now());
        audit::Filter news;
        news.after = before;
        std::vector<std::int64_t> counts;
        for (const auto& entry : run([&](Transaction& tx) { return audit::list(tx, news); }))
            counts.push_back(entry.count);
        return counts;
    }

    Tally tally;
};

}  // namespace

TEST_CASE("tally: what a group counted is kept with it, or taken back with it") {
    Counted world;
    world.count(3);
    world.tally.keep();
    world.count(4);
    world.tally.take_back();
    world.count(5);
    world.tally.keep();
    CHECK(world.written() == std::vector<std::int64_t>{8});
    CHECK(world.tally.empty());
}

TEST_CASE("S7: of refusals of one kind the first is written at once, in whichever group, and the others are counted") {
    Counted world;
    const auto refusal = [&](const char* detail) { return refusal_of(detail, world.clock.now()); };
    CHECK(world.tally.is_first_refusal(refusal("one")));
    CHECK_FALSE(world.tally.is_first_refusal(refusal("one")));
    world.tally.keep();
    CHECK_FALSE(world.tally.is_first_refusal(refusal("one")));
    CHECK(world.tally.is_first_refusal(refusal("another")));
    world.tally.take_back();
    CHECK(world.tally.is_first_refusal(refusal("another")));  // its entry was not written
    CHECK_FALSE(world.tally.is_first_refusal(refusal("one")));
    world.tally.keep();
    CHECK(world.written() == std::vector<std::int64_t>{2});
    CHECK(world.tally.is_first_refusal(refusal("one")));
}
