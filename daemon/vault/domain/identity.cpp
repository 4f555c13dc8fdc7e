#include "daemon/vault/domain/identity.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace jeton::vault {
namespace {

// systemd's DynamicUser= range (systemd.exec(5)): an id of it means another service tomorrow.
constexpr std::int64_t dynamic_first = 61184;
constexpr std::int64_t dynamic_last = 65519;
constexpr std::int64_t overflow = 65534;
constexpr std::int64_t highest = 4294967294;
constexpr std::size_t unit_limit = 255;

Result<void> check_number(std::string_view kind, std::int64_t id) {
    if (id < -1 || id > highest || id == overflow) {
        return refuse(Errc::bad_input, fmt::format("{} {} is nobody's identity", kind, id),
                      "name a user or group of this host");
    }
    if (id >= dynamic_first && id <= dynamic_last) {
        return refuse(Errc::bad_input, fmt::format("{} {} is handed out to services for a while only", kind, id),
                      "bind the service by its unit (--unit NAME.service), or give it a user of its own (User=)");
    }
    return {};
}

bool is_unit_name(std::string_view unit) {
    constexpr std::string_view marks = ":_.\\@-";
    const auto is_allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.contains(c);
    };
    const auto dot = unit.rfind('.');
    const bool has_type =
        dot != std::string_view::npos && dot > 0 && (unit.substr(dot) == ".service" || unit.substr(dot) == ".scope");
    return has_type && unit.size() <= unit_limit && std::ranges::all_of(unit, is_allowed);
}

void add_user(std::vector<std::string>& missing, const Identity& identity, const Peer& peer) {
    if (peer.uid != identity.uid) {
        missing.push_back(fmt::format("its user is {}, not {}", peer.name(), identity.user));
    } else if (!peer.user.empty() && peer.user != identity.user) {
        // A name that moved to another uid, or a uid that got another name, is somebody else.
        missing.push_back(fmt::format("uid {} is called {} now, not {}", peer.uid, peer.user, identity.user));
    }
}

void add_group(std::vector<std::string>& missing, const Identity& identity, const Peer& peer) {
    const auto found = std::ranges::find(peer.groups, identity.gid, &PeerGroup::gid);
    if (found == peer.groups.end()) {
        missing.push_back(
            fmt::format("it is not in group {} (its groups are those it was started with)", identity.group));
    } else if (!found->name.empty() && found->name != identity.group) {
        missing.push_back(fmt::format("gid {} is called {} now, not {}", identity.gid, found->name, identity.group));
    }
}

void add_unit(std::vector<std::string>& missing, const Identity& identity, const Peer& peer) {
    if (peer.unit.empty()) {
        missing.push_back(fmt::format("its unit is not known{}{}, so it may not be {}",
                                      peer.unit_unknown.empty() ? "" : ": ", peer.unit_unknown, identity.unit));
    } else if (peer.unit != identity.unit) {
        missing.push_back(fmt::format("its unit is {}, not {}", peer.unit, identity.unit));
    }
}

bool is_named(std::string_view asked, std::string_view name, std::int64_t id) {
    return !asked.empty() && id >= 0 && (asked == name || asked == fmt::to_string(id));
}

}  // namespace

std::vector<std::string> lacks(const Identity& identity, const Peer& peer) {
    std::vector<std::string> missing;
    if (identity.is_empty()) missing.emplace_back("it names no identity");
    if (identity.uid >= 0) add_user(missing, identity, peer);
    if (identity.gid >= 0) add_group(missing, identity, peer);
    if (!identity.unit.empty()) add_unit(missing, identity, peer);
    return missing;
}

bool asks_for_user(const Identity& identity, std::string_view user) {
    return is_named(user, identity.user, identity.uid);
}

bool asks_for_group(const Identity& identity, std::string_view group) {
    return is_named(group, identity.group, identity.gid);
}

std::string described(const Identity& identity) {
    std::vector<std::string> parts;
    if (identity.uid >= 0) parts.push_back(fmt::format("user {}", identity.user));
    if (identity.gid >= 0) parts.push_back(fmt::format("group {}", identity.group));
    if (!identity.unit.empty()) parts.push_back(fmt::format("unit {}", identity.unit));
    return fmt::format("{}", fmt::join(parts, " and "));
}

Result<void> check_identity(const Identity& identity) {
    if (identity.is_empty()) {
        return refuse(Errc::bad_input, "no identity is named", "give --user U, --group G or --unit NAME.service");
    }
    if (auto user = check_number("uid", identity.uid); !user) return user.error();
    if (auto group = check_number("gid", identity.gid); !group) return group.error();
    if (!identity.unit.empty() && !is_unit_name(identity.unit)) {
        return refuse(Errc::bad_input, "this is no name of a systemd service or scope",
                      "write it as systemctl shows it, for example worker.service");
    }
    return {};
}

}  // namespace jeton::vault
