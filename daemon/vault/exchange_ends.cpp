#include "daemon/vault/exchange_ends.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/base/log.hpp"

namespace jeton::vault {
namespace {

struct Received {
    UniqueFd socket;
    bool ended = false;
};

/// One message `X` with a descriptor beside it (SCM_RIGHTS), or the supervisor's end.
Received receive(int supervisor) {
    std::array<char, 1> word{};
    std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{word.data(), word.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = ::recvmsg(supervisor, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size == 0) return {{}, true};
    if (size < 0) return {{}, errno != EAGAIN && errno != EINTR};
    Received received;
    const auto* head = CMSG_FIRSTHDR(&message);
    if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
        received.socket.reset(fd);
    }
    return received;
}

}  // namespace

ExchangeEnds::ExchangeEnds(boost::asio::io_context& loop, UniqueFd supervisor, Flights& flights,
                           std::function<void()> on_orphaned)
    : loop_(loop), supervisor_(loop, supervisor.release()), flights_(flights), on_orphaned_(std::move(on_orphaned)) {
    wait();
}

void ExchangeEnds::wait() {
    supervisor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
        if (ec) return;
        auto received = receive(supervisor_.native_handle());
        if (received.ended) return on_orphaned_();
        if (received.socket) connect(std::move(received.socket));
        wait();
    });
}

void ExchangeEnds::connect(UniqueFd socket) {
    if (current_) current_->close();
    auto link = std::make_shared<FrameLink>(loop_, std::move(socket));
    current_ = link;
    link->start(
        [this](std::deque<std::string> payloads) {
            for (const auto& payload : payloads) flights_.arrived(payload);
        },
        [this, ended = std::weak_ptr{link}](const std::string& why) {
            if (current_ != ended.lock()) return;
            log::warning("the exchange ended: {}", why);
            flights_.lost();
        });
    flights_.connect(std::move(link));
}

}  // namespace jeton::vault
