#include "daemon/front/peer/groups.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/base/shown.hpp"
#include "daemon/front/peer/name_helper.hpp"
#include "daemon/front/peer/name_service.hpp"

namespace jeton::front {
namespace {

std::optional<NamedGroup> named(const std::optional<NameEntry>& entry) {
    if (!entry) return std::nullopt;
    return NamedGroup{entry->name, entry->id};
}

}  // namespace

Result<NamedGroup> find_group(std::string_view name_or_number) {
    const auto gid = id_in(name_or_number);
    const auto group = named(gid ? group_of_number(*gid) : group_of_name(std::string{name_or_number}));
    if (!group) {
        return refuse(Errc::bad_input, fmt::format("this host has no group {}", shown(name_or_number, 80)),
                      "getent group");
    }
    if (is_fleeting(group->gid)) {
        return refuse(Errc::bad_input,
                      fmt::format("gid {} ({}) does not belong to one group for long", group->gid, group->name),
                      "name a group with a static number");
    }
    return *group;
}

std::vector<gid_t> groups_of_account(const NamedUser& user) { return groups_of_name(user.name, user.gid); }

bool is_member(const NamedUser& user, const std::string& group) {
    const auto found = group_of_name(group);
    if (!found) return false;
    const auto groups = groups_of_account(user);
    return std::ranges::find(groups, found->id) != groups.end();
}

std::optional<std::string> GroupNames::name_of(gid_t gid, const LookUpTime& time) {
    const auto look_up = [](gid_t asked) {
        const auto group = group_of_number(asked);
        return group ? std::optional{group->name} : std::nullopt;
    };
    return known_.name_of(gid, look_up, time);
}

}  // namespace jeton::front
