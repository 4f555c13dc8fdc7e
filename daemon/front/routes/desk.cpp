#include "daemon/front/routes/desk.hpp"

namespace jeton::front {
namespace {

json::array describe(GroupNames& names, const std::vector<gid_t>& groups, const LookUpTime& time) {
    json::array described;
    described.reserve(groups.size());
    for (const auto gid : groups) {
        json::object group;
        group["gid"] = gid;
        if (const auto name = names.name_of(gid, time)) group["name"] = *name;
        described.emplace_back(std::move(group));
    }
    return described;
}

}  // namespace

json::object describe(Desk& desk, const Peer& peer, const Glimpse& glimpse) {
    const LookUpTime time;
    json::object told;
    told["uid"] = peer.uid;
    told["gid"] = peer.gid;
    told["pid"] = peer.pid;
    if (const auto name = desk.names.name_of(peer.uid, time)) told["user"] = *name;
    if (glimpse.command) told["command"] = *glimpse.command;
    told["foreign"] = peer.foreign;
    if (peer.groups) told["groups"] = describe(desk.groups, *peer.groups, time);
    const auto& unit = peer.unit ? *peer.unit : glimpse.unit;
    if (!unit.name.empty()) {
        told["unit"] = unit.name;
    } else {
        told["unit_unknown"] = unit.unknown;
    }
    return told;
}

Question question_of(Desk& desk, const Caller& caller, const Glimpse& glimpse, std::string_view verb,
                     json::value body) {
    return Question{.peer = describe(desk, caller.peer, glimpse),
                    .socket = caller.socket_name,
                    .verb = verb,
                    .body = std::move(body)};
}

}  // namespace jeton::front
