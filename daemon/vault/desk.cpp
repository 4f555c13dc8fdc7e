#include "daemon/vault/desk.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/services/journal.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/revocation.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/epoch.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/verbs/authorisation.hpp"
#include "daemon/vault/worker.hpp"
#include "libclient/protocol/json.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t waiting_max = 16;  ///< requests that wait for the worker

Error storage_refusal(const StoreFault& fault) {
    auto error =
        refuse(Errc::temporarily_unavailable,
               fault.full ? "the disk is full: nothing was changed" : "the disk failed: nothing was changed",
               fault.full ? "make room in the state directory, then try again; to stop all tokens at once: jeton seal"
                          : "see the log of jeton-vault");
    if (fault.stored) error.what = "the change is stored, but its anchor could not be written";
    error.retry_after = 5;
    return error;
}

Error tampered_refusal(const Tampered& fault) {
    return refuse(Errc::mismatch, fault.what(),
                  "stop here, keep the files, restore a backup; jeton audit verify tells more");
}

/// A program can do nothing about our store, and is not told what is wrong with it: it may try again, or ask somebody.
Error for_token_socket(Error error, std::string_view verb) {
    static constexpr std::array<std::string_view, 6> asked_there{"token.issue",      "token.repeat", "token.revoke",
                                                                 "token.introspect", "jwks.show",    "metadata.show"};
    if (std::ranges::find(asked_there, verb) == asked_there.end()) return error;
    switch (error.code) {
        case Errc::sealed:
        case Errc::uninitialised:
        case Errc::mismatch:
        case Errc::server_error: break;
        default: return error;
    }
    if (error.operator_note.empty()) error.operator_note = std::move(error.what);
    error.code = Errc::temporarily_unavailable;
    error.what = "the store of this daemon is not open";
    error.next = "ask the operator: jeton status";
    if (!error.retry_after) error.retry_after = 10;
    return error;
}

/// What a body names, for the audit of a refusal: only what has the form of a name, for anybody may write it.
struct Named {
    std::string connection;
    std::string tenant;
    std::string app;

    [[nodiscard]] const std::string& subject() const {
        if (!connection.empty()) return connection;
        return app.empty() ? tenant : app;
    }
    /// Nothing where `name` is not that of a connection.
    void set(const std::string& name) {
        const auto parsed = parse_connection_name(name);
        if (!parsed) return;
        connection = name;
        tenant = parsed->tenant.text();
    }
};

Named named_in(const json::value& body) {
    const auto text = [&](std::string_view name) { return std::string{protocol::text_in(body, name)}; };
    Named named;
    if (check_app_name(text("app"))) named.app = text("app");
    if (parse_tenant_name(text("tenant"))) named.tenant = text("tenant");
    named.connection = text("connection");
    if (named.connection.empty() && !named.app.empty() && !named.tenant.empty()) {
        named.connection = named.app + "/" + named.tenant;
    }
    named.set(std::exchange(named.connection, {}));
    return named;
}

/// Its piece of the file cannot be made again, which would happen where the disk fails for a neighbour of its group.
bool is_made_once(std::string_view name) { return name == "backup.page"; }

bool is_store_verb(std::string_view name) {
    const auto* verb = find_verb(name);
    return verb != nullptr && std::holds_alternative<StoreVerbFunction>(verb->function);
}

Error fault_refusal() {
    return refuse(Errc::server_error, "the vault could not do this", "see the log of jeton-vault; nothing was changed");
}

/// A frame that is too long would end the link, and with it what everybody else has asked.
Error oversize_refusal() {
    return refuse(Errc::server_error, "the answer is longer than the 1 MiB that the front takes at once",
                  "ask for less at a time; a change that was asked for was made: jeton audit list");
}

bool is_noted(const Error& refusal) { return is_audited(refusal.code) || !refusal.operator_note.empty(); }

constexpr std::chrono::milliseconds idle_pause{1000};
constexpr std::chrono::milliseconds reseal_slice_time{4};  ///< of work, before a commit
constexpr std::chrono::minutes reseal_retry{1};
constexpr std::chrono::minutes purge_pause{15};
constexpr std::size_t refreshed_at_once = 64;  ///< upstream tokens, in one tick: some milliseconds

/// On the first page: those that follow belong to it.
bool shows_usage(const wire::Request& request) {
    const auto* verb = find_verb(request.verb);
    return verb != nullptr && verb->shows_usage && protocol::text_in(request.body, "after").empty();
}

}  // namespace

Desk::Desk(Room& room, std::int64_t daemon_uid, Send to_front, Defer defer)
    : room_(room),
      daemon_uid_(daemon_uid),
      to_front_(std::move(to_front)),
      defer_(std::move(defer)),
      flights_(room.clock, room.config.exchange, room.upstream.endpoints(),
               [this](std::vector<Flights::Landed> landed) { land(std::move(landed)); }) {
    room.upstream.endpoints().set_budget(room.config.upstream.requests_per_minute);
}

wire::Moment Desk::moment() const { return {room_.store.instance(), room_.store.epoch()}; }

wire::Attested Desk::attested() try {
    if (room_.store.state() != StoreState::unsealed) return {};
    auto group = room_.store.group();
    return group.attempt([](Transaction& tx) {
        return wire::Attested{.groups = bindings::any_for_group(tx) || pairs::any_for_group(tx),
                              .unit = bindings::any_for_unit(tx) || pairs::any_for_unit(tx)};
    });
} catch (const std::exception& fault) {
    log::error("all of each caller is attested: {}", fault.what());  // more than is needed does no harm
    return {.groups = true, .unit = true};
}

const KnownCallers* Desk::news_of_callers() try {
    if (room_.store.state() != StoreState::unsealed) {
        announced_known_.reset();
        return nullptr;
    }
    auto group = room_.store.group();
    auto known = group.attempt([](Transaction& tx) { return known_callers(tx); });
    if (announced_known_ == known) return nullptr;
    announced_known_ = std::move(known);
    return &*announced_known_;
} catch (const std::exception& fault) {
    log::error("whom the store knows is not told anew: {}", fault.what());  // it is about room alone
    return nullptr;
}

void Desk::greet() {
    ++front_;
    announced_ = moment();
    announced_state_ = name_of(room_.store.state());
    announced_known_.reset();
    to_front_(wire::moment_event("hello", announced_, announced_state_, attested(), news_of_callers()));
    tell_journal();
    log_head();
}

void Desk::announce() {
    tell_journal();
    const auto current = moment();
    const auto state = name_of(room_.store.state());
    if (current.epoch == announced_.epoch && current.instance == announced_.instance && state == announced_state_)
        return;
    announced_ = current;
    announced_state_ = state;
    to_front_(wire::moment_event("epoch", announced_, announced_state_, attested(), news_of_callers()));
    log_head();
}

void Desk::take(std::deque<std::string> payloads) {
    std::vector<Task> tasks;
    tasks.reserve(payloads.size());
    for (auto& payload : payloads) {
        auto request = wire::read_request(payload);
        request.front = front_;
        protocol::wipe(payload);
        request.peer.daemon_user = request.peer.uid == daemon_uid_ && !request.peer.foreign;
        tasks.push_back({std::move(request)});
    }
    run(std::move(tasks));
}

void Desk::run(std::vector<Task> tasks) {
    for (auto first = tasks.begin(); first != tasks.end();) {
        if (is_store_verb(first->request.verb)) {
            run_alone(*first++);
            continue;
        }
        auto last = first + 1;
        if (!is_made_once(first->request.verb)) {
            last = std::find_if(last, tasks.end(), [](const Task& task) {
                return is_store_verb(task.request.verb) || is_made_once(task.request.verb);
            });
        }
        run_group({first, last});
        first = last;
    }
}

void Desk::land(std::vector<Flights::Landed> landed) {
    const auto landings = file(landed);
    announce();
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < landed.size(); ++i) {
        const auto& connection = landed[i].need.connection;
        if (landings[i].failure) {
            // What was not asked is not news.
            if (!landed[i].instead) log::warning("{}: {}", connection, landings[i].failure->what);
        } else if (!landings[i].outdated) {
            to_front_(wire::token_replaced_event(connection));
        }
        for (auto& waiter : landed[i].waiters) tasks.push_back({std::move(waiter), landings[i], {}});
    }
    run(std::move(tasks));
}

std::vector<Landing> Desk::file(const std::vector<Flights::Landed>& landed) {
    std::vector<Landing> landings;
    landings.reserve(landed.size());
    bool writes = true;
    while (landings.size() < landed.size()) {
        if (room_.store.state() != StoreState::unsealed) {
            landings.push_back({closed_refusal(room_.store), landed[landings.size()].need.flight});
            continue;
        }
        try {
            auto group = room_.store.group();
            for (auto i = landings.size(); i < landed.size(); ++i) {
                landings.push_back(judge(group, landed[i]));
                if (writes) keep(group, landings.back());
            }
            group.commit();
            room_.tally.keep();
        } catch (const StoreFault& fault) {
            room_.tally.settle(fault.stored);
            log::error("what token endpoints answered was not written: {}", fault.what());
            const bool cannot_read = !writes && landings.size() < landed.size();
            if (cannot_read) landings.push_back({storage_refusal(fault), landed[landings.size()].need.flight});
            writes = false;
        }
    }
    return landings;
}

Landing Desk::judge(Group& group, const Flights::Landed& landed) {
    const auto& need = landed.need;
    if (landed.instead) return *landed.instead;
    if (landed.answer.server_date) {
        room_.sightings.note_date(need.request.endpoint, *landed.answer.server_date, room_.clock.now());
    }
    try {
        return group.attempt([&](Transaction& tx) { return need.land(tx, landed.answer); });
    } catch (const Tampered& fault) {
        log::error("{}", fault.what());
        return {tampered_refusal(fault), need.flight};
    } catch (const StoreFault&) {
        throw;
    } catch (const std::exception& fault) {
        log::error("{}: {}", need.connection, fault.what());
        return {fault_refusal(), need.flight};
    }
}

void Desk::keep(Group& group, Landing& landing) {
    try {
        if (landing.alarm && room_.tally.is_first_refusal(*landing.alarm)) {
            group.attempt([&](Transaction& tx) { tx.append_audit(*landing.alarm); });
        }
        if (landing.keep) group.attempt([&](Transaction& tx) { landing.keep(tx); });
    } catch (const StoreFault&) {
        throw;
    } catch (const std::exception& fault) {
        log::error("what a token endpoint answered is not kept: {}", fault.what());
    }
    landing.keep = {};  // it may hold a token
}

void Desk::run_alone(Task& task) {
    Reply reply;
    try {
        const auto run_it = [&]() -> Result<Outcome> {
            const auto& verb = *find_verb(task.request.verb);
            const auto standing = authorise(room_.store, task.request.peer, verb, room_.clock.now());
            if (!standing) return standing.error();
            StoreCall call{task.request.peer, *standing, task.request.body, room_, task.slow.stretched};
            return std::get<StoreVerbFunction>(verb.function)(call);
        };
        reply.result = run_it();
    } catch (const StoreFault& fault) {
        log::error("{}: {}", task.request.verb, fault.what());
        reply.result = storage_refusal(fault);
    } catch (const Tampered& fault) {
        log::error("{}", fault.what());
        reply.result = tampered_refusal(fault);
    } catch (const std::exception& fault) {
        log::error("{}: {}", task.request.verb, fault.what());
        reply.result = fault_refusal();
    }
    if (!*reply.result && is_noted(reply.result->error())) note_refusal_alone(task, reply.result->error());
    reply.moment = moment();
    finish_destroying_keys();
    announce();
    deliver(task, reply);
}

void Desk::note_refusal_alone(const Task& task, const Error& error) {
    if (room_.store.state() != StoreState::unsealed) return;  // there is no audit to write into
    try {
        auto group = room_.store.group();
        note_refusal(group, task, error);
        group.commit();
        room_.tally.keep();
    } catch (const StoreFault& fault) {
        room_.tally.settle(fault.stored);
        log::error("a refusal was not written down: {}", fault.what());
    }
}

void Desk::run_group(std::span<Task> tasks, Tallying tallying) {
    std::vector<Reply> replies(tasks.size());
    if (room_.store.state() != StoreState::unsealed) {
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            replies[i] = {for_token_socket(closed_refusal(room_.store), tasks[i].request.verb), moment()};
            deliver(tasks[i], replies[i]);
        }
        return;
    }
    const bool writes_tally = tallying == Tallying::before_listings &&
                              std::ranges::any_of(tasks, [](const Task& task) { return shows_usage(task.request); });
    const auto settle_tally = [&](bool is_stored) {
        if (is_stored && writes_tally) room_.tally.clear(room_.clock.now());
        room_.tally.settle(is_stored);
    };
    try {
        auto group = room_.store.group();
        if (writes_tally) group.attempt([&](Transaction& tx) { room_.tally.write(tx); });
        for (std::size_t i = 0; i < tasks.size(); ++i) attempt(group, tasks[i], replies[i]);
        group.commit();
        settle_tally(true);
    } catch (const StoreFault& fault) {
        log::error("{}", fault.what());
        settle_tally(fault.stored);
        if (tasks.size() > 1 && !fault.stored) {
            // One request that the disk refuses must not take the others with it.
            for (std::size_t i = 0; i < tasks.size(); ++i) run_group(tasks.subspan(i, 1), tallying);
            return;
        }
        // A full disk must not hide what is on it.
        if (writes_tally && !fault.stored) return run_group(tasks, Tallying::none);
        for (std::size_t i = 0; i < tasks.size(); ++i) replies[i] = {storage_refusal(fault), moment()};
    }
    finish_destroying_keys();
    announce();
    for (std::size_t i = 0; i < tasks.size(); ++i) deliver(tasks[i], replies[i]);
}

void Desk::attempt(Group& group, Task& task, Reply& reply) {
    const auto& request = task.request;
    reply.moment = moment();
    try {
        reply.result = group.attempt([&](Transaction& tx) -> Result<Outcome> {
            const auto* verb = find_verb(request.verb);
            if (verb == nullptr) return refuse(Errc::not_found, "there is no such verb", "see docs/inner-protocol.md");
            const auto standing = authorise(tx, request.peer, *verb, request.body, room_.clock.now());
            if (!standing) return standing.error();
            Call call{tx,    request.peer, *standing,           request.body,
                      room_, task.landed,  task.slow.stretched, &task.slow.key_pairs};
            auto outcome = std::get<VerbFunction>(verb->function)(call);
            reply.moment = {tx.instance(), tx.epoch()};
            return outcome;
        });
    } catch (const Tampered& fault) {
        log::error("{}", fault.what());
        reply.result = for_token_socket(tampered_refusal(fault), request.verb);
    } catch (const StoreFault&) {
        throw;
    } catch (const std::exception& fault) {
        log::error("{}: {}", request.verb, fault.what());
        reply.result = for_token_socket(fault_refusal(), request.verb);
    }
    if (*reply.result && (*reply.result)->refused) {
        Error refused = *std::move((*reply.result)->refused);
        reply.result = std::move(refused);
    }
    if (*reply.result) return;
    const auto& refusal = reply.result->error();
    if (is_noted(refusal)) note_refusal(group, task, refusal);
}

void Desk::note_refusal(Group& group, const Task& task, const Error& error) {
    const auto& request = task.request;
    const auto word = std::string{protocol::word_of(error.code).name};
    auto named = named_in(request.body);
    const auto subject = named.subject().empty() ? word : named.subject();
    if (named.connection.empty()) named.set(error.connection);
    const auto& reason = error.operator_note.empty() ? error.what : error.operator_note;
    auto entry = entry_of(request.peer,
                          {.event = request.verb,
                           .subject = subject,
                           .connection = named.connection,
                           .tenant = named.tenant,
                           .detail = word + ": " + reason},
                          room_.clock.now());
    entry.refused = true;
    if (!room_.tally.is_first_refusal(entry)) return;
    journal::tell_refusal(entry, request.peer);
    group.attempt([&](Transaction& tx) { tx.append_audit(entry); });
}

void Desk::deliver(Task& task, Reply& reply) {
    auto& result = *reply.result;
    if (log::is_on(log::Level::debug))
        log::debug("{} of {} (uid {}): {}", task.request.verb, task.request.peer.name(), task.request.peer.uid,
                   result ? "done" : protocol::word_of(result.error().code).name);
    if (!result) {
        answer(task.request, wire::refusal(task.request.id, reply.moment, result.error()));
        return;
    }
    if (!result->work.empty()) return work_for(task, std::move(result->work));
    if (result->done) answer(task.request, wire::answer(task.request.id, reply.moment, *result->done, result->next));
    if (!result->need) return;
    std::optional<wire::Request> waiter;
    if (!result->done) waiter = std::move(task.request);
    flights_.join(*std::move(result->need), std::move(waiter));
}

/// The numbers of another front's requests begin anew: an answer for one that has ended must not become another's.
void Desk::answer(const wire::Request& asker, std::string payload) {
    if (payload.size() > protocol::frame_limit) {
        log::error("{}: an answer of {} bytes cannot be sent", asker.verb, payload.size());
        protocol::wipe(payload);
        payload = wire::refusal(asker.id, moment(), oversize_refusal());
    }
    if (asker.front == front_) return to_front_(std::move(payload));
    protocol::wipe(payload);
}

void Desk::work_for(Task& task, SlowWork work) {
    if (deferred_.size() >= waiting_max) {
        auto error = refuse(Errc::temporarily_unavailable, "many passphrases are being checked, or keys made, already",
                            "try again in a few seconds");
        error.retry_after = 5;
        answer(task.request, wire::refusal(task.request.id, moment(), error));
        return;
    }
    const auto number = next_deferred_++;
    deferred_.emplace(number, std::move(task));
    if (defer_) return defer_(number, std::move(work));
    worked(number, do_slow_work(work));
}

void Desk::worked(std::uint64_t number, Result<SlowResults> results) {
    auto node = deferred_.extract(number);
    if (node.empty()) return;
    auto& task = node.mapped();
    if (!results) {
        answer(task.request, wire::refusal(task.request.id, moment(), results.error()));
        return;
    }
    task.slow.add(*std::move(results));
    std::vector<Task> tasks;
    tasks.push_back(std::move(task));
    run(std::move(tasks));
}

void Desk::give_up() {
    auto error = refuse(Errc::temporarily_unavailable, "the vault was told to end before this was done",
                        "nothing was changed: try again in a moment");
    error.retry_after = 1;
    for (const auto& waiter : flights_.give_up()) {
        if (waiter.verb != "token.issue") answer(waiter, wire::refusal(waiter.id, moment(), error));
    }
    for (const auto& [number, task] : std::exchange(deferred_, {}))
        answer(task.request, wire::refusal(task.request.id, moment(), error));
}

std::chrono::milliseconds Desk::tick() {
    flights_.sweep();
    end_idle(room_.backup, room_.clock);
    end_idle(room_.restore, room_.clock);
    note_ends();
    if (room_.tally.is_due(room_.clock.now())) write_tally();
    finish_destroying_keys();
    const bool loads = load_kept_tokens();
    tend_kept_tokens();
    end_signing_keys();
    refresh_tokens();
    return reseal() || loads ? std::chrono::milliseconds{0} : idle_pause;
}

void Desk::finish_destroying_keys() {
    try {
        room_.store.finish_destroying_keys();
    } catch (const StoreFault& fault) {
        log::error("a destroyed key may still stand in the write-ahead log, which is emptied later: {}", fault.what());
    }
}

bool Desk::reseal() {
    if (room_.store.state() != StoreState::unsealed) return false;
    const auto start = std::chrono::steady_clock::now();
    if (start < reseal_again_) return false;
    auto progress = room_.resealing;
    try {
        auto group = room_.store.group();
        const auto has_time = [&] { return std::chrono::steady_clock::now() - start < reseal_slice_time; };
        const bool more =
            group.attempt([&](Transaction& tx) { return reseal_slice(tx, progress, has_time, room_.clock.now()); });
        group.commit();
        progress.problem.clear();
        room_.resealing = std::move(progress);
        if (!more) return false;
        finish_destroying_keys();
        announce();
        return true;
    } catch (const std::exception& fault) {
        log::error("sealed values do not move to their new data key: {}; tried again in a minute", fault.what());
        room_.resealing = std::move(progress);
        room_.resealing.walk = {};  // what was not committed is looked through again
        room_.resealing.problem = fault.what();
        reseal_again_ = start + reseal_retry;
        announce();  // where only the anchor failed, the epoch has grown
        return false;
    }
}

bool Desk::load_kept_tokens() {
    if (room_.store.state() != StoreState::unsealed) {
        kept_ = {};
        return false;
    }
    if (kept_.instance != room_.store.instance()) kept_ = {.instance = room_.store.instance()};
    if (kept_.done) return false;
    auto walk = kept_;
    try {
        const auto start = std::chrono::steady_clock::now();
        auto group = room_.store.group();
        const auto has_time = [&] { return std::chrono::steady_clock::now() - start < reseal_slice_time; };
        group.attempt([&](Transaction& tx) { load_slice(tx, room_.upstream, walk, has_time, room_.clock); });
        group.commit();
        kept_ = std::move(walk);
    } catch (const std::exception& fault) {
        // Each connection's rows are read when it is asked for.
        log::error("the kept upstream tokens are not read at once: {}", fault.what());
        kept_.done = true;
    }
    return !kept_.done;
}

void Desk::tend_kept_tokens() {
    if (room_.store.state() != StoreState::unsealed || !kept_.done) return;
    const auto now = moment();
    const bool purges = room_.clock.boot_time() >= purge_after_;
    if (!purges && tended_.instance == now.instance && tended_.epoch == now.epoch) return;
    tended_ = now;
    if (purges) purge_after_ = room_.clock.boot_time() + purge_pause;
    try {
        auto group = room_.store.group();
        group.attempt([&](Transaction& tx) {
            follow_data_keys(tx, room_.upstream, kept_, room_.clock);
            if (purges) token_cache::erase_until(tx, tx.high_water());
        });
        const bool forgets =
            purges && group.attempt([&](Transaction& tx) { return forget_expired_revocations(tx, room_.clock.now()); });
        group.commit();
        if (!forgets) return;
        purge_after_ = room_.clock.boot_time();  // there may be more
        announce();
    } catch (const std::exception& fault) {
        log::warning("what has ended was not taken out of the store: {}", fault.what());
    }
}

void Desk::end_signing_keys() {
    if (room_.store.state() != StoreState::unsealed) return;
    try {
        auto group = room_.store.group();
        const bool any = group.attempt([&](Transaction& tx) { return erase_ended_keys(tx, room_.clock.now()); });
        group.commit();
        if (any) announce();
        signing_keys_end_ = true;
    } catch (const std::exception& fault) {
        // Nobody is served by them all the same.
        if (signing_keys_end_) log::error("signing keys whose time is over are not erased: {}", fault.what());
        signing_keys_end_ = false;  // said once: it is tried again each second
    }
}

void Desk::refresh_tokens() {
    if (room_.store.state() != StoreState::unsealed) return;
    const auto due = room_.upstream.due(room_.clock, refreshed_at_once);
    if (due.empty()) return;
    std::vector<TokenFetch> fetches;
    try {
        auto group = room_.store.group();
        for (const auto& key : due) {
            auto fetch =
                group.attempt([&](Transaction& tx) { return fetch_ahead(tx, key, room_.upstream, room_.clock); });
            if (fetch) fetches.push_back(*std::move(fetch));
        }
    } catch (const std::exception& fault) {
        log::error("upstream tokens are not replaced ahead of need: {}", fault.what());
    }
    for (auto& fetch : fetches) flights_.join(need_of(room_, std::move(fetch)), std::nullopt);
}

void Desk::log_head() try {
    if (room_.store.state() != StoreState::unsealed) return;
    auto group = room_.store.group();
    const auto head = group.attempt([](Transaction& tx) { return audit::signed_head(tx); });
    const std::array<log::Field, 2> fields{
        {{"JETON_EVENT", "audit.head"}, {"JETON_SEQUENCE", std::to_string(head.sequence)}}};
    // In this form `jeton audit verify --against` reads it back.
    log::testimony(fields, fmt::format("audit head sequence={} hash={} signature={} public_key={}", head.sequence,
                                       head.hash, head.signature, head.public_key));
} catch (const std::exception& fault) {
    log::error("the audit's head is not told: {}", fault.what());
}

void Desk::tell_journal() try {
    if (!log::has_fields() || room_.store.state() != StoreState::unsealed) return;
    if (told_instance_ != room_.store.instance()) {
        told_instance_ = room_.store.instance();
        told_entry_ = room_.store.last_entry_at_opening();
    }
    const auto last = room_.store.last_entry();
    if (last <= told_entry_) return;
    audit::Filter news;
    news.after = std::exchange(told_entry_, last);
    news.refused = false;
    auto group = room_.store.group();
    for (const auto& entry : group.attempt([&](Transaction& tx) { return audit::list(tx, news); })) {
        // One for each token is too much for a journal; they are in the audit.
        if (entry.event != "token.issued") journal::tell(entry);
    }
} catch (const std::exception& fault) {
    log::error("the journal is not told what the audit says: {}", fault.what());
}

void Desk::note_ends() {
    try {
        room_.store.note_ends();
        ends_are_noted_ = true;
    } catch (const StoreFault& fault) {
        if (ends_are_noted_) log::error("that a deadline has passed was not written: {}", fault.what());
        ends_are_noted_ = false;  // said once: it is tried again each second
    }
}

void Desk::keep_time() {
    try {
        room_.store.keep_time();
    } catch (const StoreFault& fault) {
        log::error("the store's time was not written: {}", fault.what());
    }
}

bool Desk::begin_token_audit(bool every_token) {
    if (room_.store.state() != StoreState::unsealed) return true;  // then the front has nothing to repeat
    try {
        auto group = room_.store.group();
        group.attempt([&](Transaction& tx) {
            begin_epoch(tx);
            tx.append_audit(audit::own_entry(room_.clock.now(), "audit.tokens", "audit",
                                             every_token ? "an entry for each token" : "tokens are counted"));
        });
        group.commit();
    } catch (const StoreFault& fault) {
        log::error("another [audit] tokens was {}: {}", fault.stored ? "written, but" : "not written", fault.what());
        if (!fault.stored) return false;
    }
    announce();
    return true;
}

void Desk::write_tally() {
    if (room_.tally.empty() || room_.store.state() != StoreState::unsealed) return;
    try {
        auto group = room_.store.group();
        group.attempt([&](Transaction& tx) { room_.tally.write(tx); });
        group.commit();
        room_.tally.clear(room_.clock.now());
    } catch (const StoreFault& fault) {
        log::error("usage was not written: {}", fault.what());
    }
}

}  // namespace jeton::vault
