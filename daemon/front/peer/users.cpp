#include "daemon/front/peer/users.hpp"

#include <fmt/format.h>

#include "daemon/base/shown.hpp"
#include "daemon/front/peer/name_helper.hpp"
#include "daemon/front/peer/name_service.hpp"

namespace jeton::front {
namespace {

constexpr uid_t dynamic_first = 61184, dynamic_last = 65519, overflow = 65534;

std::optional<NamedUser> named(const std::optional<NameEntry>& entry) {
    if (!entry) return std::nullopt;
    return NamedUser{entry->name, entry->id, entry->gid};
}

}  // namespace

Result<NamedUser> find_user(std::string_view name_or_number) {
    const auto uid = id_in(name_or_number);
    const auto user = named(uid ? user_of_number(*uid) : user_of_name(std::string{name_or_number}));
    if (!user) {
        return refuse(Errc::bad_input, fmt::format("this host has no user {}", shown(name_or_number, 80)),
                      "getent passwd");
    }
    if (is_fleeting(user->uid)) {
        return refuse(Errc::bad_input,
                      fmt::format("uid {} ({}) does not belong to one user for long", user->uid, user->name),
                      "name a user with a static number");
    }
    return *user;
}

bool is_fleeting(std::uint32_t number) {
    return (number >= dynamic_first && number <= dynamic_last) || number == overflow;
}

std::optional<std::string> UserNames::name_of(uid_t uid, const LookUpTime& time) {
    const auto look_up = [](uid_t asked) {
        const auto user = user_of_number(asked);
        return user ? std::optional{user->name} : std::nullopt;
    };
    return known_.name_of(uid, look_up, time);
}

}  // namespace jeton::front
