/// The frames of docs/inner-protocol.md as values, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/known_callers.hpp"
#include "daemon/vault/services/upstream_answer.hpp"

namespace jeton::vault::wire {

namespace json = boost::json;

/// Front → vault. `daemon_user` of the peer, and `front`, are not set here.
struct Request {
    std::uint64_t id = 0;
    std::uint64_t front = 0;  ///< which of the fronts that have come asked this
    Peer peer;
    std::string verb;
    json::value body;
};

/// Throws FrameFault where the payload is no request: then the front is broken.
[[nodiscard]] Request read_request(std::string_view payload);

/// At what a decision was made.
struct Moment {
    std::string instance;
    std::int64_t epoch = 0;
};
/// `next`: the cursor of a listing's next page; empty where this is the last.
[[nodiscard]] std::string answer(std::uint64_t id, const Moment& moment, const json::value& done,
                                 std::string_view next = {});
[[nodiscard]] std::string refusal(std::uint64_t id, const Moment& moment, const Error& error);
/// What bindings and pairs ask of peers on the token socket, beside the uid.
struct Attested {
    bool groups = false;
    bool unit = false;
    bool operator==(const Attested&) const = default;
};
/// `hello` or `epoch`. `known`: whom the store knows, where that is news; it says null where they are too many to tell.
[[nodiscard]] std::string moment_event(std::string_view event, const Moment& moment, std::string_view state,
                                       Attested attested, const KnownCallers* known = nullptr);
[[nodiscard]] std::string token_replaced_event(std::string_view connection);
/// What has been asked is still answered; the rest waits for the next vault.
[[nodiscard]] std::string ending_event();

/// Vault → exchange, and back. `read_exchange_answer` throws FrameFault.
/// `authorities`: what the request's CA file says, empty where it names none. `proxy`: as the configuration says.
[[nodiscard]] std::string exchange_request(std::uint64_t id, const ExchangeRequest& request,
                                           const std::string& authorities, const Config::Exchange& proxy);
struct NumberedAnswer {
    std::uint64_t id = 0;
    ExchangeAnswer answer;
};
[[nodiscard]] NumberedAnswer read_exchange_answer(std::string_view payload);

}  // namespace jeton::vault::wire
