/// The form of a verb: JSON in, one service, JSON out. The caller owns transaction and savepoint.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <boost/json/value.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/services/backup.hpp"
#include "daemon/vault/services/guesses.hpp"
#include "daemon/vault/services/kept_tokens.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/restore.hpp"
#include "daemon/vault/services/sightings.hpp"
#include "daemon/vault/services/slow_work.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/services/survey.hpp"
#include "daemon/vault/services/tally.hpp"
#include "daemon/vault/services/tokens.hpp"
#include "daemon/vault/services/upstream.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/store.hpp"
#include "libclient/protocol/fields.hpp"

namespace jeton::vault {

namespace json = boost::json;

/// What outlives a request: one for the process, one thread.
struct Room {
    const Config& config;
    const Clock& clock;
    Store& store;
    UpstreamTokens upstream = {};
    UpstreamSightings sightings = {};
    Tally tally = {};
    Guesses guesses = {};
    StretchCost stretching = stretch_cost;  ///< of new passphrase slots, and the least of those that are there
    Resealing resealing = {};
    BackupInProgress backup = {};
    RestoreInProgress restore = {};
    KeptSurvey survey = {};
    BootTime started = clock.boot_time();
    std::optional<UtcSeconds> audit_verified_at = {};           ///< the whole chain, since the vault began
    std::optional<UtcSeconds> config_read_at = {};              ///< again, since the vault began
    std::map<std::string, audit::VerifyWalk> audit_walks = {};  ///< verifications that go on, by their cursor
};

/// One request inside its savepoint.
struct Call {
    Transaction& tx;
    const Peer& peer;
    const Standing& standing;  ///< of the peer: what it may do and see
    const json::value& body;
    Room& room;
    std::optional<Landing> landed;  ///< set when the upstream answer that the first run asked for is there
    const Stretched& stretched = Stretched::none();  ///< what earlier runs asked for
    KeyPairs* key_pairs = nullptr;                   ///< likewise; nullptr: they are made on the spot

    [[nodiscard]] UtcSeconds now() const { return room.clock.now(); }
    /// Those that were made for this request, to be given away.
    [[nodiscard]] KeyPairs take_key_pairs() const { return key_pairs == nullptr ? KeyPairs{} : std::move(*key_pairs); }
    /// Something changed about this connection: its upstream tokens end.
    void drop_tokens(const ConnectionId& connection) const { vault::drop_tokens(tx, room.upstream, connection); }
};

/// A question to the upstream, asked outside any transaction; then the verb runs again, `landed` set.
struct ExchangeNeed {
    std::string flight;      ///< equal ones share one request
    std::string connection;  ///< its name: for the log, and for the front where its token is replaced
    ExchangeRequest request;
    /// Judges the answer by the store as it is then, and files it in memory; called once, before the waiting verbs run
    /// again. It changes nothing in the store: what is to be written is `Landing::keep`.
    std::function<Landing(Transaction&, const ExchangeAnswer&)> land;
    /// Looked at before it is sent: it may have waited for its turn. Empty: it is wanted in any case.
    std::function<bool()> is_wanted = {};
};

/// `done`: answer with it. `need`: ask the upstream; without `done` the answer waits for it.
/// `next`: of a page that is not the last, the cursor of the next one.
/// `work`, where it is not empty: nothing was done yet; the verb runs again when this is done.
/// `refused`: the answer is this refusal, and what the verb wrote stays written all the same.
struct Outcome {
    std::optional<json::value> done = {};
    std::optional<ExchangeNeed> need = {};
    std::string next = {};
    SlowWork work = {};
    std::optional<Error> refused = {};
};

/// The request of a token as a question: its answer is filed as a token.
[[nodiscard]] ExchangeNeed need_of(Room& room, TokenFetch fetch);

using VerbFunction = Result<Outcome> (*)(Call&);

/// A verb that needs no open store, or opens and closes it: runs alone, between groups.
struct StoreCall {
    const Peer& peer;
    const Standing& standing;
    const json::value& body;
    Room& room;
    const Stretched& stretched = Stretched::none();

    [[nodiscard]] UtcSeconds now() const { return room.clock.now(); }
};
using StoreVerbFunction = Result<Outcome> (*)(StoreCall&);

[[nodiscard]] inline Outcome done(json::value value) { return {std::move(value)}; }
[[nodiscard]] inline Outcome stretch_first(StretchNeed need) {
    Outcome outcome;
    outcome.work.passphrases = std::move(need);
    return outcome;
}

[[nodiscard]] inline Outcome kept_refusal(Error error) {
    Outcome outcome;
    outcome.refused = std::move(error);
    return outcome;
}

/// Checks that `proof`, as it was typed, opens the store (services/proof). Nothing: it does, go on. An outcome: give it
/// back, the verb runs again. Refuses like `check_proof`.
[[nodiscard]] Result<std::optional<Outcome>> prove(Call& call, std::string_view proof);

/// Nothing: the request has `count` RS256 pairs, go on. An outcome: give it back, the verb runs again when it has.
[[nodiscard]] std::optional<Outcome> make_pairs_first(const Call& call, std::size_t count);

/// A body that is not what the verb takes.
[[nodiscard]] inline Error bad_body(std::string problem) {
    return refuse(Errc::bad_input, std::move(problem), "see the description of this resource in docs/openapi.yaml");
}

/// `app` and `tenant` of the path, as a connection. The two members are read here and nowhere else.
[[nodiscard]] Result<ConnectionName> connection_name(protocol::Fields& in);

/// The connection, where this peer configures its credentials (S5, S13, S35).
[[nodiscard]] Result<FoundConnection> configured_by(Call& call, const Result<ConnectionName>& name);

/// Whether a refusal of this kind is written into the audit: somebody was kept from something (S7). Mistyped input is
/// not.
[[nodiscard]] bool is_audited(Errc code);

/// A secret for the answer that shows it once; lives in storage that is wiped. Give it to an object of such storage.
[[nodiscard]] inline json::string secret_string(const SecretText& value) {
    return json::string{json::string_view{value.reveal().data(), value.reveal().size()}, protocol::wiped_storage()};
}

/// JSON has no empty string where nothing is meant.
[[nodiscard]] inline json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

}  // namespace jeton::vault
