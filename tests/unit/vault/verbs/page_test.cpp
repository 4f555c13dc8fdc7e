#include "daemon/vault/verbs/page.hpp"

#include <algorithm>
#include <set>

#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/pairs.hpp"
#include "daemon/vault/services/record.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

/// All rows of a listing, page after page; each page must fit an inner frame and keep to its limit.
std::vector<json::value> all_pages(Office& office, std::string_view verb, std::int64_t limit, json::object body = {}) {
    std::vector<json::value> rows;
    body["limit"] = limit;
    for (int pages = 0; pages < 400; ++pages) {
        const auto page = office.outcome(office.operator_peer, verb, body);
        REQUIRE(page);
        CHECK(json::serialize(*page->done).size() < 1024UZ * 1024);
        CHECK(page->done->as_array().size() <= static_cast<std::size_t>(limit));
        for (const auto& row : page->done->as_array()) rows.push_back(row);
        if (page->next.empty()) break;
        body["after"] = page->next;
    }
    return rows;
}

Identity identity_of(std::int64_t uid) {
    Identity identity;
    identity.user = "u" + std::to_string(uid);
    identity.uid = uid;
    return identity;
}

}  // namespace

TEST_CASE("a listing comes in pages that fit an inner frame, each row once, in order, however long its rows are") {
    Office office;
    office.listed("a/0@integration");
    office.run([&](Transaction& tx) {
        for (int i = 1; i < 300; ++i) {
            const auto name = World::connection("a/" + std::to_string(i) + "@integration");
            REQUIRE(create_tenant(tx, office.admin, name.tenant, "Customer", false, office.clock.now()));
            REQUIRE(add_tenant(tx, office.admin, name, std::string(4000, 'x'), false, office.clock.now()));
        }
    });
    for (const std::int64_t limit : {7, 300, 1000}) {
        INFO(limit);
        std::vector<std::string> seen;
        for (const auto& row : all_pages(office, "app.connections", limit, {{"app", "a"}})) {
            seen.push_back(text_at(row, "connection"));
        }
        CHECK(seen.size() == 300);
        CHECK(std::ranges::is_sorted(seen));
        CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 300);
    }
}

TEST_CASE("a connection with more rows than a page holds: each row comes once, in pages that fit an inner frame" *
          doctest::test_suite("exhaustive")) {
    constexpr int many = 2100;  // too many to be sorted anew for each page
    Office office;
    office.connected("a/0@integration");
    office.connected("b/0@integration");
    std::string_view verb, id;
    SUBCASE("pairs") {
        verb = "pair.list";
        id = "client_id";
        office.run([&](Transaction& tx) {
            const auto found = find_connection(tx, World::connection("b/0@integration"));
            const auto pair = create_pair(tx, office.admin, World::connection("a/0@integration"), identity_of(7), {},
                                          office.clock.now());
            REQUIRE(pair);
            auto copy = pair->pair;
            copy.connection = found->connection.id;
            for (int i = 1; i < many; ++i) {
                copy.id = PairId::fresh();
                copy.client_id = "cid." + std::to_string(i) + std::string(400, 'x');
                tx.insert(copy);
            }
            record(tx, office.admin, {.event = "test.many", .subject = "b/0@integration", .detail = {}},
                   office.clock.now());
        });
    }
    SUBCASE("bindings, those of patterns first") {
        verb = "binding.list";
        id = "id";
        office.bind("b/*@integration");
        office.run([&](Transaction& tx) {
            NewBinding wanted;
            wanted.connection = "a/0@integration";
            wanted.identity = identity_of(1001);
            const auto added = add_binding(tx, office.admin, wanted, office.clock.now());
            REQUIRE(added);
            auto copy = *added;
            for (int i = 2; i < many; ++i) {
                copy.id = BindingId::fresh();
                static_cast<Identity&>(copy) = identity_of(1000 + i);
                tx.insert(copy);
            }
            record(tx, office.admin, {.event = "test.many", .subject = "a/0@integration", .detail = {}},
                   office.clock.now());
        });
    }
    const auto rows = all_pages(office, verb, 1000);
    std::set<std::string> seen;
    for (const auto& row : rows) seen.insert(text_at(row, id));
    CHECK(rows.size() == many);
    CHECK(seen.size() == many);
}

TEST_CASE("audit: long entries come in pages that fit an inner frame, each once, in order, also exported") {
    Office office;
    office.run([&](Transaction& tx) {
        for (int i = 0; i < 400; ++i) {
            record(tx, office.admin, {.event = "test.long", .subject = "s", .detail = std::string(4000, 'x')},
                   office.clock.now());
        }
    });
    for (const auto* verb : {"audit.list", "audit.export"}) {
        for (const std::int64_t limit : {7, 1000}) {
            INFO(verb);
            INFO(limit);
            std::vector<std::int64_t> seen;
            for (const auto& row : all_pages(office, verb, limit, {{"event", "test.long"}})) {
                seen.push_back(row.at("sequence").as_int64());
            }
            CHECK(seen.size() == 400);
            CHECK(std::ranges::is_sorted(seen));
            CHECK(std::set<std::int64_t>(seen.begin(), seen.end()).size() == 400);
        }
    }
}

TEST_CASE("a page has 1 to 1000 rows; behind the last row there is an empty page") {
    Office office;
    office.listed("a/0@integration");
    for (const std::int64_t limit : {-1, 0, 1001}) {
        CHECK(office.ask(office.operator_peer, "connection.list", {{"limit", limit}}).error().code == Errc::bad_input);
    }
    const auto beyond = office.outcome(office.operator_peer, "connection.list", {{"after", "zzz"}});
    REQUIRE(beyond);
    CHECK(beyond->done->as_array().empty());
    CHECK(beyond->next.empty());
}
