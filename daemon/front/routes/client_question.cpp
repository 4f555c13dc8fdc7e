#include "daemon/front/routes/client_question.hpp"

#include <utility>

#include <boost/asio/this_coro.hpp>

namespace jeton::front {

Task<Answer> ask_for_client(Desk& desk, Question question, std::optional<ClientThrottle::Try> guess) {
    const auto executor = co_await asio::this_coro::executor;
    Timer timer{executor};
    timer.expires_after(time_of_wrong_guess);
    if (guess) {
        auto wait = desk.throttle.refusal(*guess, desk.clock.boot_time());
        if (wait) {
            Answer refused;
            refused.refused = std::move(wait);
            co_return refused;
        }
    }
    auto answer = co_await desk.vault.ask(std::move(question));
    if (guess && answer.refused && answer.refused->code == Errc::invalid_client) {
        desk.throttle.failed(*guess, desk.clock.boot_time());
        co_await timer.async_wait(use_task);
    }
    co_return answer;
}

}  // namespace jeton::front
