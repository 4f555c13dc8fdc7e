/// A child that does one small thing for a process that may not do it itself: it is asked over a socket, one question
/// at a time, and was forked before its parent gave its rights up.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/unique_fd.hpp"

namespace jeton {

class HelperProcess {
public:
    /// The answer to one question. What it throws ends the helper.
    using Work = std::function<std::string(std::string_view question)>;

    /// Forks: before any thread, event loop, key or stranger's byte. The helper is called `name` (≤ 15 bytes), keeps
    /// stderr and its end of the socket alone, gives up what `confine` says, and works until this object or the process
    /// is gone: signals that are meant for all do not end it earlier. Throws std::system_error where the kernel
    /// refuses.
    HelperProcess(const char* name, const std::function<void()>& confine, const Work& work);

    /// Asks and waits for the answer, each of at most 1 MiB. Both may hold secrets: the helper wipes its copies, the
    /// caller wipes its own (`protocol::wipe`). Not thread-safe. Throws std::runtime_error where the helper has ended.
    [[nodiscard]] std::string ask(std::string_view question);

private:
    std::string name_;
    UniqueFd link_;
};

}  // namespace jeton
