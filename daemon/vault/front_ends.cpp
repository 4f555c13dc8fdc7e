#include "daemon/vault/front_ends.hpp"

#include <utility>

#include "daemon/base/log.hpp"
#include "daemon/base/private_socket.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::vault {

void FrontEnds::take(UniqueFd link) {
    if (link_) {
        log::warning("another front has taken the place of the one before");
        link_->close();
    }
    link_ = std::make_shared<FrameLink>(loop_, std::move(link));
    const auto is_current = [this, mine = std::weak_ptr{link_}] { return link_ == mine.lock(); };
    listeners_.come();
    link_->start(
        [this, is_current](std::deque<std::string> payloads) {
            if (is_current()) return listeners_.asked(std::move(payloads));
            for (auto& payload : payloads) protocol::wipe(payload);
        },
        [this, is_current](const std::string& why) {
            if (!is_current()) return;
            if (listener_) log::info("the front has gone: {}", why);
            link_.reset();
            listeners_.gone();
        });
}

void FrontEnds::accept_from(UniqueFd listener, uid_t front_user) {
    listener_.emplace(loop_, listener.release());
    front_user_ = front_user;
    wait();
}

void FrontEnds::wait() {
    listener_->async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
        if (ec) return;
        if (auto front = accept_only(listener_->native_handle(), front_user_)) take(*std::move(front));
        wait();
    });
}

void FrontEnds::send(std::string payload) {
    if (link_) return link_->send(std::move(payload));
    protocol::wipe(payload);
}

bool FrontEnds::stop_taking(std::function<void()> heard_all) {
    listener_.reset();
    if (link_) link_->on_heard_all(std::move(heard_all));
    return link_ != nullptr;
}

void FrontEnds::stop_hearing() {
    if (link_) link_->stop_hearing();
}

void FrontEnds::end_when_written() {
    if (const auto link = link_) link->end_when_written();
}

}  // namespace jeton::vault
