#include "libclient/library/token_cache.hpp"

#include <mutex>

namespace jeton::library {

TokenRef TokenCache::find(const Wish& wish) const noexcept {
    const std::shared_lock lock{mutex_};
    const auto found = tokens_.find(wish);
    if (found == tokens_.end() || !holds(*found->second, wish.min_ttl)) return {};
    if (!wish.rejected_token.empty() && found->second->text == wish.rejected_token) return {};
    return found->second;
}

void TokenCache::keep(const Wish& wish, TokenRef token) {
    WishKey key{wish};
    const std::unique_lock lock{mutex_};
    if (tokens_.size() >= size_limit && !tokens_.contains(key)) {
        std::erase_if(tokens_, [](const auto& entry) { return !holds(*entry.second, 0); });
        if (tokens_.size() >= size_limit) tokens_.erase(tokens_.begin());
    }
    tokens_.insert_or_assign(std::move(key), std::move(token));
}

bool TokenCache::drop_ended() {
    const std::unique_lock lock{mutex_};
    return std::erase_if(tokens_, [](const auto& entry) { return !holds(*entry.second, 0); }) != 0;
}

void TokenCache::clear() noexcept {
    const std::unique_lock lock{mutex_};
    tokens_.clear();
}

bool TokenCache::try_clear() noexcept {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return false;
    tokens_.clear();
    return true;
}

}  // namespace jeton::library
