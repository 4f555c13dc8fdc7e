/// Why a verb did not do what it was asked, and with which exit code it ends.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace jeton::cli {

/// Exit codes of `jeton`; a part of its contract.
namespace exit_code {
inline constexpr int done = 0;
inline constexpr int refused = 1;
inline constexpr int usage = 2;
inline constexpr int unreachable = 3;
inline constexpr int sealed = 4;   ///< sealed or uninitialised
inline constexpr int pending = 5;  ///< --dry-run: there is something to change
inline constexpr int interrupted = 130;
}  // namespace exit_code

struct Failure {
    int exit_code;
    std::string
        code;  ///< as in the daemon's own refusals: "forbidden", …; ours: "usage", "unreachable", "untrusted", …
    std::string what;
    std::string next;
    std::string document;                          ///< the daemon's refusal as it came; empty: the failure is our own
    std::optional<std::int64_t> retry_after = {};  ///< seconds after which the daemon wants to be asked again
    bool lasts = false;                            ///< it will be the same however often the daemon is asked
};

template <class T>
using Result = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> refuse_usage(std::string what, std::string next) {
    return std::unexpected{Failure{exit_code::usage, "usage", std::move(what), std::move(next), {}}};
}

[[nodiscard]] inline std::unexpected<Failure> refuse(std::string code, std::string what, std::string next) {
    return std::unexpected{Failure{exit_code::refused, std::move(code), std::move(what), std::move(next), {}}};
}

}  // namespace jeton::cli
