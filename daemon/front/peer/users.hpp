/// Names of Unix users, from the name service of the host.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sys/types.h>

#include "daemon/base/error.hpp"

namespace jeton::front {

struct NamedUser {
    std::string name;
    uid_t uid;
};

/// The user of that name or number. Refuses `bad_input`: no such user, or a number that belongs to nobody for long
/// (those systemd gives to `DynamicUser=` services, 61184 to 65519, and 65534).
[[nodiscard]] Result<NamedUser> find_user(std::string_view name_or_number);

/// Remembers names for a minute: a name service may be slow. Used by the I/O thread only.
class UserNames {
public:
    /// Nothing where the uid has no name.
    [[nodiscard]] std::optional<std::string> name_of(uid_t uid);

private:
    struct Known {
        std::optional<std::string> name;
        std::chrono::steady_clock::time_point until;
    };
    std::unordered_map<uid_t, Known> known_;
};

}  // namespace jeton::front
