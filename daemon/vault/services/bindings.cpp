#include "daemon/vault/services/bindings.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/services/deadlines.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/faults.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view any_tenant = "/*@";
constexpr std::size_t shown_resource = 100;

Result<Binding> pattern_for(Transaction& tx, std::string_view text) {
    const auto star = text.find(any_tenant);
    const auto app = find_app(tx, text.substr(0, star));
    if (!app) return app.error();
    const auto environment = find_environment(tx, text.substr(star + any_tenant.size()));
    if (!environment) return environment.error();
    Binding binding;
    binding.kind = BindingKind::pattern;
    binding.app = app->id;
    binding.environment = environment->id;
    return binding;
}

/// A limit that nothing could ever meet is not taken.
Result<void> limit(Transaction& tx, Binding& binding, const Environment& environment, const NewBinding& wanted) {
    if (wanted.app) {
        const auto app = find_app(tx, *wanted.app);
        if (!app) return app.error();
        binding.app = app->id;
    }
    if (!wanted.resource) return {};
    if (!has_resource(environment, *wanted.resource)) {
        return refuse(Errc::bad_input,
                      fmt::format("{} has no resource {}", environment.name, shown(*wanted.resource, shown_resource)),
                      fmt::format("jeton environment show {0}; to add it: jeton environment edit {0} --resource URI, "
                                  "with all that there are",
                                  environment.name));
    }
    binding.resource = *wanted.resource;
    return {};
}

Result<Binding> introspection_of(Transaction& tx, const NewBinding& wanted) {
    const auto& name = *wanted.introspect;
    const auto environment = find_environment(tx, name);
    if (!environment) return environment.error();
    if (environment->kind != EnvironmentKind::local) {
        return refuse(Errc::wrong_state, fmt::format("the tokens of {} are issued elsewhere", name),
                      "introspect them at their issuer");
    }
    Binding binding;
    binding.kind = BindingKind::introspection;
    binding.environment = environment->id;
    if (auto limited = limit(tx, binding, *environment, wanted); !limited) return limited.error();
    return binding;
}

/// What the binding is for, found in the store.
Result<Binding> target_in(Transaction& tx, const NewBinding& wanted) {
    if (wanted.introspect.has_value() == wanted.connection.has_value()) {
        return refuse(Errc::bad_input, "a binding is for one connection, one pattern or one environment",
                      "give APP/TENANT@ENVIRONMENT, 'APP/*@ENVIRONMENT' or --introspect ENVIRONMENT");
    }
    if (wanted.introspect) return introspection_of(tx, wanted);
    if (wanted.app || wanted.resource) {
        return refuse(Errc::bad_input, "an app or a resource limits what may be introspected",
                      "give them with --introspect ENVIRONMENT; an app's connections: 'APP/*@ENVIRONMENT'");
    }
    if (wanted.connection->contains(any_tenant)) return pattern_for(tx, *wanted.connection);
    const auto name = parse_connection_name(*wanted.connection);
    if (!name) return name.error();
    const auto found = find_connection(tx, *name);
    if (!found) return found.error();
    Binding binding;
    binding.connection = found->connection.id;
    binding.environment = found->environment.id;
    return binding;
}

bool is_same_target(const Binding& left, const Binding& right) {
    return left.kind == right.kind && left.connection == right.connection && left.app == right.app &&
           left.environment == right.environment && left.resource == right.resource;
}

Result<void> check_options(const NewBinding& wanted, const Binding& binding) {
    if (auto identity = check_identity(wanted.identity); !identity) return identity.error();
    if (wanted.is_default && binding.kind != BindingKind::connection) {
        return refuse(Errc::bad_input, "a default is one connection, never a pattern",
                      "bind the one that is meant: jeton binding add APP/TENANT@ENVIRONMENT --default …");
    }
    if (wanted.allow_container && wanted.identity.uid < 0) {
        return refuse(Errc::bad_input, "of a process in a container only the user is known",
                      "name the user too: --user U --allow-container");
    }
    return {};
}

/// Those among which one for the same target, or another default, would stand: not all that a user has.
std::vector<Binding> rivals_of(Transaction& tx, const Binding& binding) {
    auto rivals = binding.kind == BindingKind::connection ? bindings::of_connection(tx, binding.connection)
                  : binding.kind == BindingKind::pattern  ? bindings::of_app(tx, binding.app)
                                                          : bindings::introspectors(tx, binding.environment);
    if (binding.is_default)
        std::ranges::move(bindings::default_candidates(tx, binding.uid), std::back_inserter(rivals));
    return rivals;
}

Result<void> check_others(Transaction& tx, const Binding& binding, UtcSeconds now) {
    for (const auto& other : rivals_of(tx, binding)) {
        if (!other.is_same_as(binding) || other.is_expired(now)) continue;
        if (is_same_target(other, binding)) {
            return refuse(Errc::already_exists,
                          fmt::format("{} is bound to {} already", described(binding), target_of(tx, binding)),
                          fmt::format("jeton binding list; to change it: jeton binding remove {}", other.id.brief()));
        }
        if (binding.is_default && other.is_default && other.environment == binding.environment) {
            return refuse(Errc::wrong_state,
                          fmt::format("{} has a default there already: {}", described(binding), target_of(tx, other)),
                          fmt::format("jeton binding remove {}; programs can always name one: connection={}",
                                      other.id.brief(), target_of(tx, binding)));
        }
    }
    return {};
}

/// Connection and tenant stand in the entry where it is about one.
Change about(Transaction& tx, const Binding& binding, std::string event) {
    const auto target = target_of(tx, binding);
    Change change{.event = std::move(event),
                  .subject = described(binding),
                  .detail = fmt::format("{} {}", name_of(binding.kind), target)};
    if (const auto name = parse_connection_name(target); binding.kind == BindingKind::connection && name) {
        change.connection = name->text();
        change.tenant = name->tenant.text();
    }
    return change;
}

}  // namespace

Result<Binding> add_binding(Transaction& tx, const Peer& peer, const NewBinding& wanted, UtcSeconds now) {
    auto binding = target_in(tx, wanted);
    if (!binding) return binding.error();
    if (auto options = check_options(wanted, *binding); !options) return options.error();
    static_cast<Identity&>(*binding) = wanted.identity;
    binding->id = BindingId::fresh();
    binding->is_default = wanted.is_default;
    binding->allow_container = wanted.allow_container;
    if (wanted.life) binding->expires_at = end_after(tx, now, *wanted.life);
    binding->created_at = now;
    if (auto others = check_others(tx, *binding, judged_at(tx, now)); !others) return others.error();
    tx.insert(*binding);
    record(tx, peer, about(tx, *binding, "binding.added"), now);
    return binding;
}

Result<Binding> remove_binding(Transaction& tx, const Peer& peer, std::string_view id, UtcSeconds now) {
    std::vector<Binding> matching;
    if (id.size() >= BindingId::brief_size) matching = bindings::beginning_with(tx, id);
    if (matching.size() != 1) {
        return refuse(
            Errc::not_found,
            fmt::format("{} binding begins with {}", matching.empty() ? "no" : "more than one", shown(id, 40)),
            "jeton binding list; at least eight characters of the ID");
    }
    auto entry = about(tx, matching.front(), "binding.removed");
    tx.erase(matching.front());
    record(tx, peer, std::move(entry), now);
    return std::move(matching.front());
}

std::vector<std::string> lacks(const Binding& binding, const Peer& peer, UtcSeconds now) {
    auto missing = lacks(static_cast<const Identity&>(binding), peer);
    if (peer.foreign && !binding.allow_container) {
        missing.emplace_back(
            "it runs in another PID namespace (a container), and the binding has no --allow-container");
    }
    if (binding.is_expired(now))
        missing.push_back(fmt::format("the binding ended at {}", rfc3339(*binding.expires_at)));
    return missing;
}

std::vector<Binding> bindings_of(Transaction& tx, const Peer& peer, UtcSeconds now) {
    auto holding = bindings::candidates(tx, peer.uid);
    std::erase_if(holding,
                  [&, at = judged_at(tx, now)](const Binding& binding) { return !lacks(binding, peer, at).empty(); });
    return holding;
}

bool is_for(const Binding& binding, const Connection& connection) {
    switch (binding.kind) {
        case BindingKind::connection: return binding.connection == connection.id;
        case BindingKind::pattern:
            return binding.app == connection.app && binding.environment == connection.environment;
        case BindingKind::introspection: break;
    }
    return false;
}

std::string target_of(Transaction& tx, const Binding& binding) {
    if (binding.kind == BindingKind::connection) return connection_with(tx, binding.connection).name();
    const auto environment = environments::get(tx, binding.environment);
    if (!environment) throw Tampered("environments", binding.environment.text);
    std::string app_name;
    if (!binding.app.text.empty()) {
        const auto app = apps::get(tx, binding.app);
        if (!app) throw Tampered("apps", binding.app.text);
        app_name = app->name;
    }
    if (binding.kind == BindingKind::pattern) return fmt::format("{}{}{}", app_name, any_tenant, environment->name);
    return fmt::format("{}{}{}", environment->name, app_name.empty() ? "" : " of app " + app_name,
                       binding.resource.empty() ? "" : " for " + binding.resource);
}

}  // namespace jeton::vault
