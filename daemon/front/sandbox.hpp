/// What the front, and the two processes that it forks, give up for good. Why: docs/decisions/0019-….md.
#pragma once

#include <filesystem>
#include <vector>

#include "daemon/base/config.hpp"

namespace jeton::front {

/// Before the first stranger's byte. Keeps: its open descriptors, sessions that come in, looking at processes (/proc)
/// and control groups, removing its sockets, telling the service manager. No other file, no network, no new process.
void confine_front(const Config& config);

/// For the process that looks up names: whatever a name service needs, but nothing is written and nothing is started.
void confine_names();

/// For the supervisor, and through it for vault and exchange: of all programs only `programs` can be started.
void confine_supervisor(const std::vector<std::filesystem::path>& programs);

}  // namespace jeton::front
