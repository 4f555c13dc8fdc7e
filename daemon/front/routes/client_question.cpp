#include "daemon/front/routes/client_question.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>

#include "daemon/front/routes/client_auth.hpp"

namespace jeton::front {

Result<std::optional<ClientThrottle::Try>> allowed_guess(Desk& desk, const Caller& caller, const json::object& client) {
    const auto guess = guess_in(caller.peer.counted_as(), client);
    if (!guess) return guess;
    if (auto wait = desk.throttle.refusal(*guess, desk.clock.boot_time())) return *std::move(wait);
    return guess;
}

Task<Answer> ask_for_client(Desk& desk, Question question, std::optional<ClientThrottle::Try> guess) {
    const auto due = Timer::clock_type::now() + time_of_wrong_guess;
    auto answer = co_await desk.vault.ask(std::move(question));
    if (guess && answer.refused && answer.refused->code == Errc::invalid_client) {
        desk.throttle.failed(*guess, desk.clock.boot_time());
        const auto executor = co_await asio::this_coro::executor;
        Timer timer{executor, due};
        co_await timer.async_wait(use_task);
    }
    co_return answer;
}

}  // namespace jeton::front
