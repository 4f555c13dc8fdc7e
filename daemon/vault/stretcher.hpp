/// The one worker thread: stretches passphrases (Argon2id) beside the vault's loop, one at a time.
#pragma once

#include <atomic>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/base/error.hpp"
#include "daemon/vault/services/unlocking.hpp"

namespace jeton::vault {

/// All of `need`, one after the other. Refuses `temporarily_unavailable` where the memory is not to be had. Ends early,
/// with what it has, when `*stopping` becomes true.
[[nodiscard]] Result<Stretched> stretch_all(const StretchNeed& need, const std::atomic<bool>* stopping = nullptr);

class Stretcher {
public:
    /// Called in the loop's thread.
    using OnDone = std::function<void(Result<Stretched> stretched)>;

    /// Starts the thread, idle.
    explicit Stretcher(boost::asio::io_context& loop) : loop_(loop) {}
    /// Waits for the passphrase being stretched, a second or so, and gives up the others.
    ~Stretcher();
    Stretcher(const Stretcher&) = delete;
    Stretcher& operator=(const Stretcher&) = delete;

    void start(StretchNeed need, OnDone on_done);

private:
    boost::asio::io_context& loop_;
    std::atomic<bool> stopping_ = false;
    boost::asio::thread_pool worker_{1};
};

}  // namespace jeton::vault
