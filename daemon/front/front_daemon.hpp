/// The front at work: two sockets, one link to the vault, one thread, from READY to the last answer.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/front/http/server.hpp"
#include "daemon/front/routes/desk.hpp"
#include "daemon/front/sockets.hpp"
#include "daemon/front/supervisor.hpp"
#include "daemon/front/tokens/decision_cache.hpp"
#include "daemon/front/tokens/epoch_page.hpp"
#include "daemon/front/vault_client.hpp"

namespace jeton::front {

class FrontDaemon {
public:
    FrontDaemon(const Config& config, Supervisor supervisor, Sockets sockets, EpochPageWriter page);

    /// Serves until SIGTERM, SIGINT or SIGHUP, finishes what is running (≤ 5 s), ends the helpers. The exit status: 1
    /// where the supervisor or jetond-names ended by itself.
    [[nodiscard]] int run();

private:
    using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

    Task<void> watch_supervisor();
    Task<void> watch_signals();
    Task<void> watch_helpers();
    Task<void> report_now_and_then();
    Task<void> tell_watchdog(std::chrono::milliseconds interval);
    Task<void> wait_for_vault();
    Task<void> ask_for_another_vault();
    void tell_ready(std::string_view status);
    Task<void> keep_page_fresh();
    Task<void> shut_down();
    Task<void> pause(std::chrono::milliseconds length);
    [[nodiscard]] VaultClient::Listeners listeners();

    SystemClock clock_;
    asio::io_context context_{1};
    Sockets sockets_;
    EpochPageWriter page_;
    DecisionCache decisions_;
    VaultClient vault_;
    Desk desk_;
    Server server_;
    asio::signal_set signals_;
    asio::signal_set children_;
    int supervisor_pid_;
    Descriptor supervisor_;
    bool asks_for_links_;
    bool told_ready_ = false;
    bool stopping_ = false;
    bool served_ = false;  ///< everybody who came before the stop
    bool supervisor_ended_ = false;
    int status_ = 0;
};

}  // namespace jeton::front
