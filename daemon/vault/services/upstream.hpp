/// Tokens of token endpoints elsewhere: asked for once, held for everybody.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/base/error.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/secret.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/services/endpoints.hpp"
#include "daemon/vault/services/refusals.hpp"
#include "daemon/vault/services/upstream_answer.hpp"
#include "daemon/vault/store/token_cache.hpp"

namespace jeton::vault {

/// The tokens that the vault holds, what was refused, and what is known of the endpoints. In memory, one thread. The
/// tokens themselves are sealed under a key that lives as long as this: locked memory is too small for thousands.
class UpstreamTokens {
public:
    struct Held {
        Bytes sealed;                 ///< see `open`
        std::string scope;            ///< granted; empty where the answer did not say
        std::chrono::seconds life{};  ///< when it was given
        Deadline expires{};
        std::string connection;             ///< its id
        std::optional<TokenKey> key;        ///< nothing: a trial's, which is not refreshed
        std::optional<BootTime> last_used;  ///< or the one before it for the same
        bool handed_out = false;
        bool wanted = true;  ///< by a program, when it came or since; what a trial brought is not until one asks
        std::chrono::seconds refresh_left{};  ///< with so much left it is replaced ahead of need
        BootTime refresh_after{};             ///< not tried before
    };

    UpstreamTokens();

    [[nodiscard]] static TokenKey token_key(const Connection& connection, const Secret& secret,
                                            std::string_view scopes);
    [[nodiscard]] static std::string key_of(const Connection& connection, const Secret& secret,
                                            std::string_view scopes) {
        return token_key(connection, secret, scopes).text();
    }
    /// So much of a token's life is left for programs: it is replaced before. 300 s of 900, else a third.
    [[nodiscard]] static std::chrono::seconds margin_of(std::chrono::seconds life);

    /// A token with life left; nullptr where there is none. Good until the next call that changes what is held.
    [[nodiscard]] const Held* find(const std::string& key, const Clock& clock) const;
    [[nodiscard]] SecretText open(const Held& held) const;
    /// In the place of what was held for the same scopes, by another secret too.
    void hold(const TokenKey& key, UpstreamToken token, const Clock& clock);
    /// What a trial brought: no program wanted it yet, so that it is not replaced ahead, not after a restart either.
    void hold_tried(const TokenKey& key, UpstreamToken token, const Clock& clock);
    /// One that came out of the store, with `left` of its `life`, and whether it was wanted.
    void hold_again(const TokenKey& key, UpstreamToken token, std::chrono::seconds left, bool wanted,
                    const Clock& clock);
    /// Under a name, until it is taken: for a trial, which has no secret yet.
    void put(const std::string& key, const Connection& connection, UpstreamToken token, const Clock& clock);
    /// Gives the token away and forgets it.
    [[nodiscard]] std::optional<UpstreamToken> take(const std::string& key);
    /// Something changed about this connection: its tokens and what was refused are forgotten, and what is in the air
    /// for it is worth nothing any more. The rows of the store are the caller's (`drop_tokens` of kept_tokens.hpp).
    void drop_connection(const ConnectionId& connection);
    /// Grows with each of them: who asks before and lands after it sees another number.
    [[nodiscard]] std::uint64_t drops(const ConnectionId& connection) const;
    /// How long tokens of the connection live that are held, or were dropped since the vault started; 0: none do.
    [[nodiscard]] std::chrono::seconds longest_left(const ConnectionId& connection, const Clock& clock) const;
    /// Everything about connections; endpoints stay what they are.
    void clear();

    [[nodiscard]] std::size_t count(const std::map<std::string, std::string>& environment_of_connection,
                                    const std::string& environment) const;
    /// When the next token of the environment is replaced ahead of need; nothing where none will be.
    [[nodiscard]] std::optional<UtcSeconds> next_refresh_at(
        const std::map<std::string, std::string>& environment_of_connection, const std::string& environment,
        const Clock& clock) const;

    void note_use(const std::string& key, const Clock& clock);
    /// The front repeated answers about this connection: of those tokens that were handed out since they came.
    void note_repeated(const ConnectionId& connection, const Clock& clock);
    /// At most `limit` tokens to be replaced now: used within their life, little of it left. Each is told again only
    /// 15 s later, and one call goes on where the last one ended.
    [[nodiscard]] std::vector<TokenKey> due(const Clock& clock, std::size_t limit);
    [[nodiscard]] std::vector<TokenKey> keys_of(const ConnectionId& connection) const;
    [[nodiscard]] std::vector<TokenKey> keys() const;

    /// Whether a fresh token may be forced now (`min_ttl`, `rejected_token`): once per key a minute.
    [[nodiscard]] bool may_force(const std::string& key, const Clock& clock);
    /// Until it may be forced again.
    [[nodiscard]] std::chrono::seconds force_pause(const std::string& key, const Clock& clock) const;
    /// Whether the upstream may be asked for these scopes: a connection has at most 16 sets of them within 15 minutes,
    /// beside the one of who asks for nothing particular. Otherwise how long until there is room again.
    [[nodiscard]] std::optional<std::chrono::seconds> too_many_keys(const TokenKey& key, const Clock& clock);

    [[nodiscard]] Endpoints& endpoints() { return endpoints_; }
    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }
    [[nodiscard]] Refusals& refusals() { return refusals_; }
    [[nodiscard]] const Refusals& refusals() const { return refusals_; }

    /// Whether the store's rows have all been read; until then a connection's rows are read when it is asked for.
    [[nodiscard]] bool is_loaded(const ConnectionId& connection) const;
    void loaded(const ConnectionId& connection) { loaded_.insert(connection.text); }
    void all_loaded();

private:
    struct Dropped {
        std::uint64_t times = 0;
        std::optional<Deadline> last_end;  ///< of the tokens that were dropped: they were handed out, and live on
    };

    void note_end(const std::string& connection, const Deadline& end);
    void insert(const TokenKey& key, UpstreamToken token, std::chrono::seconds left, const Clock& clock);
    [[nodiscard]] Held sealed(UpstreamToken token, std::chrono::seconds left, const ConnectionId& connection,
                              const Clock& clock) const;

    DataKey memory_key_;
    std::map<std::string, Held> held_;  ///< by text: those of a connection are neighbours
    std::string last_due_;              ///< the walk of `due` goes on behind it
    std::map<std::string, Deadline> forced_;
    std::map<std::string, std::map<std::string, BootTime>> asked_;  ///< scopes by connection, and until when they count
    std::map<std::string, Dropped> dropped_;                        ///< by connection
    std::uint64_t clears_ = 0;
    Endpoints endpoints_;
    Refusals refusals_;
    std::set<std::string> loaded_;
    bool all_loaded_ = false;
};

}  // namespace jeton::vault
