/// One daemon's client inside of one process: what is kept, what is under way, and whom it is asked as.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

#include "libclient/http/unique_handle.hpp"
#include "libclient/library/flights.hpp"
#include "libclient/library/kept_page.hpp"
#include "libclient/library/problem.hpp"
#include "libclient/library/sessions.hpp"
#include "libclient/library/token.hpp"
#include "libclient/library/token_cache.hpp"
#include "libclient/library/wish.hpp"

namespace jeton::library {

struct Settings {
    std::vector<std::string> directories;  ///< where the daemon may be, the preferred one first
    bool use_page = true;
};

/// Thread-safe. Belongs to the process that made it: a child makes its own, and calls `abandon` on this one.
class Client {
public:
    explicit Client(Settings settings) : settings_(std::move(settings)), sessions_(settings_.directories) {}

    /// A kept token, if there is one that may be handed out now. No system call.
    [[nodiscard]] TokenRef find(const Wish& wish) const noexcept { return cache_.find(wish); }
    /// A kept token, else the daemon's answer within `timeout`; with 0 only a kept one.
    [[nodiscard]] Result<TokenRef> get(const Wish& wish, std::chrono::milliseconds timeout);

    void forget() noexcept;
    /// A timer that ticks once a second.
    [[nodiscard]] Result<int> change_fd();
    /// Takes a tick away; forgets what does not hold any more, and says whether there was any.
    [[nodiscard]] bool changed();

    /// In a child: wipes and closes what no thread of the parent was at when it forked.
    void abandon() noexcept;

private:
    /// Who the kernel says is asking. A session keeps the one it was opened as.
    struct Identity {
        uid_t real = 0, effective = 0;
        gid_t group = 0;
        friend bool operator==(const Identity&, const Identity&) = default;
        [[nodiscard]] static Identity now() noexcept;
    };

    Result<TokenRef> fetch(const Wish& wish, std::chrono::steady_clock::time_point deadline);
    /// The generation of what is kept; a change of identity begins a new one.
    std::uint64_t look_who_asks();
    void keep(const Wish& wish, TokenRef& token, const std::string& directory, std::uint64_t generation);
    std::shared_ptr<const KeptPage> page_that_says(const page::Decided& decided, const std::string& directory);

    Settings settings_;
    TokenCache cache_;
    Sessions sessions_;
    Flights flights_;

    std::mutex mutex_;  ///< of what follows; never held while waiting
    Identity identity_ = Identity::now();
    std::uint64_t generation_ = 0;
    std::shared_ptr<const KeptPage> page_;
    client::UniqueHandle timer_;
};

}  // namespace jeton::library
