/// Tokens that may be handed out again, by what was asked for.
#pragma once

#include <cstddef>
#include <shared_mutex>
#include <unordered_map>

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
    /// Forgets those that do not hold any more; whether there were any.
    [[nodiscard]] bool drop_ended();
    void clear() noexcept;
    /// As `clear`, if nobody is at it: false where a thread that is no more holds the lock.
    [[nodiscard]] bool try_clear() noexcept;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const WishKey& key) const noexcept { return key.hash(); }
        std::size_t operator()(const Wish& wish) const noexcept { return WishKey::hash(wish); }
    };
    struct Same {
        using is_transparent = void;
        bool operator()(const WishKey& left, const WishKey& right) const noexcept { return left == right; }
        bool operator()(const Wish& wish, const WishKey& key) const noexcept { return key.is_of(wish); }
        bool operator()(const WishKey& key, const Wish& wish) const noexcept { return key.is_of(wish); }
    };

    mutable std::shared_mutex mutex_;
    std::unordered_map<WishKey, TokenRef, Hash, Same> tokens_;
};

}  // namespace jeton::library
