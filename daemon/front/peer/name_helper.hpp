/// The host's name service (getpwnam_r(3) and its kin), asked in a process of its own where one was started: it may
/// load libraries and open files and sockets of any kind, which the front must not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jeton::front {

/// A user or a group.
struct NameEntry {
    std::string name;  ///< harmless to print
    std::uint32_t id;
    gid_t gid;  ///< of a user: its primary group; of a group: itself
};

/// Forks the process that is asked from now on (see `HelperProcess`); until then this one looks up names itself.
/// Where it ends, so does this process: without names, whoever calls would be refused.
void start_name_helper(const std::function<void()>& confine);

// Used by one thread at a time. Once the helper has started, each of these throws `Late` where the name service has not
// answered within half a second: nobody is taken for somebody without a name.

/// Nothing where the host knows none.
[[nodiscard]] std::optional<NameEntry> user_of_number(uid_t uid);
[[nodiscard]] std::optional<NameEntry> user_of_name(const std::string& name);
[[nodiscard]] std::optional<NameEntry> group_of_number(gid_t gid);
[[nodiscard]] std::optional<NameEntry> group_of_name(const std::string& name);

/// The groups of an account, its primary one `gid` among them (getgrouplist(3)).
[[nodiscard]] std::vector<gid_t> groups_of_name(const std::string& name, gid_t gid);

}  // namespace jeton::front
