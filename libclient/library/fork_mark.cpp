#include "libclient/library/fork_mark.hpp"

#include <new>

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jeton::library {
namespace {

constexpr std::size_t size = 4096;  // the kernel rounds it up to a page

}  // namespace

ForkMark::ForkMark() : process_(::getpid()) {
    void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::bad_alloc{};
    wiped_ = ::madvise(page, size, MADV_WIPEONFORK) == 0;
    state_ = new (page) std::atomic<std::uint32_t>{usual};
}

ForkMark::~ForkMark() { ::munmap(state_, size); }

bool ForkMark::renew() noexcept {
    if (!wiped_ && process_.exchange(::getpid()) != ::getpid()) {
        state_->store(renewing);
        return true;
    }
    std::uint32_t found = child;
    if (state_->compare_exchange_strong(found, renewing)) return true;
    while (state_->load(std::memory_order_acquire) == renewing) ::sched_yield();
    return false;
}

void ForkMark::renewed() noexcept { state_->store(usual, std::memory_order_release); }
void ForkMark::not_renewed() noexcept { state_->store(child, std::memory_order_release); }

}  // namespace jeton::library
