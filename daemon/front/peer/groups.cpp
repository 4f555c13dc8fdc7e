#include "daemon/front/peer/groups.hpp"

#include <algorithm>

#include <grp.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/front/peer/name_service.hpp"

namespace jeton::front {
namespace {

template <class LookUp>
std::optional<NamedGroup> look_up(LookUp look_up) {
    return name_service_entry<group>(
        look_up, [](const group& entry) { return NamedGroup{log::escape(entry.gr_name), entry.gr_gid}; });
}

std::optional<NamedGroup> by_number(gid_t gid) {
    return look_up([&](auto... room) { return ::getgrgid_r(gid, room...); });
}

std::optional<NamedGroup> by_name(const std::string& name) {
    return look_up([&](auto... room) { return ::getgrnam_r(name.c_str(), room...); });
}

}  // namespace

Result<NamedGroup> find_group(std::string_view name_or_number) {
    const auto gid = id_in(name_or_number);
    const auto group = gid ? by_number(*gid) : by_name(std::string{name_or_number});
    if (!group) {
        return refuse(Errc::bad_input,
                      fmt::format("this host has no group {}", log::escape(name_or_number.substr(0, 80))),
                      "getent group");
    }
    if (is_fleeting(group->gid)) {
        return refuse(Errc::bad_input,
                      fmt::format("gid {} ({}) does not belong to one group for long", group->gid, group->name),
                      "name a group with a static number");
    }
    return *group;
}

std::vector<gid_t> groups_of_account(const NamedUser& user) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto count = static_cast<int>(groups.size());
        const bool fits = ::getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) >= 0;
        const auto needed = static_cast<std::size_t>(std::max(count, 0));
        if (fits || needed <= groups.size()) {
            groups.resize(fits ? needed : 0);
            return groups;
        }
        groups.resize(needed);
    }
}

bool is_member(const NamedUser& user, const std::string& group) {
    const auto found = by_name(group);
    if (!found) return false;
    const auto groups = groups_of_account(user);
    return std::ranges::find(groups, found->gid) != groups.end();
}

std::optional<std::string> GroupNames::name_of(gid_t gid) {
    return known_.name_of(gid, [](gid_t asked) {
        const auto group = by_number(asked);
        return group ? std::optional{group->name} : std::nullopt;
    });
}

}  // namespace jeton::front
