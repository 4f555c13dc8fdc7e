/// Takes what the front asks, runs it in group transactions, answers when it is durable.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/vault/flights.hpp"
#include "daemon/vault/verbs/verb.hpp"
#include "daemon/vault/wire.hpp"

namespace jeton::vault {

/// One thread. Order of a change: commit → anchor → event to the front → answers.
class Desk {
public:
    using Send = std::function<void(std::string payload)>;
    /// Has it done beside the loop; `worked` is called with the same number when it is.
    using Defer = std::function<void(std::uint64_t number, SlowWork work)>;

    /// `daemon_uid`: in a user's own daemon, whose. Without `defer` the desk itself does it, and everything waits.
    Desk(Room& room, std::int64_t daemon_uid, Send to_front, Defer defer = {});

    /// A new front: it learns where we stand. What another one asked before is done all the same; its answers go to
    /// nobody.
    void greet();
    /// All frames of one turn of the loop: they share a transaction. Throws FrameFault where the front is broken.
    void take(std::deque<std::string> payloads);
    [[nodiscard]] Flights& flights() { return flights_; }
    void worked(std::uint64_t number, Result<SlowResults> results);
    /// Late flights, what was counted is written down when it is due, and a slice of the work that a new data key
    /// makes. Gives back when to call again: at once while there is such work, so that requests come in between; else
    /// in a second.
    [[nodiscard]] std::chrono::milliseconds tick();
    /// `[audit] tokens` is another one from now on: the audit says so, and what was decided before is not repeated.
    /// False where that could not be written; then nothing has changed.
    [[nodiscard]] bool begin_token_audit(bool every_token);
    /// Before the end: nothing counted is lost.
    void write_tally();
    /// No request is being worked on: none waits for the worker or for a token endpoint.
    [[nodiscard]] bool idle() const { return deferred_.empty() && flights_.idle(); }
    /// Answers all that is being worked on: nothing was changed, and it may be asked again. Programs' token requests
    /// are left to the front, which asks the next vault.
    void give_up();
    /// Before the end: what has passed stays passed (T48).
    void keep_time();

private:
    struct Task {
        wire::Request request;
        std::optional<Landing> landed = {};
        SlowResults slow = {};
    };
    struct Reply {
        std::optional<Result<Outcome>> result;  ///< nothing: not run yet
        wire::Moment moment;
    };

    void run(std::vector<Task> tasks);
    /// Answers of token endpoints: judged and filed, then their waiters run again.
    void land(std::vector<Flights::Landed> landed);
    /// In one group: each answer is judged, and what it leaves in the store is written.
    [[nodiscard]] std::vector<Landing> file(const std::vector<Flights::Landed>& landed);
    [[nodiscard]] Landing judge(Group& group, const Flights::Landed& landed);
    void keep(Group& group, Landing& landing);
    /// Whether listings first write down what is counted; without it they may miss the latest.
    enum class Tallying { before_listings, none };
    void run_group(std::span<Task> tasks, Tallying tallying = Tallying::before_listings);
    void run_alone(Task& task);
    void attempt(Group& group, Task& task, Reply& reply);
    void note_refusal(Group& group, const Task& task, const Error& error);
    /// The same for a verb of the store itself, which runs in no group.
    void note_refusal_alone(const Task& task, const Error& error);
    void announce();
    /// Keys that a commit has destroyed are taken out of the files.
    void finish_destroying_keys();
    /// One slice; whether there is more.
    [[nodiscard]] bool reseal();
    /// Upstream tokens out of the store, after it was opened: one slice; whether there is more.
    [[nodiscard]] bool load_kept_tokens();
    /// Signing keys whose last token has expired are erased.
    void end_signing_keys();
    /// Rows of upstream tokens follow their environments' data keys; those of tokens that have ended go, of revoked
    /// ones too.
    void tend_kept_tokens();
    /// Upstream tokens that are in use and end soon are asked for anew, so that nobody waits for them.
    void refresh_tokens();
    /// Where the chain stands, signed, for whoever keeps the log elsewhere (T27): with each change of authority.
    void log_head();
    /// Entries of the audit that the journal has not got yet, where the log is the journal. Refusals are told at once.
    void tell_journal();
    /// A deadline that has passed stays passed, also over a crash.
    void note_ends();
    void deliver(Task& task, Reply& reply);
    void answer(const wire::Request& asker, std::string payload);
    void work_for(Task& task, SlowWork work);
    [[nodiscard]] wire::Moment moment() const;
    /// What the front must attest of peers on the token socket.
    [[nodiscard]] wire::Attested attested();
    /// Whom the store knows, where that has changed since it was last told.
    [[nodiscard]] const KnownCallers* news_of_callers();

    Room& room_;
    std::int64_t daemon_uid_;
    Send to_front_;
    Defer defer_;
    std::uint64_t front_ = 0;  ///< the number of the one that was greeted last
    Flights flights_;
    std::map<std::uint64_t, Task> deferred_;  ///< requests that wait for the worker
    std::uint64_t next_deferred_ = 1;
    wire::Moment announced_;
    std::string announced_state_;
    std::string told_instance_;                           ///< of the store whose entries the journal has
    std::int64_t told_entry_ = 0;                         ///< the last of them
    std::chrono::steady_clock::time_point reseal_again_;  ///< after a slice that failed
    bool ends_are_noted_ = true;
    bool signing_keys_end_ = true;
    KeptWalk kept_;
    wire::Moment tended_;                          ///< instance and epoch at which rows of tokens were looked after
    BootTime purge_after_{};                       ///< rows of tokens that have ended
    std::optional<KnownCallers> announced_known_;  ///< nothing while sealed
};

}  // namespace jeton::vault
