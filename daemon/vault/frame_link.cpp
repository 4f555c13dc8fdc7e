#include "daemon/vault/frame_link.hpp"

#include <cstring>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "libclient/protocol/json.hpp"

namespace jeton::vault {

FrameLink::FrameLink(boost::asio::io_context& loop, UniqueFd socket)
    : socket_(loop, boost::asio::local::stream_protocol{}, socket.release()) {}

void FrameLink::start(OnFrames on_frames, OnEnd on_end) {
    on_frames_ = std::move(on_frames);
    on_end_ = std::move(on_end);
    read();
}

void FrameLink::read() {
    socket_.async_read_some(boost::asio::buffer(buffer_),
                            [self = shared_from_this()](boost::system::error_code ec, std::size_t size) {
                                if (ec == boost::asio::error::eof && self->heard_all_)
                                    return std::exchange(self->heard_all_, {})();
                                if (ec) return self->end(ec.message());
                                std::deque<std::string> payloads;
                                try {
                                    self->decoder_.feed({self->buffer_.data(), size});
                                    explicit_bzero(self->buffer_.data(), size);
                                    while (auto payload = self->decoder_.next())
                                        payloads.push_back(*std::move(payload));
                                    if (!payloads.empty()) self->on_frames_(std::move(payloads));
                                } catch (const FrameFault& fault) {
                                    return self->end(fault.what());
                                }
                                if (self->socket_.is_open()) self->read();
                            });
}

void FrameLink::send(std::string payload) {
    if (!socket_.is_open()) return;
    outgoing_.push_back(encode_frame(payload));
    protocol::wipe(payload);
    if (std::exchange(is_writing_, true)) return;
    boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->write(); });
}

void FrameLink::write() {
    std::vector<boost::asio::const_buffer> frames;
    for (const auto& frame : outgoing_ | std::views::take(frames_at_once)) frames.push_back(boost::asio::buffer(frame));
    boost::asio::async_write(
        socket_, frames, [self = shared_from_this(), count = frames.size()](boost::system::error_code ec, std::size_t) {
            if (ec) return self->end(ec.message());
            for (std::size_t i = 0; i < count; ++i) {
                protocol::wipe(self->outgoing_.front());
                self->outgoing_.pop_front();
            }
            if (!self->outgoing_.empty()) return self->write();
            self->is_writing_ = false;
            self->all_written();
        });
}

void FrameLink::stop_hearing() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::local::stream_protocol::socket::shutdown_receive, ignored);
}

void FrameLink::finish_sending() {
    sends_no_more_ = true;
    if (outgoing_.empty()) all_written();
}

void FrameLink::end_when_written() {
    ends_when_written_ = true;
    if (outgoing_.empty()) all_written();
}

void FrameLink::all_written() {
    if (ends_when_written_) return end("all is said");
    boost::system::error_code ignored;
    if (sends_no_more_) socket_.shutdown(boost::asio::local::stream_protocol::socket::shutdown_send, ignored);
}

void FrameLink::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void FrameLink::end(const std::string& why) {
    if (!socket_.is_open()) return;
    close();
    for (auto& frame : outgoing_) protocol::wipe(frame);
    if (on_end_) on_end_(why);
}

}  // namespace jeton::vault
