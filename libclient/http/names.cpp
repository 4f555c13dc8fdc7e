#include "libclient/http/names.hpp"

#include <array>
#include <cstdio>
#include <memory>

#include <grp.h>
#include <pwd.h>

namespace jeton::client {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File opened(const char* path) { return {std::fopen(path, "re"), &std::fclose}; }

}  // namespace

std::string user_name(uid_t uid) {
    const auto users = opened("/etc/passwd");
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> room{};
    while (users && ::fgetpwent_r(users.get(), &entry, room.data(), room.size(), &found) == 0) {
        if (entry.pw_uid == uid) return entry.pw_name;
    }
    return std::to_string(uid);
}

std::string group_name(gid_t gid) {
    const auto groups = opened("/etc/group");
    group entry{};
    group* found = nullptr;
    std::array<char, 16UZ * 1024> room{};  // of one line: a group may have many members
    while (groups && ::fgetgrent_r(groups.get(), &entry, room.data(), room.size(), &found) == 0) {
        if (entry.gr_gid == gid) return entry.gr_name;
    }
    return std::to_string(gid);
}

}  // namespace jeton::client
