#include "daemon/front/peer/users.hpp"

#include <pwd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/front/peer/name_service.hpp"

namespace jeton::front {
namespace {

constexpr uid_t dynamic_first = 61184, dynamic_last = 65519, overflow = 65534;

template <class LookUp>
std::optional<NamedUser> look_up(LookUp look_up) {
    return name_service_entry<passwd>(
        look_up, [](const passwd& entry) { return NamedUser{log::escape(entry.pw_name), entry.pw_uid, entry.pw_gid}; });
}

std::optional<NamedUser> by_number(uid_t uid) {
    return look_up([&](auto... room) { return ::getpwuid_r(uid, room...); });
}

std::optional<NamedUser> by_name(const std::string& name) {
    return look_up([&](auto... room) { return ::getpwnam_r(name.c_str(), room...); });
}

}  // namespace

Result<NamedUser> find_user(std::string_view name_or_number) {
    const auto uid = id_in(name_or_number);
    const auto user = uid ? by_number(*uid) : by_name(std::string{name_or_number});
    if (!user) {
        return refuse(Errc::bad_input,
                      fmt::format("this host has no user {}", log::escape(name_or_number.substr(0, 80))),
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

std::optional<std::string> UserNames::name_of(uid_t uid) {
    return known_.name_of(uid, [](uid_t asked) {
        const auto user = by_number(asked);
        return user ? std::optional{user->name} : std::nullopt;
    });
}

}  // namespace jeton::front
