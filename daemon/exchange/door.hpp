/// How the vault's link comes to this program, where both are services of their own.
#pragma once

#include <optional>

#include <sys/types.h>

#include "daemon/base/unique_fd.hpp"

namespace jeton::exchange {

/// Waits at `listener` for the vault, whose user is `vault_user`. Nothing where a signal ends the wait. `heartbeat` is
/// as in `Heartbeat`. Throws std::system_error where the kernel refuses.
[[nodiscard]] std::optional<UniqueFd> await_vault(int listener, uid_t vault_user, int signals, int heartbeat);

/// Tells the service manager's watchdog that this process lives: a descriptor that is readable each time that it is
/// due; never, where nobody asks.
class Heartbeat {
public:
    Heartbeat();
    [[nodiscard]] int fd() const { return timer_.get(); }
    /// When it was readable.
    static void beat(int fd);

private:
    UniqueFd timer_;
};

}  // namespace jeton::exchange
