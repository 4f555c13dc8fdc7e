#include "daemon/vault/services/rotation.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace jeton::vault {
namespace {

bool is_in_overlap(const Secret& secret) { return secret.deactivates_at.has_value(); }

Error two_are_active(const FoundConnection& found, const std::vector<Secret>& active) {
    return refuse(
        Errc::wrong_state, "Only two active secrets are allowed at a time, and a rotation would add a third",
        fmt::format("jeton secret deactivate {0} {1}{2}; or end both at once: jeton secret rotate {0} --now",
                    found.name(), active.front().prefix,
                    std::ranges::any_of(active, is_in_overlap)
                        ? fmt::format("; or take the last rotation back: jeton secret rollback {}", found.name())
                        : ""));
}

std::string what_ends(const std::vector<Secret>& replaced, std::chrono::seconds overlap) {
    std::vector<std::string> prefixes;
    prefixes.reserve(replaced.size());
    for (const auto& secret : replaced) prefixes.push_back(secret.prefix);
    if (overlap.count() > 0) {
        return fmt::format("{} until {}", fmt::join(prefixes, ", "), rfc3339(*replaced.back().deactivates_at));
    }
    return prefixes.empty() ? "issued tokens end now"
                            : fmt::format("{} and issued tokens end now", fmt::join(prefixes, ", "));
}

}  // namespace

Result<void> check_rotation(Transaction& tx, const FoundConnection& found, std::chrono::seconds overlap) {
    if (overlap.count() < 0 || overlap > overlap_max) {
        return refuse(Errc::bad_input, "no such overlap", "give 0 to 720 h");
    }
    if (auto here = check_made_here(found, overlap.count() > 0 ? " --overlap 24h" : " --now"); !here)
        return here.error();
    if (auto connected = check_connected(found); !connected) return connected.error();
    if (overlap.count() == 0) return {};
    const auto active = active_secrets(tx, found.connection);
    if (active.size() >= active_secrets_limit) return two_are_active(found, active);
    return {};
}

Result<RotatedSecret> rotate_secret(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                    std::chrono::seconds overlap, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (auto fit = check_rotation(tx, *found, overlap); !fit) return fit.error();
    return add_rotated_secret(tx, peer, *std::move(found), overlap, now);
}

RotatedSecret add_rotated_secret(Transaction& tx, const Peer& peer, FoundConnection found, std::chrono::seconds overlap,
                                 UtcSeconds now, std::string via) {
    auto replaced = active_secrets(tx, found.connection);
    for (auto& secret : replaced) end_secret(tx, secret, overlap);
    if (overlap.count() == 0) {
        ++found.connection.token_generation;
        tx.update(found.connection);
    }
    RotatedSecret rotated{insert_generated_secret(tx, peer, found, now), std::move(replaced)};
    const bool ends_something = !rotated.replaced.empty() || overlap.count() == 0;
    record_secret(tx, peer, found, rotated.fresh.secret,
                  {.name = rotated.replaced.empty() ? "secret.generated" : "secret.rotated",
                   .detail = ends_something ? what_ends(rotated.replaced, overlap) : "",
                   .via = std::move(via)},
                  now);
    return rotated;
}

Result<RolledBack> roll_back_rotation(Transaction& tx, const Peer& peer, const ConnectionName& name, UtcSeconds now) {
    const auto found = find_connection(tx, name);
    if (!found) return found.error();
    if (auto connected = check_connected(*found); !connected) return connected.error();
    auto active = active_secrets(tx, found->connection);
    const auto ending = std::ranges::find_if(active, is_in_overlap);
    if (ending == active.end()) {
        return refuse(Errc::wrong_state,
                      fmt::format("no overlap is running in {}: there is nothing to take back", name.text()),
                      fmt::format("jeton secret list {}; a deactivated secret never comes back, make a new one: jeton "
                                  "secret {} {}",
                                  name.text(), found->environment.kind == EnvironmentKind::local ? "rotate" : "import",
                                  name.text()));
    }
    RolledBack back;
    for (auto& secret : active) {
        if (is_in_overlap(secret)) continue;
        end_secret(tx, secret, {});
        back.deactivated = std::move(secret);
    }
    ending->deactivates_at.reset();
    tx.update(*ending);
    record_secret(tx, peer, *found, *ending,
                  {.name = "secret.rolled_back",
                   .detail = back.deactivated ? back.deactivated->prefix + " ends now" : "its end is taken back"},
                  now);
    back.restored = std::move(*ending);
    return back;
}

}  // namespace jeton::vault
