#include "daemon/vault/services/key_rotation.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/environments.hpp"

namespace jeton::vault {
namespace {

/// Between two looks at the time: well below a millisecond of work.
constexpr std::int64_t rows_at_once = 16;

bool is_moving(const Environment& environment) { return !environment.retiring_data_key.empty(); }

/// What is sealed from now on is under the new key. The caller stores the row.
void begin_rotation(Transaction& tx, Environment& environment) {
    environment.retiring_data_key = std::move(environment.wrapped_data_key);
    ++environment.key_generation;
    environment.wrapped_data_key =
        wrap_data_key(tx.root(), DataKey::generate(), environment.id.text, environment.key_generation);
}

std::string of_generation(const Environment& environment, std::int64_t generation) {
    return fmt::format("data key {} of {}", generation, environment.name);
}

/// The retiring key leaves the row, and with the commit every file.
void end_rotation(Transaction& tx, Environment environment, UtcSeconds now) {
    // The walk has seen them all; but a key that is erased too early cannot be brought back.
    if (environments::rows_under_older_keys(tx, environment) != 0) {
        throw std::logic_error("values of " + environment.name + " were left under a retiring data key");
    }
    const auto retired = environment.key_generation - 1;
    environment.retiring_data_key.clear();
    const bool again = std::exchange(environment.rotation_pending, false);
    if (again) begin_rotation(tx, environment);
    tx.update(environment);
    tx.destroys_key();
    tx.append_audit(audit::own_entry(now, "key.erased", of_generation(environment, retired),
                                     again ? "and the next rotation begins" : ""));
}

}  // namespace

Result<Environment> rotate_data_key(Transaction& tx, const Peer& peer, std::string_view name, UtcSeconds now,
                                    KeyPairs pairs) {
    auto environment = find_environment(tx, name);
    if (!environment) return environment.error();
    if (is_moving(*environment)) {
        return refuse(Errc::wrong_state,
                      fmt::format("the data key of {} was rotated a moment ago: {} values still move to it",
                                  environment->name, values_left(tx, *environment)),
                      "wait until jeton status shows none, then rotate it again if you must");
    }
    begin_rotation(tx, *environment);
    tx.update(*environment);
    std::string detail;
    if (environment->kind == EnvironmentKind::local) {
        const auto algorithm = signing_key_of(tx, *environment).algorithm;
        detail = described(replace_signing_key(tx, *environment, algorithm, pairs, now));
    }
    record(tx, peer,
           {.event = "key.rotated",
            .subject = of_generation(*environment, environment->key_generation),
            .detail = std::move(detail)},
           now);
    return environment;
}

void rotate_or_remember(Transaction& tx, Environment& environment) {
    if (is_moving(environment)) {
        environment.rotation_pending = true;
    } else {
        begin_rotation(tx, environment);
    }
}

std::int64_t values_left(Transaction& tx, const Environment& environment) {
    return is_moving(environment) ? environments::rows_under_older_keys(tx, environment) : 0;
}

bool reseal_slice(Transaction& tx, Resealing& progress, const std::function<bool()>& has_time, UtcSeconds now) {
    const auto all = environments::list(tx);
    const auto environment = std::ranges::find_if(all, is_moving);
    if (environment == all.end()) {
        progress = {};
        return false;
    }
    if (progress.instance != tx.instance() || progress.environment != environment->id ||
        progress.generation != environment->key_generation) {
        progress = {tx.instance(), environment->id, environment->key_generation, {}, {}};
    }
    std::int64_t moved = 0;
    do {
        moved += reseal_next(tx, *environment, progress.walk, rows_at_once);
    } while (!progress.walk.is_at_end() && has_time());
    if (moved > 0) {
        tx.append_audit(audit::own_entry(now, "key.moved", of_generation(*environment, environment->key_generation),
                                         fmt::format("{} values are sealed under it now", moved)));
    }
    if (progress.walk.is_at_end()) end_rotation(tx, *environment, now);
    return true;
}

}  // namespace jeton::vault
