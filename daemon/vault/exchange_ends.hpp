/// Receives, from the supervisor, the socket of each exchange that it starts.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/flights.hpp"

namespace jeton::vault {

class ExchangeEnds {
public:
    /// `on_orphaned` is called when the supervisor has ended: then so must we.
    ExchangeEnds(boost::asio::io_context& loop, UniqueFd supervisor, Flights& flights,
                 std::function<void()> on_orphaned);

private:
    void wait();
    void connect(UniqueFd socket);

    boost::asio::io_context& loop_;
    boost::asio::posix::stream_descriptor supervisor_;
    Flights& flights_;
    std::function<void()> on_orphaned_;
    std::shared_ptr<FrameLink> current_;
};

}  // namespace jeton::vault
