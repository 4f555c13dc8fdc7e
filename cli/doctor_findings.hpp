/// What `jeton doctor` finds: by the daemon, and from where the caller stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"

namespace jeton::cli {

/// `severity` is ok, note, warning or problem; `next` is empty where there is nothing to do.
struct Finding {
    std::string check, severity, what, next;
};
using Findings = std::vector<Finding>;

/// What the kernel of this host can do for the daemon. Changes nothing and asks nobody else.
[[nodiscard]] Findings kernel_findings();
/// The sockets of the daemon that is meant, as this caller sees them.
[[nodiscard]] Findings socket_findings(const client::Endpoint& endpoint);
/// Whether the daemon is the version of this command.
[[nodiscard]] Finding version_finding(std::string_view daemon_version);

/// The problems first, one below the other, each with what mends it; at the end how many there are. `width` is that of
/// the terminal, 0 for no limit. `quiet` leaves out what is well.
[[nodiscard]] std::string findings_text(const Findings& findings, const Terminal& terminal, bool quiet);
[[nodiscard]] json::array findings_view(const Findings& findings);

}  // namespace jeton::cli
