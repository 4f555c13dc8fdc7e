/// Processes that connect to us: dead and alive, in groups, in control groups, in other namespaces.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/base/unique_fd.hpp"

namespace jeton::front::test {

/// Only root can make users, namespaces and control groups of its own.
[[nodiscard]] bool is_root();
/// Root, and cgroup2 is mounted and may be written.
[[nodiscard]] bool can_make_cgroups();

/// A listening Unix socket with a name that the kernel chose.
class Listener {
public:
    Listener();
    [[nodiscard]] int connect() const;  ///< from this or a child process; -1 where it fails
    [[nodiscard]] UniqueFd accept() const;

private:
    UniqueFd socket_;
    std::string address_;
};

/// A child process that has connected and waits. Ended and reaped when this goes.
class CallingProcess {
public:
    /// In the child: `before` it connects, and `later`, each time `proceed()` says so.
    using Step = std::function<void()>;
    explicit CallingProcess(const Step& before = {}, const Step& later = {});
    CallingProcess(const CallingProcess&) = delete;
    CallingProcess& operator=(const CallingProcess&) = delete;
    ~CallingProcess();

    [[nodiscard]] int socket() const { return socket_.get(); }
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Returns when `later` has been done.
    void proceed() const;
    /// It ends and is reaped.
    void end();

private:
    pid_t pid_ = -1;
    UniqueFd socket_;
    UniqueFd leash_;
    UniqueFd ready_;
};

/// Directories below the mount of cgroup2: `jetontest-PID.slice` and what is asked for in it. Removed when this goes;
/// then no process may be in them.
class ControlGroup {
public:
    /// `path` from our slice on, without a slash at its ends.
    explicit ControlGroup(const std::string& path);
    ControlGroup(const ControlGroup&) = delete;
    ControlGroup& operator=(const ControlGroup&) = delete;
    ~ControlGroup();

    void join() const;   ///< the calling process
    void leave() const;  ///< the calling process, for our slice

private:
    std::vector<std::string> made_;
};

}  // namespace jeton::front::test
