/// A token, shared by the cache and whoever asked for it; wiped with its last holder.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "libclient/http/wipe.hpp"
#include "libclient/include/jeton/jeton.h"
#include "libclient/library/kept_page.hpp"
#include "libclient/page/epoch_page.hpp"

/// Constant once it is shared, but for the number of its holders.
struct jeton_token {
    jeton_token() = default;
    jeton_token(const jeton_token&) = delete;
    jeton_token& operator=(const jeton_token&) = delete;
    ~jeton_token() { jeton::client::wipe(text); }

    std::string text;
    std::string type;
    std::string scope;
    std::string connection;
    std::optional<std::string> app_key;

    std::uint64_t ends = 0;          ///< CLOCK_BOOTTIME, nanoseconds
    std::time_t ends_by_wall = 0;    ///< a clock that was set forward ends it, too
    std::uint64_t reuse_until = 0;   ///< CLOCK_BOOTTIME, nanoseconds
    jeton::page::Decided decided{};  ///< unknown: the answer did not say
    /// The page that said so when the answer came; none: nothing says that it may be used again.
    std::shared_ptr<const jeton::library::KeptPage> page;

    std::atomic<std::uint32_t> holders{1};
};

namespace jeton::library {

/// One holder's share. Copying it is one atomic step.
class TokenRef {
public:
    TokenRef() = default;
    /// Takes over a share that is counted already.
    explicit TokenRef(jeton_token* counted) noexcept : token_(counted) {}
    TokenRef(const TokenRef& other) noexcept : token_(other.token_) {
        if (token_ != nullptr) token_->holders.fetch_add(1, std::memory_order_relaxed);
    }
    TokenRef(TokenRef&& other) noexcept : token_(std::exchange(other.token_, nullptr)) {}
    TokenRef& operator=(TokenRef other) noexcept {
        std::swap(token_, other.token_);
        return *this;
    }
    ~TokenRef() { give_back(token_); }

    /// To its maker alone, before anybody else has a share.
    [[nodiscard]] jeton_token& unshared() noexcept { return *token_; }
    /// Hands the share to a caller of the C ABI.
    [[nodiscard]] jeton_token* release() noexcept { return std::exchange(token_, nullptr); }
    [[nodiscard]] const jeton_token* operator->() const noexcept { return token_; }
    [[nodiscard]] const jeton_token& operator*() const noexcept { return *token_; }
    explicit operator bool() const noexcept { return token_ != nullptr; }

    static void give_back(jeton_token* token) noexcept {
        if (token != nullptr && token->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete token;
    }

private:
    jeton_token* token_ = nullptr;
};

/// May be handed out again now, with `min_ttl` seconds left? No system call.
[[nodiscard]] inline bool holds(const jeton_token& token, std::uint32_t min_ttl) noexcept {
    if (!token.page || !token.page->ours()) return false;
    std::uint64_t now = 0;
    const auto clock = [&now] { return now = page::boot_time(); };
    if (!page::page_says(token.page->page(), token.decided, clock)) return false;
    return now < token.reuse_until && now + min_ttl * UINT64_C(1'000'000'000) < token.ends &&
           std::time(nullptr) + static_cast<std::time_t>(min_ttl) < token.ends_by_wall;
}

}  // namespace jeton::library
