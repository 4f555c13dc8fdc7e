#include "daemon/base/frames.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "libclient/protocol/words.hpp"

namespace jeton {
namespace {

constexpr std::size_t head_size = 4;

void check_length(std::size_t length) {
    if (length == 0) throw FrameFault("an inner frame is empty");
    if (length > protocol::frame_limit) throw FrameFault("an inner frame is longer than 1 MiB");
}

}  // namespace

std::string encode_frame(std::string_view payload) {
    check_length(payload.size());
    std::string frame;
    frame.reserve(head_size + payload.size());
    const auto length = static_cast<std::uint32_t>(payload.size());
    for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>((length >> shift) & 0xffU));
    frame.append(payload);
    return frame;
}

FrameDecoder::~FrameDecoder() { explicit_bzero(buffer_.data(), buffer_.size()); }

void FrameDecoder::feed(std::string_view bytes) {
    if (taken_ == buffer_.size()) {
        buffer_.clear();
        taken_ = 0;
    }
    if (buffer_.size() + bytes.size() > buffer_.capacity()) {
        // Grown by hand, so that the old memory is overwritten before it is given back.
        std::string larger;
        larger.reserve(2 * (buffer_.size() - taken_ + bytes.size()));
        larger.append(buffer_, taken_);
        explicit_bzero(buffer_.data(), buffer_.size());
        buffer_ = std::move(larger);
        taken_ = 0;
    }
    buffer_.append(bytes);
}

std::optional<std::string> FrameDecoder::next() {
    if (buffer_.size() - taken_ < head_size) return std::nullopt;
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < head_size; ++i) {
        length = (length << 8U) | static_cast<unsigned char>(buffer_[taken_ + i]);
    }
    check_length(length);
    if (buffer_.size() - taken_ - head_size < length) return std::nullopt;
    std::string payload = buffer_.substr(taken_ + head_size, length);
    explicit_bzero(buffer_.data() + taken_, head_size + length);
    taken_ += head_size + length;
    return payload;
}

}  // namespace jeton
