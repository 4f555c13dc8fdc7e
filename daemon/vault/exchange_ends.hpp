/// Receives the socket of each exchange: from the supervisor that starts it, or from a connector (connector.hpp) where
/// it is a service of its own.
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
    enum class Bringer { supervisor, connector };

    /// `on_orphaned` is called when the supervisor, or connector, has ended: then so must we.
    ExchangeEnds(boost::asio::io_context& loop, Bringer bringer, UniqueFd link, Flights& flights,
                 std::function<void()> on_orphaned);

private:
    void wait();
    void connect(UniqueFd socket);

    boost::asio::io_context& loop_;
    Bringer bringer_;
    boost::asio::posix::stream_descriptor bringer_link_;
    Flights& flights_;
    std::function<void()> on_orphaned_;
    std::shared_ptr<FrameLink> current_;
};

}  // namespace jeton::vault
