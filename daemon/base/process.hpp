/// What every program of jeton does to itself first, and what it tells its service manager.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace jeton {

/// Not dumpable, no core file, umask 077, SIGPIPE and SIGXFSZ ignored, soft descriptor limit raised to the hard one.
/// Called before any key or socket exists. Throws std::system_error where the kernel refuses.
void harden_process();

/// Asks the kernel to send SIGTERM to this process when its parent thread dies, and ends at once if it is already gone.
void die_with_parent(int expected_parent);

/// For a child that was forked from a process at work: standard input and output lead nowhere, and of all descriptors
/// only standard error and `fd` stay. The service manager's variables go, too: they are the parent's.
void keep_only(int fd);

/// Gives back what only the start needed: heap that is free again, and pages of the program and its libraries, which
/// the kernel reads again where they are used. Once, when there is nothing left to do but to serve.
void settle();

/// Tells the service manager (sd_notify); does nothing where there is none. `state`: "READY=1", "STOPPING=1",
/// "STATUS=…".
void notify_manager(std::string_view state);

/// How often the service manager's watchdog wants `notify_manager("WATCHDOG=1")` from the loop that serves: twice in
/// WatchdogSec=. Nothing where it has no watchdog for this process.
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_interval();

/// Empties the environment, but for what the service manager needs to be answered.
void clear_environment();

}  // namespace jeton
