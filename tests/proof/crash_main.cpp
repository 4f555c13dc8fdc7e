/// The power goes, or the disk fails, at every operation of a random life: nothing that was acknowledged is lost,
/// nothing is there without its entry in the audit, and the store opens.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/vault/issuer/libcrypto.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/store/audit.hpp"
#include "tests/proof/disk.hpp"
#include "tests/proof/life.hpp"
#include "tests/proof/model.hpp"
#include "tests/proof/tally.hpp"
#include "tests/proof/vault.hpp"
#include "tests/proof/walk.hpp"

namespace {

using namespace jeton;         // NOLINT(google-build-using-namespace): a program's own main
using namespace jeton::proof;  // NOLINT(google-build-using-namespace)
using vault::Transaction;

constexpr std::size_t steps_of_a_life = 24;
constexpr std::size_t steps_of_a_failing_life = 5;

/// What the vault was when it had answered.
struct Moment {
    std::size_t events = 0;  ///< operations of the disk until then
    std::int64_t sequence = 0;
    std::string dump;
    HandClock clock;
    std::string client_id, client_secret;  ///< the last ones that were shown
    bool gets_token = false;               ///< with them
};

/// A life as the disk saw it.
struct Recording {
    Files before;
    std::vector<DiskEvent> events;
    std::vector<Moment> moments;                ///< the first: before anything was acknowledged
    std::map<std::int64_t, std::string> chain;  ///< hashes of the audit
};

/// How the database is told to synchronise: as jeton does, or as the negative controls.
enum class Sync : std::uint8_t { as_it_is, normal, off };

std::string text_of(const auto& hash) { return {hash.begin(), hash.end()}; }

bool gets_token(Vault& vault, const std::string& client_id, const std::string& client_secret) {
    vault::TokenRequest request;
    request.authentication = vault::ClientAuthentication::post;
    request.client_id = client_id;
    request.client_secret = client_secret;
    vault::Peer peer;
    peer.uid = peer.gid = 2005;
    return vault
        .look([&](Transaction& tx) {
            return vault::decide_token(tx, peer, request, vault.room().upstream, vault.room().clock, std::nullopt);
        })
        .has_value();
}

std::map<std::int64_t, std::string> chain_of(Vault& vault) {
    std::map<std::int64_t, std::string> chain;
    for (const auto& row : vault.engine().database->query("SELECT sequence, hash FROM audit"))
        chain.emplace(std::get<std::int64_t>(row[0]), text_of(std::get<Bytes>(row[1])));
    return chain;
}

/// A vault that lives through steps.
class Life {
public:
    Life(const Place& place, const Stage* stage, Sync sync, int checkpoint_after)
        : place_(place), sync_(sync), checkpoint_after_(checkpoint_after) {
        if (stage != nullptr) {
            clock_ = stage->clock;
            model_ = stage->model;
        }
        start();
    }

    /// One turn of the loop: they share a transaction.
    std::vector<Answer> turn(const std::vector<Step>& steps) {
        std::vector<Question> questions;
        questions.reserve(steps.size());
        for (const auto& step : steps) questions.push_back(model_.question(step));
        auto answers = vault_->ask(questions);
        for (std::size_t i = 0; i < steps.size(); ++i) remember(steps[i], answers[i]);
        return answers;
    }
    /// What is not asked: clocks, restarts, keys.
    void happens(const Step& step) {
        switch (step.act) {
            case Act::wait:
                clock_.wall += std::chrono::seconds{step.seconds};
                clock_.boot += std::chrono::seconds{step.seconds};
                break;
            case Act::turn_clock: clock_.wall += std::chrono::seconds{step.seconds}; break;
            case Act::restart: vault_->end(); [[fallthrough]];
            case Act::kill: start(); break;
            case Act::rotate_key: rotate(std::string{environments[step.environment]}); break;
            default: break;
        }
    }
    static bool is_asked(const Step& step) {
        return step.act != Act::wait && step.act != Act::turn_clock && step.act != Act::restart &&
               step.act != Act::kill && step.act != Act::rotate_key;
    }

    [[nodiscard]] Moment moment(const Disk& disk) {
        Moment now{disk.events().size(), vault_->head().sequence, vault_->dump(), clock_, {}, {}, false};
        if (model_.shown.empty()) return now;
        now.client_id = model_.shown.back().client_id;
        now.client_secret = model_.shown.back().value;
        now.gets_token = gets_token(*vault_, now.client_id, now.client_secret);
        return now;
    }
    [[nodiscard]] Vault& vault() { return *vault_; }
    [[nodiscard]] HandClock& clock() { return clock_; }
    [[nodiscard]] Model& model() { return model_; }
    void end() { vault_.reset(); }

private:
    void start() {
        vault_.reset();
        vault_ = std::make_unique<Vault>(place_, clock_);
        if (vault_->store().state() != vault::StoreState::unsealed)
            throw std::runtime_error("it does not open: " + vault_->store().reason());
        auto& database = *vault_->engine().database;
        database.execute(fmt::format("PRAGMA wal_autocheckpoint = {}", checkpoint_after_));
        if (sync_ != Sync::as_it_is)
            database.execute(fmt::format("PRAGMA synchronous = {}", sync_ == Sync::off ? "OFF" : "NORMAL"));
        model_.look_at_clocks(clock_.wall.time_since_epoch().count(), 0);
    }
    void remember(const Step& step, const Answer& answer) {
        const auto verdict = model_.verdict(step);
        if (answer.is_done() && verdict.word == "done" && verdict.change) verdict.change(&answer);
    }
    void rotate(const std::string& name) {
        auto group = vault_->store().group();
        vault::Peer peer;
        peer.uid = peer.gid = 0;
        (void)group.attempt([&](Transaction& tx) { return vault::rotate_data_key(tx, peer, name, clock_.now()); });
        group.commit();
        vault_->store().finish_destroying_keys();
    }

    const Place& place_;
    Sync sync_;
    int checkpoint_after_;
    HandClock clock_;
    Model model_;
    std::unique_ptr<Vault> vault_;
};

/// From the first start of a vault, or from the stage.
Recording record(const Stage* stage, std::uint64_t seed, Sync sync) {
    std::mt19937_64 dice{seed * 31 + 7};
    constexpr std::array checkpoints{8, 30, 1000};
    Recording recording;
    const Place place;
    if (stage != nullptr) put_files(place.directory(), recording.before = stage->files);
    Disk disk{place.directory()};
    if (stage == nullptr) recording.moments.emplace_back();
    Life life{place, stage, sync, checkpoints[seed % checkpoints.size()]};
    const auto note = [&] {
        auto now = life.moment(disk);
        if (recording.moments.empty()) now.events = 0;  // all of it was acknowledged on the stage
        if (!recording.moments.empty() && now.dump == recording.moments.back().dump) {
            recording.moments.back().clock = now.clock;
        } else {
            recording.moments.push_back(std::move(now));
        }
    };
    note();
    std::vector<Step> together;
    const auto flush = [&] {
        if (together.empty()) return;
        (void)life.turn(std::exchange(together, {}));
        note();
        life.vault().tick();
        note();
    };
    auto steps = life_of(seed, steps_of_a_life, false);
    if (stage == nullptr) {
        (void)life.vault().ask(first_grants());
        note();
        const auto first = beginning();
        steps.insert(steps.begin(), first.begin(), first.end());
    }
    for (const auto& step : steps) {
        if (!Life::is_asked(step)) {
            flush();
            life.happens(step);
            note();
            continue;
        }
        together.push_back(step);
        if (dice() % 3 == 0) flush();
    }
    flush();
    life.vault().end();
    note();
    recording.chain = chain_of(life.vault());
    life.end();
    recording.events = disk.events();
    return recording;
}

/// What became of points, and the first few that went wrong.
struct Findings {
    long points = 0;
    long again = 0;    ///< images that had been looked at before
    long between = 0;  ///< within a turn that commits more than once
    std::map<std::string, long> wrong;
    std::vector<std::string> examples;

    void note(const std::string& kind, const std::string& where) {
        ++wrong[kind];
        if (examples.size() < 5) examples.push_back(fmt::format("{}: {}", where, kind));
    }
    [[nodiscard]] std::string kinds() const {
        std::string all;
        for (const auto& [kind, count] : wrong) all += fmt::format("{}{} ({})", all.empty() ? "" : "; ", kind, count);
        return all;
    }
    [[nodiscard]] std::string text() const {
        auto all = kinds();
        for (const auto& example : examples) all += "\n    " + example;
        return all;
    }
};

/// What is wrong with what is left; nothing where all is well.
std::optional<std::string> look_at(Vault& vault, const Recording& recording, std::size_t acknowledged,
                                   bool from_nothing, Findings& findings) {
    const auto& before = recording.moments[acknowledged];
    const auto& after = recording.moments[std::min(acknowledged + 1, recording.moments.size() - 1)];
    if (vault.store().state() != vault::StoreState::unsealed) return "it does not open";
    const auto head = vault.head();
    // Before it was acknowledged that there is a store, it may begin anew.
    if (!from_nothing || acknowledged > 0) {
        if (head.sequence < before.sequence) return "an acknowledged change is lost";
        const auto known = recording.chain.find(head.sequence);
        if (known == recording.chain.end() || known->second != text_of(head.hash)) return "its audit is another one";
        const auto dump = vault.dump();
        const bool is_between = dump != before.dump && dump != after.dump;
        if (is_between && (head.sequence < before.sequence || head.sequence > after.sequence))
            return "its rows are those of no moment";
        findings.between += is_between ? 1 : 0;
    }
    return std::nullopt;
}

/// One change more. Nothing: it was made.
std::optional<std::string> live_on(Vault& vault) {
    static int changes = 0;
    const auto name = fmt::format("later-{}", ++changes);
    const auto answer = vault.ask({people[root], "environment.create", {{"environment", name}, {"kind", "local"}}});
    if (!answer.is_done()) return "it takes no change any more: " + answer.what;
    return std::nullopt;
}

/// The same, for what takes longer: its keys, the whole chain of its audit, and whether it takes one change more.
std::optional<std::string> look_closer(Vault& vault, const Moment& before) {
    if (vault.dump() == before.dump && !before.client_secret.empty() &&
        gets_token(vault, before.client_id, before.client_secret) != before.gets_token)
        return "the last secret that was shown is not what it was";
    if (!vault.look([](Transaction& tx) { return vault::audit::verify(tx).has_value(); })) return "its audit is broken";
    return live_on(vault);
}
std::size_t acknowledged_at(const Recording& recording, std::size_t events) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < recording.moments.size(); ++i) {
        if (recording.moments[i].events <= events) last = i;
    }
    return last;
}

Luck luck_of(std::mt19937_64& coin) { return static_cast<Luck>(coin() % 5); }

/// The power goes once more, while what is left by the first time opens and makes a change.
void cut_again(const Files& files, const HandClock& clock, std::mt19937_64& coin, const std::string& where,
               Findings& findings) {
    Recording recording;
    recording.before = files;
    const Place place;
    put_files(place.directory(), files);
    {
        Disk disk{place.directory()};
        Vault vault{place, clock};
        const auto note = [&] {
            recording.moments.push_back(
                {disk.events().size(), vault.head().sequence, vault.dump(), clock, {}, {}, false});
        };
        note();
        recording.moments.back().events = 0;  // what was acknowledged before the first time
        (void)live_on(vault);
        note();
        recording.chain = chain_of(vault);
        recording.events = disk.events();
    }
    if (recording.events.empty()) return;
    ++findings.points;
    const auto end = coin() % recording.events.size();
    Platter platter{files};
    for (std::size_t i = 0; i < end; ++i) platter.apply(recording.events[i]);
    put_files(place.directory(), platter.cut(&recording.events[end], luck_of(coin), coin).files);
    Vault vault{place, clock};
    const auto wrong = look_at(vault, recording, acknowledged_at(recording, end), false, findings);
    if (wrong) findings.note("after a second cut " + *wrong, where);
}

/// The power goes at every operation of a life.
void cut_everywhere(const Stage* stage, std::uint64_t seed, Sync sync, long most, bool goes_on, Findings& findings) {
    const auto recording = record(stage, seed, sync);
    const bool from_nothing = stage == nullptr;
    std::mt19937_64 coin{seed};
    const Place place;
    Platter platter{recording.before};
    std::size_t last = 0;
    for (std::size_t i = 0; i <= recording.events.size() && findings.points < most; ++i) {
        const auto* next = i < recording.events.size() ? &recording.events[i] : nullptr;
        const auto acknowledged = acknowledged_at(recording, i);
        if (std::exchange(last, acknowledged) != acknowledged)
            platter.forget_cuts();  // more is asked of the same files
        const auto cut = platter.cut(next, luck_of(coin), coin);
        if (next != nullptr) platter.apply(*next);
        ++findings.points;
        if (cut.was_seen) {
            ++findings.again;
            continue;
        }
        const auto where = fmt::format("seed {}, operation {} of {}", seed, i, recording.events.size());
        try {
            put_files(place.directory(), cut.files);
            const auto& clock = recording.moments[acknowledged].clock;
            Vault vault{place, clock};
            auto wrong = look_at(vault, recording, acknowledged, from_nothing, findings);
            if (!wrong && goes_on && coin() % 4 == 0) wrong = look_closer(vault, recording.moments[acknowledged]);
            if (wrong) findings.note(*wrong, where + ": " + vault.store().reason());
        } catch (const std::exception& fault) {
            findings.note("thrown", where + ": " + fault.what());
        }
        if (goes_on && coin() % 40 == 0 && (acknowledged > 0 || !from_nothing))
            cut_again(cut.files, recording.moments[acknowledged].clock, coin, where, findings);
    }
}

/// A life on a disk that fails at its `nth` operation, once or from then on, and is mended before its end; then the
/// process is killed, or the power goes. False: there was no such operation.
bool fail_at(const Stage& stage, std::uint64_t seed, long nth, int error, bool for_good, Findings& findings) {
    const auto where = fmt::format("seed {}, operation {} fails {} with {}", seed, nth,
                                   for_good ? "and all behind it" : "once", error == EIO ? "EIO" : "ENOSPC");
    std::mt19937_64 coin{seed + static_cast<std::uint64_t>(nth)};
    const Place place;
    put_files(place.directory(), stage.files);
    Recording recording;
    bool is_reached = false;
    std::vector<DiskEvent> events;
    try {
        Disk disk{place.directory()};
        Life life{place, &stage, Sync::as_it_is, 30};
        disk.fail(nth, error, for_good);
        const bool ends_there = coin() % 2 == 0;  // killed as soon as something was refused
        int refused_turns = 0;
        for (const auto& step : life_of(seed, steps_of_a_failing_life, false)) {
            if (!Life::is_asked(step)) continue;
            const auto before = life.vault().dump();
            const auto answer = life.turn({step}).front();
            is_reached = disk.operations() >= nth;
            if (answer.error == "server_error" || answer.error == "no answer") findings.note(answer.error, where);
            if (answer.error != "temporarily_unavailable") continue;
            ++refused_turns;
            const bool is_stored = answer.what.starts_with("the change is stored");
            if (!is_reached) findings.note("it fails though the disk does not", where);
            if (!is_stored && life.vault().dump() != before)
                findings.note("a refused change has left something", where);
            if (!life.vault().see(people[root], "connection.list").is_done())
                findings.note("reading fails, too", where);
            if (ends_there) break;
        }
        if (!for_good && refused_turns > 1) findings.note("one failure was met twice", where);
        disk.fail(0, 0);
        if (for_good || refused_turns == 0) life.vault().tick();  // what it does each second
        if (!ends_there) {
            if (auto wrong = live_on(life.vault())) findings.note(*wrong, where);
        }
        recording.moments.push_back(life.moment(disk));
        recording.moments.back().events = 0;
        recording.chain = chain_of(life.vault());
        events = disk.events();  // what follows is what a killed process does not write
    } catch (const std::exception& fault) {
        findings.note("thrown", where + ": " + fault.what());
        return is_reached;
    }
    if (!is_reached) return false;
    ++findings.points;
    Platter platter{stage.files};
    for (const auto& event : events) platter.apply(event);
    put_files(place.directory(), coin() % 2 == 0 ? platter.as_seen() : platter.cut(nullptr, luck_of(coin), coin).files);
    Vault vault{place, recording.moments.front().clock};
    auto wrong = look_at(vault, recording, 0, false, findings);
    if (!wrong) wrong = look_closer(vault, recording.moments.front());
    if (wrong) findings.note("afterwards " + *wrong, where + ": " + vault.store().reason());
    return true;
}

std::string so_far(const Findings& findings, long most) {
    return fmt::format("{} of {} points{}{}", findings.points, most, findings.wrong.empty() ? "" : "; ",
                       findings.text());
}

/// Lives that differ, and each of them with each way to fail.
void fail_everywhere(const Stage& stage, std::uint64_t seed, long most, Findings& findings) {
    Progress progress;
    for (; findings.points < most; ++seed) {
        for (long nth = 1;; nth += 1 + static_cast<long>(seed % 3)) {
            progress.tell([&] { return so_far(findings, most); });
            bool is_reached = false;
            for (const int error : {EIO, ENOSPC}) {
                is_reached =
                    fail_at(stage, seed, nth, error, (seed + static_cast<std::uint64_t>(nth)) % 2 == 0, findings);
            }
            if (!is_reached || findings.points >= most) break;
        }
    }
}

void tell(const Findings& findings, std::chrono::steady_clock::time_point start) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::cout << fmt::format("    {} points, {} of them images seen before, {} within a turn, {:.1f} s\n",
                             findings.points, findings.again, findings.between, took.count());
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Takes the power away, or fails the disk, at every operation of random lives of a vault."};
    long points = 10'000;
    std::uint64_t seed = 1;
    app.add_option("--points", points, "how many");
    app.add_option("--seed", seed, "of the first life");
    CLI11_PARSE(app, argc, argv);
    vault::prepare_libcrypto();
    log::set_level(log::Level::error);
    Tally tally;
    const Stage stage{{}};
    Findings failures;
    auto start = std::chrono::steady_clock::now();
    fail_everywhere(stage, seed, points / 40, failures);
    tally.say(
        "T30: the disk fails at every operation, once or for good: what is refused leaves nothing, and what is "
        "acknowledged stays",
        failures.text());
    tell(failures, start);

    Findings cuts;
    start = std::chrono::steady_clock::now();
    Progress progress;
    while (cuts.points < points - failures.points) {
        progress.tell([&] { return so_far(cuts, points - failures.points); });
        // Every eighth life begins with the first start of a vault.
        try {
            cut_everywhere(seed % 8 == 1 ? nullptr : &stage, seed, Sync::as_it_is, points - failures.points, true,
                           cuts);
        } catch (const std::exception& fault) {
            cuts.note("thrown", fmt::format("seed {}: {}", seed, fault.what()));
            ++cuts.points;
        }
        ++seed;
    }
    tally.say(
        "T32: the power goes at every operation: nothing acknowledged is lost, no change is without its entry, the "
        "store opens and lives on",
        cuts.text());
    tell(cuts, start);
    for (const auto sync : {Sync::normal, Sync::off}) {
        Findings control;
        for (std::uint64_t one = 2; one < 10 && control.wrong.empty(); ++one)
            cut_everywhere(&stage, one, sync, 100'000, false, control);
        tally.say(fmt::format("control: synchronous={} is seen to lose what was acknowledged",
                              sync == Sync::normal ? "NORMAL" : "OFF"),
                  control.wrong.empty() ? "nobody saw it" : "");
        std::cout << fmt::format("    {} points: {}\n", control.points, control.kinds());
    }
    std::cout << fmt::format("{} passed, {} failed, 0 skipped\n", tally.passed, tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
