/// What every program of jeton gives up before it reads a stranger's byte: Landlock and seccomp, in one call.
#pragma once

#include "daemon/base/landlock.hpp"
#include "daemon/base/syscall_filter.hpp"

namespace jeton {

/// Sets `no_new_privs`, then applies `rules` and `filter` to this process; there must be no other thread yet.
/// Where the kernel lacks one of them, a warning names the kernel and what is missing, and the rest holds. Builds
/// without confinement (meson option `confine`, and sanitizers) only warn. Throws std::system_error where a kernel that
/// has them refuses.
void confine(const landlock::Rules& rules, SyscallFilter& filter);

/// The groups from which the lists of our programs are made. What no group of a program names is absent for it.
/// Whether the service manager's socket has no place in the file system ("@…"): then it is one of the abstract ones.
[[nodiscard]] bool manager_is_abstract();

namespace calls {

/// Never, in no program: other programs' memory, other namespaces, mounts, kernel modules, kernel interfaces with a
/// record of holes. Ends the process: whoever tries it is not our code any more.
void kill_the_never_needed(SyscallFilter& filter);

/// To start another program. Ends the process.
void kill_exec(SyscallFilter& filter);

/// Memory that is not executable, threads (no processes), locks, random numbers, clocks, ending.
void allow_life(SyscallFilter& filter);

/// Reading, writing and closing what is open already; waiting for it; the event loop's own descriptors.
void allow_open_files(SyscallFilter& filter);

/// Looking at files and opening them; Landlock says which.
void allow_reading_files(SyscallFilter& filter);

/// Making, changing, renaming and removing files; Landlock says which.
void allow_writing_files(SyscallFilter& filter);

/// Datagrams to the service manager: no stream to anybody, no network.
void allow_telling_the_manager(SyscallFilter& filter);

/// Making processes that are no threads.
void refuse_fork(SyscallFilter& filter);

/// What the lists of most programs begin with: of all the above, everything but writing files.
void begin_as_reader(SyscallFilter& filter);

}  // namespace calls

}  // namespace jeton
