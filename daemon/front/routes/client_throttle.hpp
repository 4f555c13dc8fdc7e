/// Wrong client secrets: whoever presents too many for one client ID waits (RFC 6749 §2.3.1, T-2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"

namespace jeton::front {

/// Per user and client ID: nobody can shut another user out of a client ID that is not his; users of a container are
/// others than the host's. What is served from the decision cache is not asked here, so programs that have their token
/// keep it. In memory; I/O thread only.
class ClientThrottle {
public:
    static constexpr std::chrono::seconds cost{1};      ///< of one wrong secret
    static constexpr std::chrono::seconds credit{60};   ///< so many may be wrong at once, then one each second
    static constexpr std::size_t clients_of_user = 64;  ///< told apart; what goes beyond is counted together
    static constexpr std::size_t users = 1024;          ///< then the one who is free first is forgotten

    /// One try at a client ID, which is not kept: somebody may have put a secret there.
    struct Try {
        std::uint64_t user;  ///< `Peer::counted_as`
        std::size_t client;
    };
    [[nodiscard]] static Try of(std::uint64_t user, std::string_view client_id);

    /// `too_many_requests` with how long to wait; the secret is then not even looked at.
    [[nodiscard]] std::optional<Error> refusal(const Try& asked, BootTime now) const;
    void failed(const Try& asked, BootTime now);

private:
    struct OfUser {
        std::unordered_map<std::size_t, BootTime> paid_at;  ///< by client: when its wrong secrets are forgotten
        BootTime rest_paid_at{};                            ///< the same for all that go beyond
        BootTime all_paid_at{};
    };
    void make_room(BootTime now);

    std::unordered_map<std::uint64_t, OfUser> users_;
};

}  // namespace jeton::front
