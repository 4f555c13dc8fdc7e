/// One end of an inner socket on the vault's loop: frames in, frames out, and word of its end.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "daemon/base/frames.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::vault {

/// Lives as long as somebody holds it or a read is pending. One thread.
class FrameLink : public std::enable_shared_from_this<FrameLink> {
public:
    /// `on_frames` is called once for each read with at least one whole frame in it: what it brings is one turn's work.
    using OnFrames = std::function<void(std::deque<std::string> payloads)>;
    using OnEnd = std::function<void(const std::string& why)>;

    FrameLink(boost::asio::io_context& loop, UniqueFd socket);

    void start(OnFrames on_frames, OnEnd on_end);
    /// Queues a frame, to be written in the next turn with all that is queued by then; wiped when it has been. A frame
    /// over the limit ends the link.
    void send(std::string payload);
    /// The other end cannot send any more; what it has sent is still read.
    void stop_hearing();
    /// From now on the end of what the other end sends is told, and does not end the link: answers still go out.
    void on_heard_all(std::function<void()> heard_all) { heard_all_ = std::move(heard_all); }
    /// Sends nothing more once all that was queued is written, and lets the other end know.
    void finish_sending();
    /// Ends the link as soon as all that was queued is written.
    void end_when_written();
    void close();

private:
    void all_written();
    void read();
    void write();
    void end(const std::string& why);

    boost::asio::local::stream_protocol::socket socket_;
    OnFrames on_frames_;
    OnEnd on_end_;
    std::function<void()> heard_all_;
    FrameDecoder decoder_;
    std::array<char, 64UZ * 1024> buffer_{};
    std::deque<std::string> outgoing_;
    bool is_writing_ = false;
    bool sends_no_more_ = false;
    bool ends_when_written_ = false;
};

}  // namespace jeton::vault
