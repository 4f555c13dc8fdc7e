#include "daemon/front/tokens/decision_cache.hpp"

#include <algorithm>
#include <iterator>

namespace jeton::front {
namespace {

constexpr std::size_t unreported_limit = 65'536;  ///< uses of that many decisions wait for a vault that does not answer

constexpr std::size_t spellings_limit = 4;  ///< programs and libraries that put one question in their own bytes

std::optional<std::string> unit_name(const Unit& unit) {
    return unit.name.empty() ? std::nullopt : std::optional{unit.name};
}

/// None as yet.
Usage usage_of(const Grant& grant, const Peer& peer, const Glimpse& glimpse) {
    return {.uid = peer.uid,
            .pid = peer.pid,
            .command = glimpse.command,
            .unit = unit_name(peer.unit ? *peer.unit : glimpse.unit),
            .connection = grant.connection,
            .secret_prefix = grant.secret_prefix,
            .via = grant.via,
            .count = 0,
            .last_at = {}};
}

}  // namespace

DecisionCache::DecisionCache(const Clock& clock, std::size_t size) : clock_(clock), limit_(size) {}

bool DecisionCache::holds(const Decision& decision, const Left& left) const {
    return !era_.instance.empty() && decision.era == era_ && left.reuse.count() > 0 && left.token.count() > 0;
}

std::optional<DecisionCache::Standing> DecisionCache::standing(Decisions::iterator decision, const Peer& peer,
                                                               const Clock& moment) {
    if (peer.is_stale(moment)) return std::nullopt;
    const Left left{decision->reuse_until.left(moment), decision->token_until.left(moment)};
    if (holds(*decision, left)) return Standing{decision, left};
    forget(decision);
    return std::nullopt;
}

std::optional<DecisionCache::Standing> DecisionCache::standing(const Fingerprint& question, const Peer& peer,
                                                               const Clock& moment) {
    const auto found = index_.find(question);
    if (found == index_.end()) return std::nullopt;
    return standing(found->second, peer, moment);
}

Response DecisionCache::repeated(const Standing& found) {
    const auto& [decision, left] = found;
    if (left.token != decision->told_left || left.reuse != decision->told_reuse) {
        decision->response = token_response(decision->grant, decision->era, left.token, left.reuse);
        decision->told_left = left.token;
        decision->told_reuse = left.reuse;
    }
    decisions_.splice(decisions_.begin(), decisions_, decision);
    return decision->response;
}

std::optional<Response> DecisionCache::counted(const std::optional<Standing>& found, const Peer& peer, UtcSeconds now) {
    if (!found || found->decision->grant.noted_each) return std::nullopt;
    note_use(*found->decision, peer, now);
    return repeated(*found);
}

std::optional<Response> DecisionCache::find(const Fingerprint& question, const Peer& peer) {
    const FrozenClock moment{clock_};
    return counted(standing(question, peer, moment), peer, moment.now());
}

std::optional<Response> DecisionCache::find_again(const RequestPrint& request, const Peer& peer) {
    const auto found = spellings_.find(request);
    if (found == spellings_.end()) return std::nullopt;
    const FrozenClock moment{clock_};
    return counted(standing(found->second, peer, moment), peer, moment.now());
}

void DecisionCache::recognise(const RequestPrint& request, const Fingerprint& question) {
    const auto found = index_.find(question);
    if (found == index_.end() || !spellings_.emplace(request, found->second).second) return;
    auto& known = found->second->spellings;
    if (known.size() == spellings_limit) {
        spellings_.erase(known.front());
        known.erase(known.begin());
    }
    known.push_back(request);
}

std::optional<Use> DecisionCache::use_to_note(const Fingerprint& question, const Peer& peer, const Glimpse& glimpse) {
    const FrozenClock moment{clock_};
    const auto found = standing(question, peer, moment);
    if (!found || !found->decision->grant.noted_each) return std::nullopt;
    auto usage = usage_of(found->decision->grant, peer, glimpse);
    usage.count = 1;
    usage.last_at = moment.now();
    return Use{found->decision->era, std::move(usage)};
}

std::optional<Response> DecisionCache::find_noted(const Fingerprint& question, const Peer& peer) {
    const auto found = standing(question, peer, FrozenClock{clock_});
    if (!found) return std::nullopt;
    return repeated(*found);
}

void DecisionCache::note_use(Decision& decision, const Peer& peer, UtcSeconds now) {
    auto& usage = decision.usage;
    ++usage.count;
    usage.last_at = now;
    if (usage.pid == peer.pid) return;
    usage.pid = peer.pid;
    usage.command.reset();  // another process: its name is not worth a look into /proc for each answer
    usage.unit = peer.unit ? unit_name(*peer.unit) : std::nullopt;
}

void DecisionCache::keep(const Fingerprint& question, const Peer& peer, const Glimpse& glimpse, Grant grant,
                         const Era& era) {
    if (era != era_) return;  // decided before the last change: never valid again
    if (const auto old = index_.find(question); old != index_.end()) forget(old->second);
    if (decisions_.size() >= limit_) forget(std::prev(decisions_.end()));
    const FrozenClock moment{clock_};
    auto usage = usage_of(grant, peer, glimpse);
    const auto reuse_until = Deadline::after(moment, grant.reuse);
    const auto token_until = Deadline::after(moment, grant.expires_in);
    decisions_.push_front(Decision{.question = question,
                                   .spellings = {},
                                   .grant = std::move(grant),
                                   .era = era,
                                   .reuse_until = reuse_until,
                                   .token_until = token_until,
                                   .response = {},
                                   .told_left = {},
                                   .told_reuse = {},
                                   .usage = std::move(usage)});
    index_.emplace(question, decisions_.begin());
}

void DecisionCache::enter(const Era& era) {
    if (era == era_) return;
    era_ = era;
    while (!decisions_.empty()) forget(decisions_.begin());
}

void DecisionCache::drop_connection(std::string_view connection) {
    for (auto decision = decisions_.begin(); decision != decisions_.end();) {
        const auto next = std::next(decision);
        if (decision->grant.connection == connection) forget(decision);
        decision = next;
    }
}

void DecisionCache::forget(Decisions::iterator decision) {
    if (decision->usage.count > 0 && unreported_.size() < unreported_limit) {
        unreported_.push_back(std::move(decision->usage));
    }
    for (const auto& spelling : decision->spellings) spellings_.erase(spelling);
    index_.erase(decision->question);
    decisions_.erase(decision);
}

std::vector<Usage> DecisionCache::take_usage() {
    std::vector<Usage> uses;
    uses.swap(unreported_);
    for (auto& decision : decisions_) {
        if (decision.usage.count == 0) continue;
        uses.push_back(decision.usage);
        decision.usage.count = 0;
    }
    return uses;
}

void DecisionCache::return_usage(std::vector<Usage> uses) {
    if (unreported_.size() + uses.size() > unreported_limit) return;
    unreported_.insert(unreported_.end(), std::make_move_iterator(uses.begin()), std::make_move_iterator(uses.end()));
}

}  // namespace jeton::front
