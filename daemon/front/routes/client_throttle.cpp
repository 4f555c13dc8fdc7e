#include "daemon/front/routes/client_throttle.hpp"

#include <algorithm>
#include <functional>

namespace jeton::front {

ClientThrottle::Try ClientThrottle::of(std::uint64_t user, std::string_view client_id) {
    return {user, std::hash<std::string_view>{}(client_id)};
}

std::optional<Error> ClientThrottle::refusal(const Try& asked, BootTime now) const {
    const auto user = users_.find(asked.user);
    if (user == users_.end()) return std::nullopt;
    const auto& known = user->second;
    const auto client = known.paid_at.find(asked.client);
    const bool counted_apart = client != known.paid_at.end() || known.paid_at.size() < clients_of_user;
    const auto paid_at = client != known.paid_at.end() ? client->second
                         : counted_apart               ? BootTime{}
                                                       : known.rest_paid_at;
    const auto wait = paid_at - now - credit + cost;
    if (wait <= BootTime::zero()) return std::nullopt;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    auto error = refuse(Errc::too_many_requests, "this user has presented too many wrong secrets for this client ID",
                        "wait, and check the pair and its environment");
    error.retry_after = static_cast<int>(seconds);
    return error;
}

void ClientThrottle::failed(const Try& asked, BootTime now) {
    if (!users_.contains(asked.user)) make_room(now);
    auto& known = users_[asked.user];
    if (!known.paid_at.contains(asked.client) && known.paid_at.size() >= clients_of_user) {
        std::erase_if(known.paid_at, [&](const auto& client) { return client.second <= now; });
    }
    const bool apart = known.paid_at.contains(asked.client) || known.paid_at.size() < clients_of_user;
    auto& paid_at = apart ? known.paid_at[asked.client] : known.rest_paid_at;
    paid_at = std::max(paid_at, now) + cost;
    known.all_paid_at = std::max(known.all_paid_at, paid_at);
}

void ClientThrottle::make_room(BootTime now) {
    if (users_.size() < users) return;
    std::erase_if(users_, [&](const auto& user) { return user.second.all_paid_at <= now; });
    if (users_.size() < users) return;
    users_.erase(std::ranges::min_element(users_, {}, [](const auto& user) { return user.second.all_paid_at; }));
}

}  // namespace jeton::front
