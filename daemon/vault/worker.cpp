#include "daemon/vault/worker.hpp"

#include <exception>
#include <new>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/base/log.hpp"

namespace jeton::vault {

Result<SlowResults> do_slow_work(const SlowWork& work, const std::atomic<bool>* stopping) {
    const auto goes_on = [stopping] { return stopping == nullptr || !*stopping; };
    SlowResults results;
    try {
        for (const auto& job : work.passphrases) {
            if (goes_on()) results.stretched.add(stretch(job));
        }
        for (std::size_t i = 0; i < work.rs256_pairs && goes_on(); ++i) {
            results.key_pairs.add(generate_key_pair(SigningAlgorithm::rs256));
        }
    } catch (const std::bad_alloc&) {
        auto error = refuse(Errc::temporarily_unavailable, "there is not enough memory to check a passphrase",
                            "make room for 256 MiB, or type a recovery key");
        error.retry_after = 10;
        return error;
    } catch (const std::exception& fault) {  // nothing may leave the worker's thread
        log::error("a passphrase could not be stretched, or a key not made: {}", fault.what());
        return refuse(Errc::server_error, "the passphrase could not be checked, or the key not made",
                      "see the log of jeton-vault");
    }
    return results;
}

Worker::~Worker() {
    stopping_ = true;
    thread_.stop();
    thread_.join();
}

void Worker::start(SlowWork work, OnDone on_done) {
    boost::asio::post(thread_, [this, work = std::move(work), on_done = std::move(on_done)] {
        boost::asio::post(
            loop_, [on_done, results = do_slow_work(work, &stopping_)]() mutable { on_done(std::move(results)); });
    });
}

}  // namespace jeton::vault
