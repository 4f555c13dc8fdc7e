#include "daemon/front/routes/doctor.hpp"

#include <array>
#include <utility>

#include "daemon/base/error.hpp"
#include "daemon/base/log.hpp"
#include "daemon/front/routes/epoch_page.hpp"
#include "daemon/front/routes/forward.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = doctor_path, .verb = "doctor.show"},
};

Routes doctor_routes() { return table; }

namespace {

/// The same numbers with the names that this host has for them; none where it has none.
template <class Number, class Names>
json::array names_here(const json::value& asked, Names& names, const LookUpTime& time) {
    json::array list;
    for (const auto& one : asked.as_array()) {
        const auto number = one.at("id").to_number<Number>();
        json::object named{{"id", number}};
        if (const auto name = names.name_of(number, time)) named["name"] = *name;
        list.push_back(std::move(named));
    }
    return list;
}

void add_names(Desk& desk, const json::value& accounts, json::object& body) try {
    const LookUpTime time;
    auto users = names_here<uid_t>(accounts.at("users"), desk.names, time);
    auto groups = names_here<gid_t>(accounts.at("groups"), desk.groups, time);
    body["users"] = std::move(users);
    body["groups"] = std::move(groups);
} catch (const Late& late) {
    log::warning("doctor says nothing of accounts: {}", late.what());
}

}  // namespace

Task<Response> doctor(Desk& desk, const Caller& caller, const Request& request) {
    if (!request.query.empty() || !request.body.empty()) {
        co_return refusal_response(
            refuse(Errc::bad_input, "this resource takes no parameters and no body", "GET /v1/doctor alone"));
    }
    const auto glimpse = caller.glimpse();
    auto about_accounts = question_of(desk, caller, glimpse, "doctor.accounts", json::value(json::object{}));
    const auto accounts = co_await desk.vault.ask(std::move(about_accounts));
    json::object body;
    // Of a store that is closed no names are known, nor where the name service is late: the rest is told all the same.
    if (!accounts.refused) add_names(desk, accounts.done, body);
    auto question = question_of(desk, caller, glimpse, table[0].verb, json::value(std::move(body)));
    auto answer = co_await desk.vault.ask(std::move(question));
    if (answer.refused) co_return refusal_response(*answer.refused);
    add_page_finding(desk, answer.done);
    co_return done_response(table[0].success, answer.done);
}

}  // namespace jeton::front
