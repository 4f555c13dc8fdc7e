#include "daemon/front/routes/identity.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

namespace jeton::front {
namespace {

constexpr std::int64_t pid_limit = 4'194'304;  ///< PID_MAX_LIMIT of Linux on 64 bits

json::string_view key(std::string_view name) { return {name.data(), name.size()}; }

Error bad_member(std::string_view name, std::string_view must, std::string next) {
    return refuse(Errc::bad_input, fmt::format("member \"{}\" {}", name, must), std::move(next));
}

Result<void> refuse_filled_in(const json::object& body, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        if (body.contains(key(name)))
            return bad_member(name, "is filled in by the daemon", "leave it out: name users and groups by name");
    }
    return {};
}

/// Null counts as absent. Nothing where the member is absent.
Result<std::optional<std::string>> text_of(const json::object& body, std::string_view name) {
    const auto* value = body.if_contains(key(name));
    if (value == nullptr || value->is_null()) return std::optional<std::string>{};
    const auto* text = value->if_string();
    if (text == nullptr) return bad_member(name, "must be a string", "name a user, group or unit of this host");
    return std::optional{std::string{text->data(), text->size()}};
}

/// Names the user of `member` and puts the number beside it. Nothing where none is named.
Result<std::optional<NamedUser>> add_user(json::object& body, std::string_view member, std::string_view number) {
    const auto named = text_of(body, member);
    if (!named) return named.error();
    if (!*named) return std::optional<NamedUser>{};
    auto user = find_user(**named);
    if (!user) return user.error();
    body[key(member)] = user->name;
    body[key(number)] = user->uid;
    return std::optional{*std::move(user)};
}

Result<std::optional<NamedGroup>> add_group(json::object& body) {
    const auto named = text_of(body, "group");
    if (!named) return named.error();
    if (!*named) return std::optional<NamedGroup>{};
    auto group = find_group(**named);
    if (!group) return group.error();
    body["group"] = group->name;
    body["group_id"] = group->gid;
    return std::optional{*std::move(group)};
}

/// A condition that could never hold is not taken.
Result<void> check_unit(const json::object& body) {
    const auto unit = text_of(body, "unit");
    if (!unit) return unit.error();
    if (!*unit) return {};
    if (const auto why = why_no_units())
        return refuse(Errc::wrong_state, *why, "name a user or a group instead, or run a newer kernel");
    return {};
}

Error not_a_pid() { return bad_member("pid", "must be the number of a process", "ps -e"); }

Result<json::object> describe_process(Desk& desk, const json::value& pid) {
    boost::system::error_code ec;
    const auto number = pid.to_number<std::int64_t>(ec);
    if (ec || number < 1 || number > pid_limit) return not_a_pid();
    const auto seen = sight_process(static_cast<pid_t>(number), desk.clock);
    if (!seen) return seen.error();
    return describe(desk, seen->peer, seen->glimpse);
}

Peer account_of(Desk& desk, const NamedUser& user) {
    auto groups = groups_of_account(user);
    std::ranges::sort(groups);
    return {.uid = user.uid,
            .gid = user.gid,
            .pid = 0,
            .foreign = false,
            .attested_at = desk.clock.boot_time(),
            .groups = std::move(groups)};
}

struct Named {
    std::optional<std::string> user, group, unit;
};

/// The one that is named, as far as a unit could be proven; else the caller's, unless it is about somebody else.
Result<Unit> unit_to_explain(const Caller& caller, const Named& named) {
    if (!named.unit) return named.user ? no_unit("no unit is named") : caller.peer.unit.value_or(caller.glimpse().unit);
    if (!is_unit_name(*named.unit, ".service") && !is_unit_name(*named.unit, ".scope"))
        return bad_member("unit", "must be a service or scope of systemd", "name it in full: worker.service");
    if (auto why = why_no_units()) return no_unit(*std::move(why));
    return Unit{.name = *named.unit, .unknown = {}};
}

Result<json::object> describe_named(Desk& desk, const Caller& caller, const Named& named) {
    auto unit = unit_to_explain(caller, named);
    if (!unit) return unit.error();
    auto peer = caller.peer;
    if (named.user) {
        const auto user = find_user(*named.user);
        if (!user) return user.error();
        peer = account_of(desk, *user);
    }
    if (named.group) {
        const auto group = find_group(*named.group);
        if (!group) return group.error();
        if (!peer.groups) peer.groups.emplace();
        peer.groups->push_back(group->gid);
    }
    peer.unit = *std::move(unit);
    auto seen = describe(desk, peer, Glimpse{});
    seen.erase("pid");  // it is no process
    return seen;
}

}  // namespace

Result<void> name_identity(Desk&, const Caller&, json::object& body) {
    if (const auto own = refuse_filled_in(body, {"user_id", "group_id"}); !own) return own.error();
    if (const auto user = add_user(body, "user", "user_id"); !user) return user.error();
    if (const auto group = add_group(body); !group) return group.error();
    return check_unit(body);
}

Result<void> name_new_holder(Desk& desk, const Caller&, json::object& body) {
    if (const auto own = refuse_filled_in(body, {"user_id", "group_id", "outside_control_group"}); !own)
        return own.error();
    const auto user = add_user(body, "user", "user_id");
    if (!user) return user.error();
    if (const auto group = add_group(body); !group) return group.error();
    const bool shut_out =
        *user && (*user)->uid != 0 && !desk.control_group.empty() && !is_member(**user, desk.control_group);
    if (shut_out) body["outside_control_group"] = true;
    return {};
}

Result<void> name_old_holder(Desk&, const Caller&, json::object& body) {
    if (const auto own = refuse_filled_in(body, {"user_id", "group_id"}); !own) return own.error();
    const auto user = text_of(body, "user");
    if (!user) return user.error();
    const auto group = text_of(body, "group");
    if (!group) return group.error();
    if (*user && find_user(**user)) (void)add_user(body, "user", "user_id");
    if (*group && find_group(**group)) (void)add_group(body);
    return {};
}

Result<void> name_ticket_holder(Desk&, const Caller&, json::object& body) {
    if (const auto own = refuse_filled_in(body, {"ticket_for_id"}); !own) return own.error();
    if (const auto user = add_user(body, "ticket_for", "ticket_for_id"); !user) return user.error();
    return {};
}

Result<void> look_at_process(Desk& desk, const Caller& caller, json::object& body) {
    if (const auto own = refuse_filled_in(body, {"seen"}); !own) return own.error();
    Named named;
    for (const auto& [name, place] : {std::pair{"user", &named.user}, {"group", &named.group}, {"unit", &named.unit}}) {
        auto text = text_of(body, name);
        if (!text) return text.error();
        *place = *std::move(text);
        body.erase(name);
    }
    const bool names_some = named.user || named.group || named.unit;
    const auto* given = body.if_contains("pid");
    const json::value pid = given == nullptr ? json::value{} : *given;
    body.erase("pid");
    if (pid.is_null() && !names_some) return {};  // the caller itself
    if (!pid.is_null() && names_some)
        return refuse(Errc::bad_input, "both a process and a user, group or unit are named", "name one of them");
    auto seen = pid.is_null() ? describe_named(desk, caller, named) : describe_process(desk, pid);
    if (!seen) return seen.error();
    body["seen"] = *std::move(seen);
    return {};
}

}  // namespace jeton::front
