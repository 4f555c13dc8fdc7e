/// Tells a process from the child that fork() made of it, without a handler that would be global and, where the kernel
/// can wipe a page on fork (Linux 4.14), without a system call.
#pragma once

#include <atomic>
#include <cstdint>

#include <sys/types.h>
#include <unistd.h>

namespace jeton::library {

/// Made in one process; `here()` is true there and false in every child until `renew()`. Thread-safe.
class ForkMark {
public:
    /// Throws std::bad_alloc where there is no page for it.
    ForkMark();
    ForkMark(const ForkMark&) = delete;
    ForkMark& operator=(const ForkMark&) = delete;
    ~ForkMark();

    [[nodiscard]] bool here() const noexcept {
        if (state_->load(std::memory_order_acquire) != usual) return false;
        return wiped_ || process_.load(std::memory_order_relaxed) == ::getpid();
    }
    /// `here()` makes no system call.
    [[nodiscard]] bool is_free() const noexcept { return wiped_; }

    /// In a child, whose threads may all come at once: one of them is told to start anew (true) and must say how that
    /// went; the others wait until it has and are told false.
    [[nodiscard]] bool renew() noexcept;
    void renewed() noexcept;
    /// It could not: whoever comes next is told to.
    void not_renewed() noexcept;

private:
    enum State : std::uint32_t { child, renewing, usual };  // a wiped page is 0

    std::atomic<std::uint32_t>* state_;
    bool wiped_;
    std::atomic<pid_t> process_;
};

}  // namespace jeton::library
