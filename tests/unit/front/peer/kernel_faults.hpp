/// Lets a system call of this process fail, as on an older kernel or on a bad day, or something happen right then.
/// (This program's own definitions of the calls come before those of the C library.)
#pragma once

#include <functional>

namespace jeton::front::test {

enum class Call {
    peer_credentials,  ///< getsockopt SO_PEERCRED
    peer_pidfd,        ///< getsockopt SO_PEERPIDFD
    peer_groups,       ///< getsockopt SO_PEERGROUPS
    pidfd_info,        ///< ioctl PIDFD_GET_INFO
    open_fdinfo,       ///< open of /proc/self/fdinfo/…
    open_cgroup,       ///< open of /proc/…/cgroup
    open_members,      ///< open of …/cgroup.procs
};

/// While it lives, `call` fails with `error` (of errno.h). They do not nest.
class KernelFault {
public:
    KernelFault(Call call, int error);
    KernelFault(const KernelFault&) = delete;
    KernelFault& operator=(const KernelFault&) = delete;
    ~KernelFault();
};

/// While it lives, `step` is done right `before` or `after` `call`, the first time. They do not nest.
class KernelMoment {
public:
    enum class When { before, after };
    KernelMoment(When when, Call call, std::function<void()> step);
    KernelMoment(const KernelMoment&) = delete;
    KernelMoment& operator=(const KernelMoment&) = delete;
    ~KernelMoment();
};

}  // namespace jeton::front::test
