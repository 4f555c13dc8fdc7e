#include "daemon/vault/services/comparison.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/roles.hpp"
#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/key_slots.hpp"
#include "daemon/vault/store/pairs.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/scopes.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "daemon/vault/store/tables.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "daemon/vault/store/tickets.hpp"

namespace jeton::vault {
namespace {

/// One of both stores, with the names of what others point to.
struct Side {
    Transaction& tx;
    std::map<std::string, std::string> connections;  ///< by id

    explicit Side(Transaction& transaction) : tx(transaction) {
        std::map<std::string, std::string> app_names;
        std::map<std::string, std::string> tenant_names;
        std::map<std::string, std::string> environment_names;
        for (const auto& app : apps::list(tx)) app_names.emplace(app.id.text, app.name);
        for (const auto& one : environments::list(tx)) environment_names.emplace(one.id.text, one.name);
        for (const auto& tenant : tenants::list(tx)) {
            tenant_names.emplace(tenant.id.text, tenant.tenant + "@" + environment_names[tenant.environment.text]);
        }
        for (const auto& connection : vault::connections::list(tx)) {
            connections.emplace(connection.id.text,
                                app_names[connection.app.text] + "/" + tenant_names[connection.tenant.text]);
        }
    }

    [[nodiscard]] std::string connection(const ConnectionId& id) const {
        const auto found = connections.find(id.text);
        return found == connections.end() ? id.brief() : found->second;
    }
};

class Comparing {
public:
    Comparing(Transaction& present, Transaction& backup, UtcSeconds now)
        : present_(present), backup_(backup), now_(now) {}

    std::vector<Difference> all() && {
        compare_places();
        compare_connections();
        compare_credentials();
        compare_people();
        compare_store();
        std::ranges::move(lost_, std::back_inserter(revived_));
        return std::move(revived_);
    }

private:
    void revived(std::string kind, std::string name, std::string detail) {
        revived_.push_back({Effect::revived, std::move(kind), std::move(name), std::move(detail)});
    }
    void lost(std::string kind, std::string name, std::string detail) {
        lost_.push_back({Effect::lost, std::move(kind), std::move(name), std::move(detail)});
    }

    /// Calls `visit` with each row that stands in one of both stores: in the present one, in the backup, or in both.
    template <class Row, class Visit>
    static void match(const std::vector<Row>& present, const std::vector<Row>& backup, Visit visit) {
        std::map<std::string_view, const Row*> then;
        for (const auto& row : backup) then.emplace(row.id.text, &row);
        for (const auto& row : present) {
            const auto found = then.find(row.id.text);
            visit(&row, found == then.end() ? nullptr : found->second);
            if (found != then.end()) then.erase(found);
        }
        for (const auto& row : backup) {
            if (then.contains(row.id.text)) visit(static_cast<const Row*>(nullptr), &row);
        }
    }

    /// The plain case: whatever is there holds, and what differs was changed.
    template <class Row, class Name>
    void match_plain(const std::string& kind, const std::vector<Row>& present, const std::vector<Row>& backup,
                     Name name) {
        match(present, backup, [&](const Row* is, const Row* was) {
            if (is == nullptr) {
                revived(kind, name(backup_, *was), "deleted since");
            } else if (was == nullptr) {
                lost(kind, name(present_, *is), "made since");
            } else if (to_record(*is) != to_record(*was)) {
                lost(kind, name(present_, *is), "changed since");
            }
        });
    }

    void compare_places();
    void compare_connections();
    void compare_connection(const Connection& is, const Connection& was);
    void compare_credentials();
    void compare_secret(const Secret* is, const Secret* was);
    void compare_people();
    void compare_store();

    template <class Row>
    [[nodiscard]] bool holds(const Row* row) const {
        if constexpr (std::same_as<Row, Secret>) {
            return row != nullptr && row->is_active(now_);
        } else if constexpr (std::same_as<Row, Pair>) {
            return row != nullptr && !row->revoked && !row->is_expired(now_);
        } else {
            return row != nullptr && !row->is_expired(now_);
        }
    }
    /// Of what may end: the two cases that matter.
    template <class Row, class Name>
    void match_ending(const std::string& kind, const std::vector<Row>& present, const std::vector<Row>& backup,
                      std::string_view how_it_ended, Name name) {
        match(present, backup, [&](const Row* is, const Row* was) {
            if (holds(was) && !holds(is)) {
                revived(kind, name(backup_, *was), is == nullptr ? "removed since" : std::string{how_it_ended});
            } else if (holds(is) && !holds(was)) {
                lost(kind, name(present_, *is), was == nullptr ? "made since" : "given another end since");
            } else if (holds(is) && is->expires_at != was->expires_at) {
                const bool longer = !was->expires_at || (is->expires_at && *was->expires_at > *is->expires_at);
                if (longer) revived(kind, name(backup_, *was), "its end was moved forward since");
                if (!longer) lost(kind, name(present_, *is), "prolonged since");
            }
        });
    }

    Side present_;
    Side backup_;
    UtcSeconds now_;
    std::vector<Difference> revived_;
    std::vector<Difference> lost_;
};

template <class Row>
std::string own_name(const Side&, const Row& row) {
    return row.name;
}

void Comparing::compare_places() {
    const auto is = environments::list(present_.tx);
    const auto was = environments::list(backup_.tx);
    match_plain("environment", is, was, own_name<Environment>);
    match(is, was, [&](const Environment* now, const Environment* then) {
        if (now == nullptr || then == nullptr || now->key_generation == then->key_generation) return;
        revived("data key", now->name,
                fmt::format("generation {} again; {} now", then->key_generation, now->key_generation));
    });
    const auto signing = [](Side& side) {
        std::vector<SigningKey> keys;
        for (const auto& environment : environments::list(side.tx)) {
            for (auto& key : signing_keys::of(side.tx, environment.id)) keys.push_back(std::move(key));
        }
        return keys;
    };
    match(signing(present_), signing(backup_), [&](const SigningKey* now, const SigningKey* then) {
        // Who has the private half may sign; a public one that is put back for a while lets nobody in.
        const bool signed_then = then != nullptr && then->signs();
        if (signed_then && now == nullptr) revived("signing key", then->kid, "removed since");
        if (signed_then && now != nullptr && !now->signs()) revived("signing key", then->kid, "replaced since");
        if (then == nullptr) lost("signing key", now->kid, "made since");
    });
    match_plain("scope", scopes::list(present_.tx), scopes::list(backup_.tx), own_name<OwnScope>);
    match_plain("tenant", tenants::list(present_.tx), tenants::list(backup_.tx),
                [](const Side& side, const Tenant& tenant) { return name_of(side.tx, tenant).text(); });
    match_plain("app", apps::list(present_.tx), apps::list(backup_.tx), own_name<App>);
    const auto versions = [](Side& side) {
        std::vector<AppVersion> all;
        for (const auto& app : apps::list(side.tx)) {
            for (auto& version : app_versions::of(side.tx, app.id)) all.push_back(std::move(version));
        }
        return all;
    };
    match_plain("version", versions(present_), versions(backup_), [](const Side& side, const AppVersion& version) {
        const auto app = apps::get(side.tx, version.app);
        return fmt::format("{} of {}", version.number, app ? app->name : version.app.brief());
    });
}

std::string state_then_and_now(ConnectionState then, const Connection* now) {
    return fmt::format("{} again; {} now", name_of(then), now == nullptr ? "gone" : name_of(now->state));
}

void Comparing::compare_connections() {
    match(connections::list(present_.tx), connections::list(backup_.tx),
          [&](const Connection* is, const Connection* was) {
              if (was == nullptr) {
                  lost("connection", present_.connection(is->id),
                       fmt::format("gone again; {} now", name_of(is->state)));
              } else if (is == nullptr) {
                  revived("connection", backup_.connection(was->id), state_then_and_now(was->state, nullptr));
              } else {
                  compare_connection(*is, *was);
              }
          });
}

void Comparing::compare_connection(const Connection& is, const Connection& was) {
    const auto name = present_.connection(is.id);
    const auto detail = state_then_and_now(was.state, &is);
    if (was.state == ConnectionState::connected && is.state != ConnectionState::connected) {
        revived("connection", name, detail);
        return;
    }
    if (is.state != was.state) {
        lost("connection", name, detail);
        return;
    }
    if (is.accepted_version != was.accepted_version) {
        const auto versions = fmt::format("version {} again; {} now", was.accepted_version, is.accepted_version);
        // Scopes that the version of now took away are granted again.
        if (was.accepted_version > 0) revived("consent", name, versions);
        if (was.accepted_version == 0) lost("consent", name, versions);
        return;
    }
    auto same_generation = is;
    same_generation.token_generation = was.token_generation;
    if (to_record(same_generation) != to_record(was)) lost("connection", name, "changed since");
}

void Comparing::compare_secret(const Secret* is, const Secret* was) {
    const auto named = [](const Side& side, const Secret& secret) {
        return fmt::format("{} of {}", secret.prefix, side.connection(secret.connection));
    };
    if (holds(was) && !holds(is)) {
        revived("secret", named(backup_, *was), is == nullptr ? "deleted since" : "deactivated since");
    } else if (holds(is) && !holds(was)) {
        lost("secret", named(present_, *is), was == nullptr ? "made since" : "activated since");
    } else if (holds(is) && is->deactivates_at != was->deactivates_at) {
        const bool longer = !was->deactivates_at || (is->deactivates_at && *was->deactivates_at > *is->deactivates_at);
        if (longer) revived("secret", named(backup_, *was), "given an end since");
        if (!longer) lost("secret", named(present_, *is), "its end was moved since");
    }
}

void Comparing::compare_credentials() {
    const auto all_secrets = [](Side& side) {
        std::vector<Secret> all;
        for (const auto& [id, name] : side.connections) {
            for (auto& secret : secrets::of(side.tx, ConnectionId{id})) all.push_back(std::move(secret));
        }
        return all;
    };
    match(all_secrets(present_), all_secrets(backup_),
          [&](const Secret* is, const Secret* was) { compare_secret(is, was); });
    match_ending("pair", pairs::list(present_.tx), pairs::list(backup_.tx), "revoked or expired since",
                 [](const Side& side, const Pair& pair) {
                     return fmt::format("{} of {} for {}", pair.client_id, side.connection(pair.connection),
                                        described(pair));
                 });
    for (const auto& ticket : tickets::list(present_.tx)) {
        if (ticket.state != TicketState::open || ticket.is_expired(now_)) continue;
        lost("ticket", fmt::format("of {} for {}", present_.connection(ticket.connection), ticket.user),
             "tickets are in no backup");
    }
}

void Comparing::compare_people() {
    match_ending("binding", bindings::list(present_.tx), bindings::list(backup_.tx), "expired since",
                 [](const Side& side, const Binding& binding) {
                     return fmt::format("{}{} for {}", binding.kind == BindingKind::introspection ? "introspect " : "",
                                        target_of(side.tx, binding), described(binding));
                 });
    match_ending("role", roles::list(present_.tx), roles::list(backup_.tx), "expired since",
                 [](const Side& side, const RoleGrant& grant) {
                     const auto place = place_of(side.tx, grant);
                     return fmt::format("{}{}{} for {}", name_of(grant.role), place.empty() ? "" : " ", place,
                                        described(grant));
                 });
}

void Comparing::compare_store() {
    auto is = key_slots::list(present_.tx);
    auto was = key_slots::list(backup_.tx);
    // Those of the host are no part of a backup and are seen to by the restore itself.
    std::erase_if(is, [](const KeySlot& slot) { return !slot.is_portable(); });
    match(is, was, [&](const KeySlot* now, const KeySlot* then) {
        if (now == nullptr) revived("key slot", then->label, "removed since");
        if (then == nullptr) lost("key slot", now->label, "added since");
    });
    const auto head = audit::signed_head(present_.tx);
    const auto old_head = audit::signed_head(backup_.tx);
    if (head.hash == old_head.hash) return;
    auto which = fmt::format("all entries up to {}", head.sequence);
    if (head.sequence == old_head.sequence + 1) which = fmt::format("entry {}", head.sequence);
    if (head.sequence > old_head.sequence + 1)
        which = fmt::format("entries {} to {}", old_head.sequence + 1, head.sequence);
    lost("audit", std::move(which), "kept in the old database file only");
}

}  // namespace

std::string_view name_of(Effect effect) {
    switch (effect) {
        case Effect::revived: return "revived";
        case Effect::lost: return "lost";
    }
    return {};
}

std::vector<Difference> compare(Transaction& present, Transaction& backup, UtcSeconds now) {
    return Comparing{present, backup, now}.all();
}

}  // namespace jeton::vault
