/// Tokens of token endpoints elsewhere: asked for once, held for everybody.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/services/upstream_answer.hpp"

namespace jeton::vault {

/// The tokens that the vault holds, by (connection, secret, asked scope). In memory, one thread.
class UpstreamTokens {
public:
    struct Held {
        UpstreamToken token;
        Deadline expires;
        std::string connection;  ///< its id
    };
    struct Health {
        std::string last_error;           ///< in words; empty while all is well
        std::optional<Deadline> cooling;  ///< no request before it has passed
        int failures = 0;                 ///< in a row
    };

    [[nodiscard]] static std::string key_of(const Connection& connection, const Secret& secret, std::string_view scope);

    /// A token with life left; nullptr where there is none.
    [[nodiscard]] const Held* find(const std::string& key, const Clock& clock);
    void put(const std::string& key, const Connection& connection, UpstreamToken token, const Clock& clock);
    /// Gives the token away and forgets it.
    [[nodiscard]] std::optional<UpstreamToken> take(const std::string& key);
    void drop_connection(const ConnectionId& connection);
    void clear();
    [[nodiscard]] std::size_t count(const std::map<std::string, std::string>& environment_of_connection,
                                    const std::string& environment) const;

    /// Whether a fresh token may be forced now (`min_ttl`, `rejected_token`): once per key a minute.
    [[nodiscard]] bool may_force(const std::string& key, const Clock& clock);

    /// What the last answer said of the endpoint; a failure that is the endpoint's own starts its cooling.
    void note(const EnvironmentId& environment, const std::optional<Error>& failure, const Clock& clock);
    /// A refusal while the endpoint is cooling.
    [[nodiscard]] std::optional<Error> cooling(const EnvironmentId& environment, const Clock& clock) const;
    [[nodiscard]] const Health* health(const EnvironmentId& environment) const;
    /// The environment has another endpoint now: what was seen of the old one says nothing of it.
    void forget_health(const EnvironmentId& environment) { health_.erase(environment); }

private:
    std::map<std::string, Held> held_;
    std::map<std::string, Deadline> forced_;
    std::map<EnvironmentId, Health> health_;
};

}  // namespace jeton::vault
