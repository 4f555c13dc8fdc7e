#include "daemon/front/peer/users.hpp"

#include <cerrno>
#include <charconv>
#include <vector>

#include <pwd.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"

namespace jeton::front {
namespace {

constexpr uid_t dynamic_first = 61184, dynamic_last = 65519, overflow = 65534;

template <class Lookup>
std::optional<NamedUser> look_up(Lookup lookup) {
    std::vector<char> text(1024);
    passwd entry{};
    passwd* found = nullptr;
    while (lookup(&entry, text.data(), text.size(), &found) == ERANGE && text.size() < 1024UZ * 1024) {
        text.resize(text.size() * 2);
    }
    if (found == nullptr) return std::nullopt;
    return NamedUser{log::escape(found->pw_name), found->pw_uid, found->pw_gid};
}

std::optional<NamedUser> by_number(uid_t uid) {
    return look_up([&](passwd* entry, char* text, std::size_t size, passwd** found) {
        return ::getpwuid_r(uid, entry, text, size, found);
    });
}

std::optional<NamedUser> by_name(const std::string& name) {
    return look_up([&](passwd* entry, char* text, std::size_t size, passwd** found) {
        return ::getpwnam_r(name.c_str(), entry, text, size, found);
    });
}

}  // namespace

Result<NamedUser> find_user(std::string_view name_or_number) {
    const char* end = name_or_number.data() + name_or_number.size();
    uid_t uid = 0;
    const auto number = std::from_chars(name_or_number.data(), end, uid);
    const bool is_number = !name_or_number.empty() && number.ec == std::errc{} && number.ptr == end;
    const auto user = is_number ? by_number(uid) : by_name(std::string{name_or_number});
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
