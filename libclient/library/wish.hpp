/// What a program asks for: checked, told apart from other wishes, written as the form that the daemon reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libclient/http/error.hpp"
#include "libclient/http/unix_http.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::library {

inline constexpr std::uint32_t min_ttl_limit = 86'400;  ///< seconds
inline constexpr std::size_t text_limit = 16UZ * 1024;  ///< bytes of one member: the daemon takes forms up to 64 KiB

/// Views into the caller's texts; empty: not asked for.
struct Wish {
    std::string_view connection, environment, scope, resource, rejected_token;
    std::uint32_t min_ttl = 0;
};

/// Refuses (bad_request) what no daemon could be asked: control characters, texts that are too long, both a connection
/// and an environment.
[[nodiscard]] client::Result<void> check(const Wish& wish);

/// What a kept token is found by: all of a wish but `rejected_token` and `min_ttl`, which any token may meet. Found by
/// a wish itself, so that looking copies nothing.
class WishKey {
public:
    explicit WishKey(const Wish& wish);

    [[nodiscard]] static std::size_t hash(const Wish& wish) noexcept;
    [[nodiscard]] std::size_t hash() const noexcept { return hash_; }
    [[nodiscard]] bool is_of(const Wish& wish) const noexcept {
        return connection_ == wish.connection && environment_ == wish.environment && scope_ == wish.scope &&
               resource_ == wish.resource;
    }
    friend bool operator==(const WishKey&, const WishKey&) = default;

private:
    std::size_t hash_;
    std::string connection_, environment_, scope_, resource_;
};

/// What two callers must have in common to share one request: all of it. Wiped at its end: it may hold a rejected
/// token.
class FlightKey {
public:
    explicit FlightKey(const Wish& wish);
    FlightKey(const FlightKey&) = delete;
    FlightKey& operator=(const FlightKey&) = delete;
    ~FlightKey() { client::wipe(text_); }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// The request, as any OAuth client would send it (RFC 6749 §4.4.2).
[[nodiscard]] client::Request request_of(const Wish& wish);

}  // namespace jeton::library
