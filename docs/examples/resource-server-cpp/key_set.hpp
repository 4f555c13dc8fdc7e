/// The published keys of the issuer (RFC 7517), asked for where one is missing, and not oftener than need be.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "key.hpp"

namespace example {

class KeySet {
public:
    /// A stranger who makes up key ids makes us ask no oftener.
    static constexpr std::chrono::seconds pause{30};
    /// A key that is not published any more is forgotten after these.
    static constexpr std::chrono::seconds kept{300};

    explicit KeySet(std::string issuer) : issuer_(std::move(issuer)) {}

    [[nodiscard]] const std::string& issuer() const { return issuer_; }
    /// For any thread: who finds a key missing waits for who is asking. Throws Unavailable where there are no keys yet
    /// and the daemon does not tell them.
    [[nodiscard]] std::optional<Key> find(std::string_view kid);

private:
    using Clock = std::chrono::steady_clock;

    void fetch();
    [[nodiscard]] const std::string& path();

    std::string issuer_;
    std::mutex mutex_;
    std::string path_;  ///< of the keys, as the metadata has it
    std::map<std::string, Key, std::less<>> keys_;
    Clock::time_point tried_, fetched_;
};

}  // namespace example
