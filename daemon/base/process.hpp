/// What every program of jeton does to itself first, and what it tells its service manager.
#pragma once

#include <string_view>

namespace jeton {

/// Not dumpable, no core file, umask 077, SIGPIPE and SIGXFSZ ignored, soft descriptor limit raised to the hard one.
/// Called before any key or socket exists. Throws std::system_error where the kernel refuses.
void harden_process();

/// Asks the kernel to send SIGTERM to this process when its parent thread dies, and ends at once if it is already gone.
void die_with_parent(int expected_parent);

/// Tells the service manager (sd_notify); does nothing where there is none. `state`: "READY=1", "STOPPING=1",
/// "STATUS=…".
void notify_manager(std::string_view state);

}  // namespace jeton
