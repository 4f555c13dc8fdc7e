#include "daemon/vault/services/scopes.hpp"

#include <set>

#include "daemon/vault/store/scopes.hpp"
#include "tests/unit/vault/office.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

OwnScope scope(const std::string& name, const std::string& group = "CRM", const std::string& display = "Surveys") {
    return {{}, name, group, display, {}};
}

Result<AddedScopes> add(World& world, const std::vector<OwnScope>& wanted) {
    return world.run([&](Transaction& tx) { return add_scopes(tx, world.admin, wanted, world.clock.now()); });
}

std::size_t own(World& world) {
    return world.run([](Transaction& tx) { return scopes::list(tx).size(); });
}

Result<AppWithVersion> app_with(World& world, const std::string& name, const std::string& scope_text) {
    const NewApp wanted{name, "Acme", "https://acme.example", "developer", {scope_text}, {}, false};
    return world.run(
        [&](Transaction& tx) { return create_app(tx, world.admin, world.everything, wanted, world.clock.now()); });
}

json::object body_of(const OwnScope& one) {
    return {{"name", one.name}, {"group", one.group}, {"display_name", one.display_name}};
}

}  // namespace

TEST_CASE("S52: an app may ask for a scope once it is in the catalogue, and it is shown in its group") {
    Office office;
    CHECK(app_with(office, "dispatcher", "tn.crm.surveys:r").error().code == Errc::bad_input);
    REQUIRE(office.ask(office.operator_peer, "scope.add", body_of(scope("tn.crm.surveys"))));
    REQUIRE(app_with(office, "dispatcher", "tn.crm.surveys:r"));
    office.listed("dispatcher/1@integration");
    const auto review = office.ask_about(office.operator_peer, "access.review", "dispatcher/1@integration");
    REQUIRE(review);
    CHECK(text_at(review->at("scopes").at(0), "group") == "CRM");
    CHECK(text_at(review->at("scopes").at(0), "display_name") == "Surveys");
    const auto told = office.audited("scope.added");
    REQUIRE(told.size() == 1);
    CHECK(told[0].subject == "tn.crm.surveys");
    CHECK(told[0].detail == "CRM: Surveys");
}

TEST_CASE("S52: the list has the built-in entries and those that were added, all or those of one group") {
    Office office;
    office.grant("developer", office.developer, {}, {});
    REQUIRE(add(office, {scope("tn.crm.surveys"), scope("tn.own.things", "Own group", "Things")}));
    const auto names = [&](const json::object& body, std::string_view source) {
        const auto listed = office.ask(office.developer, "scope.list", body);
        REQUIRE(listed);
        std::set<std::string> found;
        for (const auto& one : listed->as_array()) {
            if (text_at(one, "source") == source) found.insert(text_at(one, "name"));
        }
        return found;
    };
    CHECK(names({}, "built-in").size() == built_in_scopes().size());
    CHECK(names({}, "added") == std::set<std::string>{"tn.crm.surveys", "tn.own.things"});
    CHECK(names({{"group", "CRM"}}, "built-in") == std::set<std::string>{"tn.crm.bookings", "tn.crm.customers"});
    CHECK(names({{"group", "CRM"}}, "added") == std::set<std::string>{"tn.crm.surveys"});
    CHECK(names({{"group", "No such"}}, "built-in").empty());
    CHECK(office.ask(office.developer, "scope.add", body_of(scope("tn.crm.more"))).error().code == Errc::forbidden);
}

TEST_CASE("S52: what is there already, with the same texts, is counted and changes nothing") {
    Office office;
    REQUIRE(add(office, {scope("tn.crm.surveys")}));
    const auto epoch = office.store().epoch();
    json::array list{body_of(scope("tn.crm.surveys")), body_of(scope("tn.crm.customers", "CRM", "Customers"))};
    const auto again = office.ask(office.operator_peer, "scope.import", {{"scopes", list}});
    REQUIRE(again);
    CHECK(again->at("added").to_number<int>() == 0);
    CHECK(again->at("unchanged").to_number<int>() == 2);
    CHECK(office.store().epoch() == epoch);
    list.push_back(body_of(scope("tn.crm.letters")));
    list.push_back(body_of(scope("tn.crm.letters")));
    const auto more = office.ask(office.operator_peer, "scope.import", {{"scopes", list}});
    CHECK(more->at("added").to_number<int>() == 1);
    CHECK(more->at("unchanged").to_number<int>() == 3);
}

TEST_CASE("S52: an entry is not renamed: not a built-in one, not an own one, not within one list") {
    World world;
    REQUIRE(add(world, {scope("tn.crm.surveys")}));
    const auto refused = add(world, {scope("tn.crm.surveys", "Marketing")});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::already_exists);
    CHECK(refused.error().what == "scope tn.crm.surveys exists as Surveys in group CRM");
    CHECK(add(world, {scope("tn.crm.customers", "CRM", "Clients")}).error().code == Errc::already_exists);
    CHECK(add(world, {scope("tn.a.b"), scope("tn.a.b", "CRM", "Other")}).error().code == Errc::already_exists);
    CHECK(own(world) == 1);
}

TEST_CASE("S52: an import is all or nothing, and an empty one is refused") {
    Office office;
    CHECK(add(office, {}).error().code == Errc::bad_input);
    const json::array list{body_of(scope("tn.a.good")), body_of(scope("tn.a.also-good")), body_of(scope("bad"))};
    CHECK(office.ask(office.operator_peer, "scope.import", {{"scopes", list}}).error().code == Errc::bad_input);
    CHECK(own(office) == 0);
    CHECK(office.audited("scope.added").empty());
    json::object extra = body_of(scope("tn.a.good"));
    extra["color"] = "red";
    const json::array unknown_member{extra};
    CHECK(office.ask(office.operator_peer, "scope.import", {{"scopes", unknown_member}}).error().code ==
          Errc::bad_input);
    CHECK(office.ask(office.operator_peer, "scope.import", {}).error().code == Errc::bad_input);
}

TEST_CASE("T23: a scope whose texts do not print is refused") {
    World world;
    for (const auto* text : {"", "a\x1b[2J", "a\nb", "a\xe2\x80\xae", "\xff"}) {
        CHECK(add(world, {scope("tn.a.b", text)}).error().code == Errc::bad_input);
        CHECK(add(world, {scope("tn.a.b", "CRM", text)}).error().code == Errc::bad_input);
    }
    const auto shown = add(world, {scope("tn.a.\x1b[2J")});
    REQUIRE_FALSE(shown);
    CHECK(shown.error().what.find('\x1b') == std::string::npos);
    CHECK(add(world, {scope("tn.a.b", std::string(121, 'x'))}).error().code == Errc::bad_input);
    CHECK(own(world) == 0);
}

TEST_CASE("S52: there are at most 2000 own scopes") {
    World world;
    std::vector<OwnScope> many;
    for (std::size_t i = 0; i < own_scopes_limit; ++i) many.push_back(scope("tn.many.s" + std::to_string(i)));
    many.push_back(scope("tn.many.more"));
    const auto refused = add(world, many);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::wrong_state);
    CHECK(own(world) == 0);
    many.pop_back();
    const auto added = add(world, many);
    REQUIRE(added);
    CHECK(added->added == own_scopes_limit);
    CHECK(add(world, {scope("tn.many.more")}).error().code == Errc::wrong_state);
    CHECK(add(world, {scope("tn.many.s7")})->unchanged == 1);
}
