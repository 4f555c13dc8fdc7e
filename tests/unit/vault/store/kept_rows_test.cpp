#include "daemon/vault/store/kept_rows.hpp"

#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "daemon/vault/keys/tampered.hpp"
#include "daemon/vault/store/apps.hpp"
#include "tests/unit/vault/store/support.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::store_test;

namespace {

/// The organization of the app as it is read, or "tampered".
std::string organization(Place& place, const std::string& name) {
    try {
        return place.run([&](Transaction& tx) { return apps::find(tx, name).value().organization; });
    } catch (const Tampered&) {
        return "tampered";
    }
}

void rename(Transaction& tx, App app, const std::string& organization) {
    app.organization = organization;
    tx.update(app);
    tx.append_audit(entry("app.edited", app.name));
}

/// A store with one app that was read, and whose row was edited behind its back since.
struct Edited : Place {
    Edited() {
        begin();
        app = add_app(*this, "dispatcher");
        REQUIRE(organization(*this, "dispatcher") == "Acme");
        edit_open("UPDATE apps SET organization = 'Mallory'");
    }
    App app;
};

}  // namespace

TEST_CASE("kept rows: what was read and found genuine is not read again") {
    Edited place;
    CHECK(organization(place, "dispatcher") == "Acme");
}

TEST_CASE("kept rows: any change of a row ends them all, and what was edited meanwhile is met (T29)") {
    Edited place;
    SUBCASE("a row is put in") { (void)add_app(place, "other"); }
    SUBCASE("a row is erased") {
        // Of another app, which is put in and kept first.
        place.edit_open("UPDATE apps SET organization = 'Acme'");
        const auto other = add_app(place, "other");
        REQUIRE(organization(place, "dispatcher") == "Acme");
        place.edit_open("UPDATE apps SET organization = 'Mallory' WHERE name = 'dispatcher'");
        REQUIRE(organization(place, "dispatcher") == "Acme");
        place.run([&](Transaction& tx) {
            tx.erase(other);
            tx.append_audit(entry("app.deleted", "other"));
        });
    }
    CHECK(organization(place, "dispatcher") == "tampered");
}

TEST_CASE("kept rows: a change is seen by the next read, in its own savepoint and behind it") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    REQUIRE(organization(place, "dispatcher") == "Acme");
    place.run([&](Transaction& tx) {
        rename(tx, app, "Example Ltd");
        CHECK(apps::find(tx, "dispatcher")->organization == "Example Ltd");
        rename(tx, app, "Example plc");
        CHECK(apps::find(tx, "dispatcher")->organization == "Example plc");
    });
    CHECK(organization(place, "dispatcher") == "Example plc");
}

TEST_CASE("kept rows: what a savepoint or a group takes back was never kept") {
    Place place;
    place.begin();
    const auto app = add_app(place, "dispatcher");
    {
        auto group = place.store().group();
        CHECK_THROWS_AS(group.attempt([&](Transaction& tx) {
            rename(tx, app, "Mallory");
            REQUIRE(apps::find(tx, "dispatcher")->organization == "Mallory");
            throw std::runtime_error("refused after all");
        }),
                        std::runtime_error);
        CHECK(group.attempt([&](Transaction& tx) { return apps::find(tx, "dispatcher")->organization; }) == "Acme");
        group.attempt([&](Transaction& tx) {
            rename(tx, app, "Mallory");
            CHECK(apps::find(tx, "dispatcher")->organization == "Mallory");
        });
        // It ends without a commit.
    }
    CHECK(organization(place, "dispatcher") == "Acme");
}

TEST_CASE("kept rows: a store that is sealed and unsealed reads anew") {
    Edited place;
    place.store().seal();
    const auto unsealed = place.unseal();
    REQUIRE_FALSE(unsealed);
    CHECK(unsealed.error().what == fmt::format("row {} of table apps was edited outside jeton", place.app.id.text));
}

TEST_CASE("kept rows: a listing of a whole table reads it (T29)") {
    Edited place;
    CHECK_THROWS_AS(place.run([](Transaction& tx) { return apps::list(tx); }), Tampered);
}

TEST_CASE("kept rows: that something is not there is kept, too, until it is") {
    Place place;
    place.begin();
    const auto is_there = [&] {
        return place.run([](Transaction& tx) { return apps::find(tx, "dispatcher").has_value(); });
    };
    CHECK_FALSE(is_there());
    CHECK_FALSE(is_there());
    (void)add_app(place, "dispatcher");
    CHECK(is_there());
}

TEST_CASE("kept rows: no two questions are one, and there is an end to them") {
    KeptRows kept;
    int reads = 0;
    const auto ask = [&](std::string_view clause, std::initializer_list<Value> parameters, std::size_t rows = 1) {
        return kept.get<App>(clause, {parameters.begin(), parameters.size()}, [&] {
            ++reads;
            return std::vector<App>(rows);
        });
    };
    const auto is_read = [&](auto&&... question) {
        const auto before = reads;
        (void)ask(question...);
        return reads != before;
    };
    using List = std::initializer_list<Value>;
    CHECK(is_read("WHERE a = ?", List{"x"}));
    CHECK_FALSE(is_read("WHERE a = ?", List{"x"}));
    CHECK(is_read("WHERE b = ?", List{"x"}));
    CHECK(is_read("WHERE a = ? AND b = ?", List{"x", "y"}));
    CHECK(is_read("WHERE a = ? AND b = ?", List{"xy", ""}));
    CHECK(is_read("WHERE a = ?", List{std::int64_t{0}}));
    CHECK(is_read("WHERE a = ?", List{Value{}}));
    CHECK(is_read("WHERE a = ?", List{Bytes{'x'}}));
    (void)kept.get<Tenant>("WHERE a = ?", std::array{Value{"x"}}, [&] {
        ++reads;
        return std::vector<Tenant>(2);
    });
    CHECK_FALSE(is_read("WHERE a = ?", List{"x"}));

    CHECK(is_read("a listing", List{}, KeptRows::longest + 1));
    CHECK(is_read("a listing", List{}, KeptRows::longest + 1));
    for (std::size_t i = 0; i < KeptRows::limit; ++i) (void)ask("WHERE id = ?", {std::to_string(i)});
    CHECK(is_read("WHERE a = ?", List{"x"}));
}
