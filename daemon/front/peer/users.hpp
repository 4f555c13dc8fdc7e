/// Names of Unix users, from the name service of the host.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/base/error.hpp"
#include "daemon/front/peer/name_cache.hpp"

namespace jeton::front {

struct NamedUser {
    std::string name;
    uid_t uid;
    gid_t gid;  ///< the primary group of the account
};

/// The user of that name or number. Refuses `bad_input`: no such user, or a number that belongs to nobody for long
/// (those systemd gives to `DynamicUser=` services, 61184 to 65519, and 65534).
[[nodiscard]] Result<NamedUser> find_user(std::string_view name_or_number);

/// A number that belongs to no user, and no group, for long: of systemd's dynamic range, or the one that stands for
/// numbers without a name.
[[nodiscard]] bool is_fleeting(std::uint32_t number);

/// Remembers names for a minute. Used by the I/O thread only.
class UserNames {
public:
    /// Nothing where the uid has no name. Throws Late where the name service is late, or `time` over.
    [[nodiscard]] std::optional<std::string> name_of(uid_t uid, const LookUpTime& time = LookUpTime{});

private:
    NameCache<uid_t> known_;
};

}  // namespace jeton::front
