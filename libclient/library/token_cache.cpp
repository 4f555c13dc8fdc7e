#include "libclient/library/token_cache.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace jeton::library {

TokenRef TokenCache::find(const Wish& wish) const noexcept {
    const auto hash = WishKey::hash(wish);
    const std::shared_lock lock{mutex_};
    for (const auto& [key, token] : buckets_[bucket_of(hash)]) {
        if (key.hash() != hash || !key.is_of(wish)) continue;
        if (!holds(*token, wish.min_ttl)) return {};
        if (!wish.rejected_token.empty() && token->text == wish.rejected_token) return {};
        return token;
    }
    return {};
}

void TokenCache::keep(const Wish& wish, TokenRef token) {
    WishKey key{wish};
    const std::unique_lock lock{mutex_};
    auto& bucket = buckets_[bucket_of(key.hash())];
    const auto found = std::ranges::find(bucket, key, &Entry::key);
    if (found != bucket.end()) {
        untold_ = untold_ || !holds(*found->token, 0);
        found->token = std::move(token);
        return;
    }
    if (size_ >= size_limit && erase_ended() == 0) {
        const auto full = std::ranges::find_if(buckets_, [](const auto& one) { return !one.empty(); });
        full->pop_back();
        --size_;
    }
    bucket.push_back({std::move(key), std::move(token)});
    ++size_;
}

std::size_t TokenCache::erase_ended() {
    std::size_t erased = 0;
    for (auto& bucket : buckets_) {
        erased += std::erase_if(bucket, [](const auto& entry) { return !holds(*entry.token, 0); });
    }
    size_ -= erased;
    untold_ = untold_ || erased != 0;
    return erased;
}

bool TokenCache::drop_ended() {
    const std::unique_lock lock{mutex_};
    (void)erase_ended();
    return std::exchange(untold_, false);
}

void TokenCache::clear() noexcept {
    const std::unique_lock lock{mutex_};
    for (auto& bucket : buckets_) bucket.clear();
    size_ = 0;
}

bool TokenCache::try_clear() noexcept {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return false;
    for (auto& bucket : buckets_) bucket.clear();
    size_ = 0;
    return true;
}

}  // namespace jeton::library
