/// What a token endpoint has refused a short while ago is not asked again: a wrong secret, a scope that it does not
/// grant, a token of another tenant.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"

namespace jeton::vault {

/// In memory, one thread. By the id of a secret, or the key of a token.
class Refusals {
public:
    struct Refusal {
        Error error;
        std::string connection;  ///< its id
        UtcSeconds since{};      ///< of the first in a row
        int count = 0;           ///< in a row
        Deadline until{};        ///< not asked again before
    };

    /// Whether it is the first in a row. Not asked again for 30 s, then twice as long each time, at most 5 minutes;
    /// `temporarily_unavailable` begins with 2 s.
    bool note(const std::string& what, const std::string& connection, const Error& error, const Clock& clock);
    void forget(const std::string& what) { refusals_.erase(what); }
    void forget_connection(const std::string& connection);
    void clear() { refusals_.clear(); }

    /// Also where its time is over: nothing was granted since.
    [[nodiscard]] const Refusal* find(const std::string& what) const;
    /// The refusal that is repeated instead of asking; `retry_after` is what is left of it.
    [[nodiscard]] std::optional<Error> standing(const std::string& what, const Clock& clock) const;

private:
    std::map<std::string, Refusal> refusals_;
};

}  // namespace jeton::vault
