#include "libclient/library/sessions.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

#include "libclient/protocol/words.hpp"

namespace jeton::library {
namespace {

using Clock = std::chrono::steady_clock;
using client::Session;

}  // namespace

std::optional<Sessions::Opened> Sessions::take_idle() {
    const std::unique_lock lock{mutex_};
    while (!idle_.empty()) {
        auto last = std::move(idle_.back());
        idle_.pop_back();
        if (Clock::now() - last.since < idle_patience && last.session.quiet()) {
            return Opened{std::move(last.session), std::move(last.directory), generation_, false};
        }
    }
    return std::nullopt;
}

client::Result<Sessions::Opened> Sessions::open(Deadline deadline, uid_t self) {
    std::unique_lock lock{mutex_};
    const auto directories = directories_;
    const auto generation = generation_;
    lock.unlock();
    client::Error problem{client::Fault::unreachable, "no directory of a daemon is known", "set JETON_SOCKET_DIR"};
    for (const auto& directory : directories) {
        auto session = Session::open(directory, protocol::token_socket_name, deadline, self);
        if (session) return Opened{std::move(*session), directory, generation, true};
        problem = session.error();
        const bool closed = problem.fault == client::Fault::unreachable || problem.fault == client::Fault::forbidden;
        if (!closed || Clock::now() >= deadline) break;
    }
    return std::unexpected{std::move(problem)};
}

void Sessions::put_back(Opened opened) {
    const std::unique_lock lock{mutex_};
    if (opened.generation != generation_ || idle_.size() >= idle_limit) return;  // closes it
    idle_.push_back({std::move(opened.session), std::move(opened.directory), Clock::now()});
}

client::Result<Sessions::Answered> Sessions::ask(const client::Request& request, Deadline deadline, uid_t self) {
    auto idle = take_idle();
    for (int opened_before = 0;;) {
        auto chosen = idle ? client::Result<Opened>{std::move(*idle)} : open(deadline, self);
        idle.reset();
        if (!chosen) return std::unexpected{chosen.error()};
        auto response = chosen->session.ask(request, Session::After::keep, deadline);
        if (!response) {
            const bool unseen = !chosen->fresh && chosen->session.unanswered() && Clock::now() < deadline;
            if (unseen) continue;
            return std::unexpected{response.error()};
        }
        opened_before += chosen->fresh ? 1 : 0;
        if (client::asks_to_connect_again(*response) && opened_before < client::sessions_max) {
            const auto left = std::chrono::floor<std::chrono::milliseconds>(deadline - Clock::now()).count();
            ::poll(nullptr, 0, static_cast<int>(std::clamp<long>(left, 0, client::reconnect_ms)));
            continue;
        }
        auto directory = chosen->directory;
        {
            const std::unique_lock lock{mutex_};
            directories_.assign(1, directory);
        }
        if (chosen->session.kept()) put_back(std::move(*chosen));
        return Answered{std::move(*response), std::move(directory)};
    }
}

void Sessions::clear() noexcept {
    const std::unique_lock lock{mutex_};
    idle_.clear();
    ++generation_;
}

bool Sessions::try_clear() noexcept {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return false;
    idle_.clear();
    ++generation_;
    return true;
}

}  // namespace jeton::library
