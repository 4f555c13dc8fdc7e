/// Tokens that may be handed out again, by what was asked for.
#pragma once

#include <array>
#include <cstddef>
#include <shared_mutex>
#include <vector>

#include "libclient/library/token.hpp"
#include "libclient/library/wish.hpp"

namespace jeton::library {

/// Thread-safe. Readers do not wait for each other, and make no system call while nobody writes.
class TokenCache {
public:
    static constexpr std::size_t size_limit = 1024;  ///< tokens; beyond it any one makes room

    /// The kept token for `wish`, if it may be handed out now.
    [[nodiscard]] TokenRef find(const Wish& wish) const noexcept;
    /// Takes the place of the one that was kept for the same wish.
    void keep(const Wish& wish, TokenRef token);
    /// Forgets those that do not hold any more; whether any has ceased to since the last call, those that made way for
    /// another token meanwhile included.
    [[nodiscard]] bool drop_ended();
    void clear() noexcept;
    /// As `clear`, if nobody is at it: false where a thread that is no more holds the lock.
    [[nodiscard]] bool try_clear() noexcept;

private:
    struct Entry {
        WishKey key;
        TokenRef token;
    };
    using Bucket = std::vector<Entry>;

    static std::size_t bucket_of(std::size_t hash) noexcept { return hash % bucket_count; }
    std::size_t erase_ended();

    static constexpr std::size_t bucket_count = 256;  ///< a power of two

    mutable std::shared_mutex mutex_;
    std::array<Bucket, bucket_count> buckets_;
    std::size_t size_ = 0;
    bool untold_ = false;  ///< some were forgotten or replaced that did not hold any more
};

}  // namespace jeton::library
