/// What programs wait for, and what happens each second, reads no whole table: SQLite says so itself.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/vault/services/known_callers.hpp"
#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/store/audit_search.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/ends.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/token_cache.hpp"
#include "tests/unit/vault/office.hpp"
#include "tests/unit/vault/store/support.hpp"

namespace jeton::vault {

struct DatabaseProbe {
    static std::vector<std::string> statements(const Database& database) {
        std::vector<std::string> texts;
        for (const auto& [sql, statement] : database.statements_) texts.push_back(sql);
        return texts;
    }
};

}  // namespace jeton::vault

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

/// A host has a handful of each, or looks at all of them once.
constexpr std::array<std::string_view, 8> small{"sqlite_schema", "environments", "signing_keys",      "role_grants",
                                                "key_slots",     "scopes",       "audit_checkpoints", "state"};

/// Of those rows alone of which there are few.
constexpr std::array<std::string_view, 3> partial{"bindings_kind", "bindings_identity", "pairs_identity"};

/// `TABLE: STATEMENT` for each big table that a statement of `database` looks through.
std::vector<std::string> scans_of(Database& database) {
    std::vector<std::string> scans;
    for (const auto& sql : DatabaseProbe::statements(database)) {
        if (!sql.starts_with("SELECT") && !sql.starts_with("DELETE") && !sql.starts_with("UPDATE")) continue;
        for (const auto& row : database.query("EXPLAIN QUERY PLAN " + sql)) {
            const auto& detail = std::get<std::string>(row.back());
            // By the index of users it would be all that are for no user.
            if (sql.contains("+uid = -1") && !detail.contains("bindings_identity")) scans.push_back("bindings: " + sql);
            if (!detail.starts_with("SCAN ")) continue;
            const auto table = detail.substr(5, detail.find(' ', 5) - 5);
            if (table == "CONSTANT" || table.starts_with("(") || std::ranges::find(small, table) != small.end())
                continue;
            if (std::ranges::any_of(partial, [&](auto index) { return detail.ends_with(index); })) continue;
            scans.push_back(table + ": " + sql);
        }
    }
    return scans;
}

}  // namespace

TEST_CASE("scale: neither a token, nor what happens each second, nor a change looks through a big table") {
    Office office;
    office.connected("dispatcher/1@integration");
    const auto generated = office.generate("dispatcher/1@integration");
    REQUIRE(generated);
    office.bind("dispatcher/1@integration", true);
    CHECK(office.accepts(office.row("dispatcher/1@integration").client_id, generated->value.reveal()));
    TokenRequest bound;
    CHECK(office.decide(bound));
    bound.connection = "dispatcher/1@integration";
    CHECK(office.decide(bound));
    office.program.uid = 2001;  // a stranger's question
    office.program.groups = {{3000, "workers"}};
    office.program.unit = "worker.service";
    CHECK_FALSE(office.decide(TokenRequest{}));
    office.connected("dispatcher/2@integration");
    office.run([&](Transaction& tx) {
        (void)known_callers(tx);
        (void)(bindings::any_for_group(tx) || bindings::any_for_unit(tx));
        (void)(pairs::any_for_group(tx) || pairs::any_for_unit(tx));
        (void)next_end(*tx.engine().database, office.clock.now());
        token_cache::erase_until(tx, office.clock.now());
    });
    auto& database = *StoreProbe::engine(office.store()).database;
    for (const auto& scan : scans_of(database)) FAIL_CHECK(scan);
}

TEST_CASE("scale: an audit is searched by its indexes, or block by block") {
    Office office;
    office.connected("dispatcher/1@integration");
    std::array<audit::Filter, 8> filters;
    filters[1].tenant = "1@integration";
    filters[2].connection = "dispatcher/1@integration";
    filters[3].user = "alice";
    filters[4].user = "1000";
    filters[5].event_glob = "secret.*";
    filters[6].since = filters[6].until = office.clock.now();
    filters[7].refused = true;
    for (const auto& filter : filters) {
        office.run([&](Transaction& tx) {
            (void)audit::list(tx, filter);
            (void)audit::before_newest(tx, filter, 2);
        });
    }
    auto& database = *StoreProbe::engine(office.store()).database;
    for (const auto& scan : scans_of(database)) FAIL_CHECK(scan);
}
