/// Why there is no token, as the C ABI tells it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "libclient/http/error.hpp"
#include "libclient/include/jeton/jeton.h"

/// Texts only: never a secret.
struct jeton_error {
    int code = JETON_E_MEMORY;
    std::string what;
    std::string next;
    std::string word;               ///< the daemon's; empty: none
    std::int64_t retry_after = -1;  ///< seconds; -1: none
};

namespace jeton::library {

using Problem = jeton_error;

template <class T>
using Result = std::expected<T, Problem>;

[[nodiscard]] inline std::unexpected<Problem> refuse(int code, std::string what, std::string next) {
    Problem problem;
    problem.code = code;
    problem.what = std::move(what);
    problem.next = std::move(next);
    return std::unexpected{std::move(problem)};
}

[[nodiscard]] inline std::unexpected<Problem> refuse(const client::Error& error) {
    constexpr auto code_of = [](client::Fault fault) {
        switch (fault) {
            case client::Fault::unreachable:
            case client::Fault::forbidden: return JETON_E_UNREACHABLE;
            case client::Fault::untrusted: return JETON_E_UNTRUSTED;
            case client::Fault::bad_answer: return JETON_E_ANSWER;
            case client::Fault::ambiguous: return JETON_E_UNREACHABLE;
            case client::Fault::system: return JETON_E_SYSTEM;
            case client::Fault::bad_request: return JETON_E_INVALID;
        }
        return JETON_E_UNREACHABLE;
    };
    return refuse(code_of(error.fault), error.what, error.next);
}

}  // namespace jeton::library
