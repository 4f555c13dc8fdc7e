#include "daemon/vault/stretcher.hpp"

#include <exception>
#include <new>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/base/log.hpp"

namespace jeton::vault {

Result<Stretched> stretch_all(const StretchNeed& need, const std::atomic<bool>* stopping) {
    Stretched stretched;
    try {
        for (const auto& job : need) {
            if (stopping != nullptr && *stopping) break;
            stretched.add(stretch(job));
        }
    } catch (const std::bad_alloc&) {
        auto error = refuse(Errc::temporarily_unavailable, "there is not enough memory to check a passphrase",
                            "make room for 256 MiB, or type a recovery key");
        error.retry_after = 10;
        return error;
    } catch (const std::exception& fault) {  // nothing may leave the worker's thread
        log::error("a passphrase could not be stretched: {}", fault.what());
        return refuse(Errc::server_error, "the passphrase could not be checked", "see the log of jeton-vault");
    }
    return stretched;
}

Stretcher::~Stretcher() {
    stopping_ = true;
    worker_.stop();
    worker_.join();
}

void Stretcher::start(StretchNeed need, OnDone on_done) {
    boost::asio::post(worker_, [this, need = std::move(need), on_done = std::move(on_done)] {
        boost::asio::post(
            loop_, [on_done, stretched = stretch_all(need, &stopping_)]() mutable { on_done(std::move(stretched)); });
    });
}

}  // namespace jeton::vault
