#include "daemon/vault/exchange_ends.hpp"

#include <exception>
#include <utility>

#include "daemon/base/connector.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/pass_fd.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::vault {
ExchangeEnds::ExchangeEnds(boost::asio::io_context& loop, Bringer bringer, UniqueFd link, Flights& flights,
                           std::function<void()> on_orphaned)
    : loop_(loop),
      bringer_(bringer),
      bringer_link_(loop, link.release()),
      flights_(flights),
      on_orphaned_(std::move(on_orphaned)) {
    wait();
}

void ExchangeEnds::wait() {
    bringer_link_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
        if (ec) return;
        try {
            while (auto passed = receive_fd(bringer_link_.native_handle())) connect(std::move(passed->fd));
        } catch (const std::exception&) {
            return on_orphaned_();
        }
        wait();
    });
}

void ExchangeEnds::connect(UniqueFd socket) {
    if (current_) {
        current_->close();
        flights_.lost();  // whoever waits for an answer of the one before hears of it now
    }
    auto link = std::make_shared<FrameLink>(loop_, std::move(socket));
    current_ = link;
    link->start(
        [this, ending = std::weak_ptr{link}](std::deque<std::string> payloads) {
            const bool ends = std::erase(payloads, wire::ending_event()) > 0;
            flights_.arrived(payloads);
            if (const auto mine = ending.lock(); ends && mine && mine == current_) {
                flights_.hold();
                mine->finish_sending();
            }
            for (auto& payload : payloads) protocol::wipe(payload);  // they held tokens
        },
        [this, ended = std::weak_ptr{link}](const std::string& why) {
            if (current_ != ended.lock()) return;
            log::warning("the exchange ended: {}", why);
            flights_.lost();
            if (bringer_ == Bringer::connector) ask_for_connection(bringer_link_.native_handle());
        });
    flights_.connect(std::move(link));
}

}  // namespace jeton::vault
