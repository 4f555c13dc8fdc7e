#include "daemon/vault/verbs/peer_view.hpp"

#include "daemon/vault/verbs/identity_of.hpp"

namespace jeton::vault {
namespace {

constexpr std::int64_t pid_max = 4'194'304;

Result<std::vector<PeerGroup>> read_groups(const json::array& values) {
    std::vector<PeerGroup> groups;
    groups.reserve(values.size());
    for (const auto& value : values) {
        protocol::Fields in{value};
        groups.push_back({in.integer("gid", 0, id_max), in.text_or("name", "")});
        if (auto problem = in.problem()) return bad_body(*std::move(problem));
    }
    return groups;
}

}  // namespace

Result<Peer> read_peer(const json::value& value) {
    protocol::Fields in{value};
    Peer peer;
    peer.uid = in.integer("uid", 0, id_max);
    peer.gid = in.integer("gid", 0, id_max);
    peer.pid = in.optional_integer("pid", 0, pid_max).value_or(0);
    peer.user = in.text_or("user", "");
    peer.command = in.text_or("command", "");
    peer.foreign = in.flag("foreign");
    peer.unit = in.text_or("unit", "");
    peer.unit_unknown = in.text_or("unit_unknown", "");
    const auto* listed = in.array("groups");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (listed != nullptr) {
        auto groups = read_groups(*listed);
        if (!groups) return groups.error();
        peer.groups = *std::move(groups);
    }
    return peer;
}

json::object peer_view(const Peer& peer) {
    json::array groups;
    for (const auto& group : peer.groups) {
        groups.emplace_back(group.name.empty() ? std::to_string(group.gid) : group.name);
    }
    return {{"uid", peer.uid},
            {"user", text_or_null(peer.user)},
            {"groups", std::move(groups)},
            {"unit", text_or_null(peer.unit)},
            {"unit_unknown", text_or_null(peer.unit_unknown)},
            {"pid", peer.pid == 0 ? json::value(nullptr) : json::value(peer.pid)},
            {"command", text_or_null(peer.command)},
            {"foreign", peer.foreign}};
}

}  // namespace jeton::vault
