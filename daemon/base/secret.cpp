#include "daemon/base/secret.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

#include <sys/mman.h>

#include <sodium.h>

namespace jeton {
namespace {

/// Each page in the moment in which it is first touched; all at once where only that is to be had (valgrind).
bool lock_when_touched(void* memory, std::size_t size) {
    if (::mlock2(memory, size, MLOCK_ONFAULT) == 0) return true;
    return (errno == EINVAL || errno == ENOSYS) && ::mlock(memory, size) == 0;
}

/// One locked mapping for the life of the process: `sodium_malloc` for each value would cost 144 µs and two guard
/// pages.
class Arena {
public:
    Arena() {
        if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
        memory_ = static_cast<std::byte*>(sodium_malloc(secure_arena_size));
        if (memory_ == nullptr) throw std::bad_alloc{};
        // It has filled and locked every page, and ignores a refused lock. Most pages never see a secret: from here on
        // each is locked in the moment in which it is first touched. A secret that may be swapped out is worth a
        // refusal to start.
        ::munlock(memory_, secure_arena_size);
        ::madvise(memory_, secure_arena_size, MADV_DONTNEED);
        if (!lock_when_touched(memory_, secure_arena_size)) {
            throw std::runtime_error(std::string{"cannot lock memory for secrets ("} + std::strerror(errno) +
                                     "): allow at least 2 MiB (systemd: LimitMEMLOCK=, shell: ulimit -l)");
        }
        free_.emplace(0, secure_arena_size);
    }

    /// First fit. The list of free blocks lies outside, so that no write beyond a secret's end can bend it.
    void* allocate(std::size_t bytes) {
        const std::size_t size = rounded(bytes);
        const std::lock_guard lock(mutex_);
        for (auto block = free_.begin(); block != free_.end(); ++block) {
            const auto [offset, room] = *block;
            if (room < size) continue;
            if (room > size) free_.emplace_hint(std::next(block), offset + size, room - size);
            free_.erase(block);
            return memory_ + offset;
        }
        throw std::bad_alloc{};
    }

    void deallocate(void* memory, std::size_t bytes) noexcept {
        if (memory == nullptr) return;
        sodium_memzero(memory, bytes);
        const std::lock_guard lock(mutex_);
        auto block =
            free_.emplace(static_cast<std::size_t>(static_cast<std::byte*>(memory) - memory_), rounded(bytes)).first;
        if (const auto after = std::next(block); after != free_.end() && block->first + block->second == after->first) {
            block->second += after->second;
            free_.erase(after);
        }
        if (block == free_.begin()) return;
        if (const auto before = std::prev(block); before->first + before->second == block->first) {
            before->second += block->second;
            free_.erase(block);
        }
    }

private:
    static std::size_t rounded(std::size_t bytes) {
        constexpr std::size_t step = alignof(std::max_align_t);
        if (bytes > secure_arena_size) throw std::bad_alloc{};
        return std::max(step, (bytes + step - 1) / step * step);
    }

    std::mutex mutex_;
    std::byte* memory_ = nullptr;
    std::map<std::size_t, std::size_t> free_;  ///< offset → size, never two that touch
};

/// Never destroyed: objects with static life may hold secrets until the process ends.
Arena& arena() {
    static auto* instance = new Arena;
    return *instance;
}

}  // namespace

void prepare_secure_memory() { (void)arena(); }

void* detail::secure_allocate(std::size_t bytes) { return arena().allocate(bytes); }

void detail::secure_deallocate(void* memory, std::size_t bytes) noexcept { arena().deallocate(memory, bytes); }

bool equal_constant_time(std::string_view left, std::string_view right) {
    return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace jeton
