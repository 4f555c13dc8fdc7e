#include "daemon/vault/services/survey.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/client_keys.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/tickets.hpp"

namespace jeton::vault {
namespace {

constexpr std::chrono::minutes kept_for{1};
constexpr std::chrono::days long_view{30};
/// A ticket lives a week at most, and usually a day: it would always end soon.
constexpr std::chrono::hours soon_for_a_ticket{1};

std::string in_units(std::chrono::seconds time) {
    const auto say = [](std::int64_t count, std::string_view unit) {
        return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
    };
    using namespace std::chrono;
    if (time >= days{2}) return say(floor<days>(time).count(), "day");
    if (time >= hours{2}) return say(floor<hours>(time).count(), "hour");
    if (time >= minutes{1}) return say(floor<minutes>(time).count(), "minute");
    return say(std::max<std::int64_t>(time.count(), 0), "second");
}

void count_connections(Transaction& tx, EnvironmentSurvey& of, std::map<std::string, std::string>& environment_of) {
    of.not_connected = connections::count(tx, of.id, ConnectionState::not_connected);
    of.connected = connections::count(tx, of.id, ConnectionState::connected);
    of.disabled = connections::count(tx, of.id, ConnectionState::disabled);
    if (of.kind != EnvironmentKind::upstream) return;  // no token of it is held
    connections::each_id(tx, of.id, [&](const std::string& id) { environment_of.emplace(id, of.id.text); });
}

void count_secrets(Transaction& tx, EnvironmentSurvey& of, EndsSoon& ends_soon, const AgeLimits& limits,
                   UtcSeconds now) {
    std::string connection;  // whose secrets are being counted
    std::int64_t lasting = 0;
    UtcSeconds newest{};  // of those that are not to end
    const auto end_connection = [&] {
        // Two at once are for the days of a hand-over.
        if (lasting > 1 && now - newest > limits.soon) ++of.two_for_long;
        lasting = 0;
        newest = {};
    };
    secrets::each_active(tx, of.id, now, [&](const secrets::Brief& secret) {
        if (secret.connection != connection) {
            end_connection();
            connection = secret.connection;
        }
        ++of.active_secrets;
        if (limits.is_old(secret.created_at, now)) ++of.old_secrets;
        if (!of.oldest_secret || secret.created_at < *of.oldest_secret) of.oldest_secret = secret.created_at;
        if (limits.is_soon(secret.deactivates_at, now)) ++ends_soon.overlaps;
        if (secret.deactivates_at && *secret.deactivates_at - now <= long_view) ++of.ending_in_30_days;
        if (secret.deactivates_at) return;
        ++lasting;
        newest = std::max(newest, secret.created_at);
    });
    end_connection();
}

template <class Rows>
std::int64_t count_soon(const Rows& rows, const AgeLimits& limits, UtcSeconds now) {
    return std::ranges::count_if(rows, [&](const auto& row) { return limits.is_soon(row.expires_at, now); });
}

template <class Member>
std::int64_t sum_of(const std::vector<EnvironmentSurvey>& environments, Member member) {
    return std::accumulate(
        environments.begin(), environments.end(), std::int64_t{0},
        [&](std::int64_t sum, const EnvironmentSurvey& environment) { return sum + environment.*member; });
}

}  // namespace

std::string time_until(UtcSeconds end, UtcSeconds now) { return "in " + in_units(end - now); }

std::string age_of(UtcSeconds then, UtcSeconds now) { return in_units(now - then); }

std::int64_t Survey::old_secrets() const { return sum_of(environments, &EnvironmentSurvey::old_secrets); }

std::int64_t Survey::need_import() const { return sum_of(environments, &EnvironmentSurvey::need_import); }

const EnvironmentSurvey* Survey::find(std::string_view name) const {
    const auto found = std::ranges::find(environments, name, &EnvironmentSurvey::name);
    return found == environments.end() ? nullptr : &*found;
}

Survey survey(Transaction& tx, const AgeLimits& limits, UtcSeconds now) {
    Survey found;
    found.at = now;
    const auto judged = judged_at(tx, now);
    for (const auto& environment : environments::list(tx)) {
        EnvironmentSurvey one;
        one.id = environment.id;
        one.name = environment.name;
        one.kind = environment.kind;
        one.token_endpoint = environment.token_endpoint;
        count_connections(tx, one, found.environment_of);
        count_secrets(tx, one, found.ends_soon, limits, judged);
        one.need_import = static_cast<std::int64_t>(count_stranded(tx, environment));
        found.environments.push_back(std::move(one));
    }
    auto& ends = found.ends_soon;
    ends.bindings = bindings::count_ending(tx, judged, judged + limits.soon);
    ends.roles = count_soon(roles::list(tx), limits, judged);
    ends.pairs = pairs::count_ending(tx, judged, judged + limits.soon);
    ends.client_keys = client_keys::count_ending(tx, judged, judged + limits.soon);
    ends.tickets = std::ranges::count_if(tickets::list(tx), [&](const Ticket& ticket) {
        return ticket.state == TicketState::open && !ticket.is_expired(judged) &&
               ticket.expires_at - judged <= soon_for_a_ticket;
    });
    return found;
}

const Survey& KeptSurvey::of(Transaction& tx, const AgeLimits& limits, UtcSeconds now) {
    const bool holds =
        kept_ && instance_ == tx.instance() && epoch_ == tx.epoch() && now >= kept_->at && now - kept_->at < kept_for;
    if (!holds) {
        kept_ = survey(tx, limits, now);
        instance_ = tx.instance();
        epoch_ = tx.epoch();
    }
    return *kept_;
}

}  // namespace jeton::vault
