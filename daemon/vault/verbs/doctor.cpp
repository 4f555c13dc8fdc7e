// Verbs: doctor.show, doctor.accounts
#include "daemon/vault/services/doctor.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::array accounts_view(const std::map<std::int64_t, std::string>& names) {
    json::array list;
    for (const auto& [number, name] : names) list.push_back({{"id", number}, {"name", name}});
    return list;
}

/// A name that is missing is one that the host does not know.
Result<std::map<std::int64_t, std::string>> read_accounts(const json::array* list) {
    std::map<std::int64_t, std::string> names;
    if (list == nullptr) return names;
    for (const auto& value : *list) {
        protocol::Fields one{value};
        const auto number = one.integer("id", 0, 0xffff'ffff);
        auto name = one.text_or("name", "");
        if (auto problem = one.problem()) return bad_body(*std::move(problem));
        names.insert_or_assign(number, std::move(name));
    }
    return names;
}

json::value view_of(const Finding& finding) {
    return {{"check", finding.check},
            {"severity", name_of(finding.severity)},
            {"what", finding.what},
            {"next", text_or_null(finding.next)}};
}

void add(Findings& all, Findings more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// What stands in the store, while it is open.
Findings look_inside(Transaction& tx, Room& room, const Accounts& accounts, UtcSeconds began, UtcSeconds now) {
    Findings all;
    const auto slots = key_slots::list(tx);
    add(all, check_key_slots(slots, room.config));
    if (std::ranges::any_of(slots, &KeySlot::is_portable)) add(all, check_trials(tx, now));
    add(all, check_clock(room.store.clock_is_behind()));
    const auto limits = AgeLimits::of(room.config);
    const auto& survey = room.survey.of(tx, limits, now);
    for (const auto& environment : survey.environments) {
        if (environment.kind != EnvironmentKind::upstream) continue;
        add(all,
            check_upstream(environment, condition_of(room.upstream, room.sightings, environment, survey, room.clock)));
    }
    add(all, check_authorities(tx));
    add(all, check_grants(tx, room.upstream, room.sightings, survey));
    add(all, check_secrets(survey, limits));
    add(all, check_ends(survey, limits));
    add(all, check_accounts(tx, accounts));
    // The chain was walked when the store was opened, and that was not before the vault began.
    add(all, check_audit(room.audit_verified_at.value_or(began), now));
    add(all, check_backup(tx, now));
    return all;
}

}  // namespace

Result<Outcome> doctor_show(StoreCall& call) {
    protocol::Fields in{call.body};
    Accounts accounts;
    auto users = read_accounts(in.array("users"));
    auto groups = read_accounts(in.array("groups"));
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!users) return users.error();
    if (!groups) return groups.error();
    accounts.users = *std::move(users);
    accounts.groups = *std::move(groups);

    auto& room = call.room;
    auto all = check_store(room.store);
    // Of the vault; by the clock of now, which is what files are dated by.
    const auto began = call.now() - std::chrono::floor<std::chrono::seconds>(room.clock.boot_time() - room.started);
    add(all, check_kept_stores(room.store.kept_before_migrations()));
    add(all, check_config(room.config, room.config_read_at.value_or(began)));
    add(all, check_disk(disk_use(room.config.database(), room.config.paths.anchor), room.config));
    if (room.store.state() == StoreState::unsealed) {
        auto group = room.store.group();
        group.attempt([&](Transaction& tx) { add(all, look_inside(tx, room, accounts, began, call.now())); });
    } else if (room.store.state() == StoreState::sealed) {
        add(all, check_key_slots(room.store.slots(), room.config));
    }
    json::array list;
    for (const auto& finding : all) list.push_back(view_of(finding));
    return done(std::move(list));
}

Result<Outcome> doctor_accounts(Call& call) {
    protocol::Fields in{call.body};
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto accounts = named_accounts(call.tx);
    return done({{"users", accounts_view(accounts.users)}, {"groups", accounts_view(accounts.groups)}});
}

}  // namespace jeton::vault::verbs
