/// Keeps a thread from being cancelled (pthread_cancel) where it holds a lock, a session or an object half taken apart.
#pragma once

#include <pthread.h>

namespace jeton::library {

/// For as long as it lives; a cancellation that comes meanwhile waits for the caller's own next cancellation point.
class NoCancellation {
public:
    NoCancellation() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
    NoCancellation(const NoCancellation&) = delete;
    NoCancellation& operator=(const NoCancellation&) = delete;
    ~NoCancellation() { ::pthread_setcancelstate(before_, nullptr); }

private:
    int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace jeton::library
