/// Who asks, as the front attested it. The vault believes the front about nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jeton::vault {

struct PeerGroup {
    std::int64_t gid = -1;
    std::string name;  ///< empty where the gid has no name
};

struct Peer {
    std::int64_t uid = -1;  ///< uid_t, widened; never negative in a request
    std::int64_t gid = -1;
    std::int64_t pid = 0;
    std::string user;               ///< empty where the uid has no name
    std::string command;            ///< for the audit only
    std::vector<PeerGroup> groups;  ///< those the kernel gave the process; empty where nothing asked for them
    std::string unit;               ///< systemd unit; empty where it is not known
    std::string unit_unknown;       ///< why it is not
    bool foreign = false;           ///< of another PID namespace: its uid confers nothing
    bool daemon_user = false;       ///< in a user's own daemon: that user; set by the vault, not by the front
    bool on_control_socket = false;

    /// How it stands in the audit and in `created_by`.
    [[nodiscard]] std::string name() const { return user.empty() ? std::to_string(uid) : user; }
};

}  // namespace jeton::vault
