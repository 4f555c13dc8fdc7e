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
    /// A stranger who makes up key ids makes us ask no oftener, and a key that is new is found after these.
    static constexpr std::chrono::seconds pause{1};
    /// A key that is not published any more is forgotten after these.
    static constexpr std::chrono::seconds kept{300};

    explicit KeySet(std::string issuer) : issuer_(std::move(issuer)) {}

    [[nodiscard]] const std::string& issuer() const { return issuer_; }
    /// For any thread: who finds a key missing waits for who is asking. Throws Unavailable where there are no keys yet
    /// and the daemon does not tell them.
    [[nodiscard]] std::optional<Key> find(std::string_view kid);

private:
    using Clock = std::chrono::steady_clock;
    using Keys = std::map<std::string, Key, std::less<>>;

    [[nodiscard]] std::optional<Key> known(std::string_view kid);
    [[nodiscard]] bool is_old();
    void fetch_if_due(std::string_view kid);
    [[nodiscard]] Keys fetch();
    [[nodiscard]] const std::string& path();

    std::string issuer_;

    std::mutex asking_;  ///< held while the daemon is asked, and for what only who asks needs
    std::string path_;   ///< of the keys, as the metadata has it
    Clock::time_point tried_;

    std::mutex mutex_;  ///< held for a moment
    Keys keys_;
    Clock::time_point fetched_;
};

}  // namespace example
