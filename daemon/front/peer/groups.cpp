#include "daemon/front/peer/groups.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <grp.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"

namespace jeton::front {
namespace {

constexpr std::size_t entry_limit = 16UZ * 1024 * 1024;  ///< an entry names every member of its group

template <class LookUp>
std::optional<NamedGroup> look_up(LookUp lookup) {
    std::vector<char> text(4096);
    group entry{};
    group* found = nullptr;
    while (lookup(&entry, text.data(), text.size(), &found) == ERANGE && text.size() < entry_limit) {
        text.resize(text.size() * 2);
    }
    if (found == nullptr) return std::nullopt;
    return NamedGroup{log::escape(found->gr_name), found->gr_gid};
}

std::optional<NamedGroup> by_number(gid_t gid) {
    return look_up([&](group* entry, char* text, std::size_t size, group** found) {
        return ::getgrgid_r(gid, entry, text, size, found);
    });
}

std::optional<NamedGroup> by_name(const std::string& name) {
    return look_up([&](group* entry, char* text, std::size_t size, group** found) {
        return ::getgrnam_r(name.c_str(), entry, text, size, found);
    });
}

}  // namespace

Result<NamedGroup> find_group(std::string_view name_or_number) {
    const char* end = name_or_number.data() + name_or_number.size();
    gid_t gid = 0;
    const auto number = std::from_chars(name_or_number.data(), end, gid);
    const bool is_number = !name_or_number.empty() && number.ec == std::errc{} && number.ptr == end;
    const auto group = is_number ? by_number(gid) : by_name(std::string{name_or_number});
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
