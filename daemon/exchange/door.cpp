#include "daemon/exchange/door.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "daemon/base/private_socket.hpp"
#include "daemon/base/process.hpp"

namespace jeton::exchange {

std::optional<UniqueFd> await_vault(int listener, uid_t vault_user, int signals, int heartbeat) {
    for (;;) {
        std::array<pollfd, 3> watched{{{listener, POLLIN, 0}, {signals, POLLIN, 0}, {heartbeat, POLLIN, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "poll");
        if (watched[1].revents != 0) return std::nullopt;
        if (watched[2].revents != 0) Heartbeat::beat(heartbeat);
        if (watched[0].revents == 0) continue;
        if (auto link = accept_only(listener, vault_user)) return link;
    }
}

Heartbeat::Heartbeat() {
    const auto interval = watchdog_interval();
    if (!interval) return;
    timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*interval);
    const auto rest = std::chrono::nanoseconds{*interval - seconds};
    const timespec time{seconds.count(), static_cast<long>(rest.count())};
    const itimerspec again_and_again{time, time};
    if (::timerfd_settime(timer_.get(), 0, &again_and_again, nullptr) != 0)
        throw std::system_error(errno, std::generic_category(), "timerfd");
}

void Heartbeat::beat(int fd) {
    std::uint64_t times = 0;
    if (::read(fd, &times, sizeof times) == sizeof times) notify_manager("WATCHDOG=1");
}

}  // namespace jeton::exchange
