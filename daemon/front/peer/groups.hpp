/// Names and members of Unix groups, from the name service of the host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "daemon/base/error.hpp"
#include "daemon/front/peer/name_cache.hpp"
#include "daemon/front/peer/users.hpp"

namespace jeton::front {

struct NamedGroup {
    std::string name;
    gid_t gid;
};

/// The group of that name or number. Refuses `bad_input` as `find_user` does.
[[nodiscard]] Result<NamedGroup> find_group(std::string_view name_or_number);

/// The groups that a process of this user begins with when the user logs in now, the primary one among them.
[[nodiscard]] std::vector<gid_t> groups_of_account(const NamedUser& user);

/// Whether the user's account is in the group; false where the host has no such group.
[[nodiscard]] bool is_member(const NamedUser& user, const std::string& group);

/// Remembers names for a minute. Used by the I/O thread only.
class GroupNames {
public:
    /// Nothing where the gid has no name. Throws Late where the name service is late, or `time` over.
    [[nodiscard]] std::optional<std::string> name_of(gid_t gid, const LookUpTime& time = LookUpTime{});

private:
    NameCache<gid_t> known_;
};

}  // namespace jeton::front
