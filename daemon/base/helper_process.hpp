/// A child that does one small thing for a process that may not do it itself: it is asked over a socket, one question
/// at a time, and was forked before its parent gave its rights up.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
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

    /// The same, for `patience` at most: nothing where the answer has not come by then. It still will, and is for
    /// whoever asks the same within a minute; until it has come, nothing else is asked and nobody waits. For questions
    /// without secrets.
    [[nodiscard]] std::optional<std::string> ask(std::string_view question, std::chrono::milliseconds patience);

private:
    struct LateAnswer {
        std::string text;
        std::chrono::steady_clock::time_point until;
    };

    void send(std::string_view question);
    [[nodiscard]] bool has_answer(std::chrono::milliseconds patience) const;
    [[nodiscard]] std::string receive();
    void keep_late_answer();

    std::string name_;
    UniqueFd link_;
    std::string awaited_;                                  ///< the question that nobody waits for any more; empty: none
    std::map<std::string, LateAnswer, std::less<>> late_;  ///< by question
};

}  // namespace jeton
