/// The link to the front: one that was inherited, or, where the vault is a service of its own, each that comes.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/frame_link.hpp"

namespace jeton::vault {

/// One front at a time: the last that came. One thread.
class FrontEnds {
public:
    struct Listeners {
        std::function<void()> come;  ///< a front, to be greeted; what was asked by the one before has no asker any more
        std::function<void(std::deque<std::string> payloads)> asked;
        std::function<void()> gone;  ///< and none is there
    };

    explicit FrontEnds(boost::asio::io_context& loop) : loop_(loop) {}

    /// Before the two below.
    void listen(Listeners listeners) { listeners_ = std::move(listeners); }
    /// A connected stream socket.
    void take(UniqueFd link);
    /// Takes whoever of `front_user` connects to `listener`, from now on.
    void accept_from(UniqueFd listener, uid_t front_user);

    /// Dropped where there is no front. Wiped when it is written.
    void send(std::string payload);
    /// Takes no other front, whose connection waits for the next vault, and tells when this one has sent its last
    /// request; that one is to be told first. False where there is none.
    bool stop_taking(std::function<void()> heard_all);
    /// The front cannot send any more.
    void stop_hearing();
    /// The front is `gone` as soon as it has been sent what was queued.
    void end_when_written();

private:
    void wait();

    boost::asio::io_context& loop_;
    Listeners listeners_;
    std::shared_ptr<FrameLink> link_;
    std::optional<boost::asio::posix::stream_descriptor> listener_;
    uid_t front_user_ = 0;
};

}  // namespace jeton::vault
