/// The vault's frames over the one socket this program was started with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/frames.hpp"
#include "daemon/base/unique_fd.hpp"

namespace jeton::exchange {

/// Never waits; the event loop says when to read and write. Everything that passes is overwritten afterwards.
class Link {
public:
    /// Throws std::system_error where `fd` is no open descriptor.
    explicit Link(UniqueFd fd);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link();

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Takes what has come. False when the vault has closed the link.
    [[nodiscard]] bool read();
    /// The next whole frame that was read. The caller wipes it. Throws FrameFault.
    [[nodiscard]] std::optional<std::string> next() { return incoming_.next(); }

    /// Queues one frame; `write` sends it.
    void queue(std::string_view payload);
    [[nodiscard]] bool has_to_write() const { return sent_ < outgoing_.size(); }
    /// Sends what the socket takes now. False when the vault has closed the link.
    [[nodiscard]] bool write();

private:
    UniqueFd fd_;
    FrameDecoder incoming_;
    std::string outgoing_;
    std::size_t sent_ = 0;
};

}  // namespace jeton::exchange
