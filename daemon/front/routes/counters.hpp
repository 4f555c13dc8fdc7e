/// What the front counts since it began, for `/metrics`. Used by the I/O thread only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>

#include "daemon/base/error.hpp"

namespace jeton::front {

struct Counters {
    /// Of one of the two sockets.
    struct OfSocket {
        std::map<int, std::uint64_t> answers;  ///< by HTTP status, refusals of the gate among them
        std::int64_t sessions = 0;             ///< open now
    };
    OfSocket token, control;
    std::uint64_t tokens_repeated = 0;                         ///< from a cached decision
    std::uint64_t tokens_decided = 0;                          ///< asked of the vault
    std::map<std::string_view, std::uint64_t> tokens_refused;  ///< by the word of the error

    [[nodiscard]] OfSocket& of(std::string_view socket) { return socket == "token" ? token : control; }
    void refuse_token(const Error& error) { ++tokens_refused[protocol::word_of(error.code).name]; }
};

}  // namespace jeton::front
