/// Frames of the inner sockets: four bytes of length, most significant first, then that many bytes of one JSON object.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace jeton {

/// The other side broke the protocol; the link is of no further use.
struct FrameFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How many of those that wait leave in one write; what the other side reads together it does together.
inline constexpr std::size_t frames_at_once = 64;

/// A frame ready to be written. Throws FrameFault where `payload` is empty or longer than `protocol::frame_limit`.
[[nodiscard]] std::string encode_frame(std::string_view payload);

/// Cuts a byte stream into frames. Its buffer is overwritten as frames are taken: they may hold secrets.
class FrameDecoder {
public:
    FrameDecoder() = default;
    FrameDecoder(const FrameDecoder&) = delete;
    FrameDecoder& operator=(const FrameDecoder&) = delete;
    ~FrameDecoder();

    /// Appends what a read brought.
    void feed(std::string_view bytes);
    /// The next whole payload, or nothing until more is fed. The caller wipes it (`protocol::wipe`).
    /// Throws FrameFault for a length of 0 or above the limit.
    [[nodiscard]] std::optional<std::string> next();

private:
    std::string buffer_;
    std::size_t taken_ = 0;
};

}  // namespace jeton
