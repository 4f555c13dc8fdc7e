/// The systemd unit of a process, from its control group.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/front/peer/pidfd.hpp"

namespace jeton::front {

/// A unit's name, or why there is none: exactly one of the two holds text.
struct Unit {
    std::string name;     ///< `worker.service`
    std::string unknown;  ///< for a person

    friend bool operator==(const Unit&, const Unit&) = default;
};

[[nodiscard]] inline Unit no_unit(std::string why) { return {.name = {}, .unknown = std::move(why)}; }

/// A name that a running unit may have: `[A-Za-z0-9:_.\@-]`, at most 255, with an instance behind each `@`, and the
/// type at its end (systemd.unit(5)).
[[nodiscard]] bool is_unit_name(std::string_view name, std::string_view type);

/// Where the text of a `/proc/PID/cgroup` places its process.
struct Placement {
    std::string path;  ///< below the mount of cgroup2; empty where the unit is unknown
    Unit unit;
};

/// Only the line of the unified hierarchy counts (`0::`). From the root: slices, then the *first* unit, a service or
/// scope. What stands below it is the unit's own affair: `user@1000.service` is the unit of everything that this user's
/// service manager starts, whatever names that gives to it (T6).
[[nodiscard]] Placement read_placement(std::string_view proc_cgroup);

/// The first mount of cgroup2 in the text of a `/proc/PID/mounts`; empty where there is none.
[[nodiscard]] std::string find_cgroup_mount(std::string_view proc_mounts);

/// That of this host, looked up once: mounts of a running host's control groups do not move.
[[nodiscard]] const std::string& cgroup_mount();

/// The unit that a process is in. Two witnesses must agree: the path in `/proc/PID/cgroup`, and the kernel about that
/// very directory. Since Linux 6.13 it names the directory's inode (`info`). Before, the directory's `cgroup.procs`
/// must list the process, which is as good: its number is held by the pidfd as long as it lives, and control groups of
/// cgroup2 cannot be renamed. The caller asks `is_alive()` afterwards, and passes only what is certain. Refuses
/// `forbidden` where a system call fails.
[[nodiscard]] Result<Unit> unit_of(const Process& process, const std::optional<Process::Info>& info);

/// Why no unit of a caller can be proven on this host, naming the kernel; nothing where it can.
[[nodiscard]] std::optional<std::string> why_no_units();

}  // namespace jeton::front
