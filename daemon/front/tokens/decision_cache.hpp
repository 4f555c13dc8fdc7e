/// Decisions of the vault that may be repeated, each with its answer ready to be sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/front/tokens/era.hpp"
#include "daemon/front/tokens/fingerprint.hpp"
#include "daemon/front/tokens/token_answer.hpp"

namespace jeton::front {

/// Answers given from the cache, for the audit.
struct Usage {
    uid_t uid;
    pid_t pid;                           ///< of the last one
    std::optional<std::string> command;  ///< of the last one, where it is known
    std::optional<std::string> unit;     ///< likewise
    std::string connection;
    std::optional<std::string> secret_prefix;
    std::optional<std::string> via;  ///< by what the vault granted it
    std::uint64_t count;
    UtcSeconds last_at;
};

/// What the vault is to write down before a decision is repeated.
struct Use {
    Era era;      ///< of the decision
    Usage usage;  ///< once, now
};

/// Used by the I/O thread only.
class DecisionCache {
public:
    static constexpr std::size_t usual_size = 16'384;  ///< entries; about 40 MiB with tokens of 2 KiB

    explicit DecisionCache(const Clock& clock, std::size_t size = usual_size);

    /// The answer to a question that was decided before and may be repeated; counts the use. The one place that says
    /// so, however the question was recognised. It was put by a caller of this identity, which is part of it, and the
    /// caller's attestation is young enough; the decision is of the era that is now, which everything ends that could
    /// change it (0005-epoch-and-instance.md); neither its deadline nor its token's life has passed by either clock.
    /// Nothing where the vault is to note the use first: see `use_to_note`.
    [[nodiscard]] std::optional<Response> find(const Fingerprint& question, const Peer& peer);
    /// The same of a question that was put before with these very bytes, by the same sender.
    [[nodiscard]] std::optional<Response> find_again(const RequestPrint& request, const Peer& peer);
    /// `request` puts this question, which a decision is kept for. Of the spellings of one question the last few are
    /// known again.
    void recognise(const RequestPrint& request, const Fingerprint& question);

    /// The use, where `find` would have an answer but for its being noted first.
    [[nodiscard]] std::optional<Use> use_to_note(const Fingerprint& question, const Peer& peer, const Glimpse& glimpse);
    /// The answer whose use was noted just now, if the decision still holds.
    [[nodiscard]] std::optional<Response> find_noted(const Fingerprint& question, const Peer& peer);

    /// Keeps a decision made at `era`. `grant.reuse` must be positive. The least recently used one makes room.
    void keep(const Fingerprint& question, const Peer& peer, const Glimpse& glimpse, Grant grant, const Era& era);

    /// What is allowed has changed: nothing decided before is repeated.
    void enter(const Era& era);
    /// A token of that connection was replaced: its decisions are made anew.
    void drop_connection(std::string_view connection);

    /// Uses since the last call.
    [[nodiscard]] std::vector<Usage> take_usage();
    /// Uses that could not be reported; kept for the next time.
    void return_usage(std::vector<Usage> uses);

    [[nodiscard]] std::size_t size() const { return decisions_.size(); }

private:
    struct Decision {
        Fingerprint question;
        std::vector<RequestPrint> spellings;  ///< the oldest first
        Grant grant;
        Era era;
        Deadline reuse_until;
        Deadline token_until;
        Response response;               ///< built with the seconds below
        std::chrono::seconds told_left;  ///< expires_in in `response`
        std::chrono::seconds told_reuse;
        Usage usage;
    };
    using Decisions = std::list<Decision>;

    struct Left {
        std::chrono::seconds reuse;
        std::chrono::seconds token;
    };
    /// A decision may be repeated in its era, before its deadline and its token's.
    [[nodiscard]] bool holds(const Decision& decision, const Left& left) const;
    struct Standing {
        Decisions::iterator decision;
        Left left;
    };
    /// A decision for this caller with what is left of it, if it holds; else it is forgotten.
    [[nodiscard]] std::optional<Standing> standing(Decisions::iterator decision, const Peer& peer, const Clock& moment);
    [[nodiscard]] std::optional<Standing> standing(const Fingerprint& question, const Peer& peer, const Clock& moment);
    [[nodiscard]] std::optional<Response> counted(const std::optional<Standing>& found, const Peer& peer,
                                                  UtcSeconds now);
    [[nodiscard]] Response repeated(const Standing& found);
    void forget(Decisions::iterator decision);
    void note_use(Decision& decision, const Peer& peer, UtcSeconds now);

    const Clock& clock_;
    std::size_t limit_;
    Era era_;
    Decisions decisions_;  ///< the most recently used first
    std::unordered_map<Fingerprint, Decisions::iterator, PrintHash> index_;
    std::unordered_map<RequestPrint, Decisions::iterator, PrintHash> spellings_;
    std::vector<Usage> unreported_;
};

}  // namespace jeton::front
