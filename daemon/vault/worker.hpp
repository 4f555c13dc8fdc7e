/// The one worker thread: stretches passphrases (Argon2id) and makes RSA keys beside the vault's loop, one at a time.
#pragma once

#include <atomic>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "daemon/base/error.hpp"
#include "daemon/vault/services/slow_work.hpp"

namespace jeton::vault {

/// All of `work`, one after the other. Refuses `temporarily_unavailable` where the memory is not to be had. Ends early,
/// with what it has, when `*stopping` becomes true.
[[nodiscard]] Result<SlowResults> do_slow_work(const SlowWork& work, const std::atomic<bool>* stopping = nullptr);

class Worker {
public:
    /// Called in the loop's thread.
    using OnDone = std::function<void(Result<SlowResults> results)>;

    /// Starts the thread, idle.
    explicit Worker(boost::asio::io_context& loop) : loop_(loop) {}
    /// Waits for what is being done, a second or so, and gives up the rest.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start(SlowWork work, OnDone on_done);

private:
    boost::asio::io_context& loop_;
    std::atomic<bool> stopping_ = false;
    boost::asio::thread_pool thread_{1};
};

}  // namespace jeton::vault
