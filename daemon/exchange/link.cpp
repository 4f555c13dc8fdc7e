#include "daemon/exchange/link.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

#include "libclient/protocol/json.hpp"

namespace jeton::exchange {

Link::Link(UniqueFd fd) : fd_(std::move(fd)) {
    const int flags = ::fcntl(fd_.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "the descriptor of the vault's link");
    }
}

Link::~Link() { protocol::wipe(outgoing_); }

bool Link::read() {
    std::array<char, 16UZ * 1024> bytes;
    for (;;) {
        const auto got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
        if (got > 0) {
            incoming_.feed({bytes.data(), static_cast<std::size_t>(got)});
            explicit_bzero(bytes.data(), static_cast<std::size_t>(got));
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
}

void Link::queue(std::string_view payload) {
    auto frame = encode_frame(payload);
    if (!has_to_write()) {
        protocol::wipe(outgoing_);
        sent_ = 0;
    }
    std::string both;
    both.reserve(outgoing_.size() - sent_ + frame.size());
    both.append(outgoing_, sent_).append(frame);
    protocol::wipe(outgoing_);
    protocol::wipe(frame);
    outgoing_ = std::move(both);
    sent_ = 0;
}

bool Link::write() {
    while (has_to_write()) {
        const auto done = ::send(fd_.get(), outgoing_.data() + sent_, outgoing_.size() - sent_, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        sent_ += static_cast<std::size_t>(done);
    }
    protocol::wipe(outgoing_);
    sent_ = 0;
    return true;
}

}  // namespace jeton::exchange
