/// Names of users and groups, for sentences that a person reads.
#pragma once

#include <string>

#include <sys/types.h>

namespace jeton::client {

/// As /etc/passwd and /etc/group have them; whom they do not have is told by number. Not by the name service: its
/// modules are shared libraries, and `jeton` is a static program.
[[nodiscard]] std::string user_name(uid_t uid);
[[nodiscard]] std::string group_name(gid_t gid);

}  // namespace jeton::client
