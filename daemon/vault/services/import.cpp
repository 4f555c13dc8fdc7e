#include "daemon/vault/services/import.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/url/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/services/access.hpp"
#include "daemon/vault/services/app_tenants.hpp"
#include "daemon/vault/services/client_ids.hpp"
#include "daemon/vault/services/connections.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/services/grounds.hpp"
#include "daemon/vault/services/tenants.hpp"
#include "daemon/vault/store/app_versions.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "libclient/protocol/ascii.hpp"
#include "libclient/protocol/portal_word.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view generated_app_key = "jak.";
constexpr std::array<std::string_view, 2> portal_environments{"integration", "production"};

bool is_of_portal(std::string_view word) {
    return std::ranges::find(portal_environments, word) != portal_environments.end();
}

std::string host_of(const Environment& environment) {
    const auto url = boost::urls::parse_uri(environment.token_endpoint);
    return url ? std::string{url->encoded_host()} : std::string{};
}

/// What the settings call their environment: the portal's own hosts, and what people call its two environments, are as
/// good as its words.
std::string word_of(const ImportRow& row) {
    auto word = protocol::lower_case(row.selector);
    if (const auto known = portal_environment(word); !known.empty()) return std::string{known};
    return protocol::portal_word(std::move(word));
}

/// An environment that is, by its name or its endpoint, the portal's other one (P10).
bool contradicts(const Environment& environment, std::string_view word) {
    if (!is_of_portal(word)) return false;
    const auto by_host = portal_environment(host_of(environment));
    if (!by_host.empty()) return by_host != word;
    return is_of_portal(environment.name) && environment.name != word;
}

bool answers_to(const Environment& environment, std::string_view word) {
    const auto host = host_of(environment);
    return environment.name == word || host == word || portal_environment(host) == word ||
           std::ranges::find(environment.host_aliases, word) != environment.host_aliases.end();
}

Error no_environment(const std::string& word, const std::vector<std::string>& candidates) {
    if (candidates.size() > 1) {
        return refuse(Errc::bad_input,
                      word.empty() ? std::string{"the row does not say of which environment the pair is"}
                                   : fmt::format("several environments answer to {}", shown(word, 80)),
                      fmt::format("say it with --environment: {}", fmt::join(candidates, ", ")));
    }
    if (is_of_portal(word)) {
        return refuse(
            Errc::not_found, fmt::format("there is no upstream environment for {}", word),
            fmt::format("jeton environment create {} --preset servicetitan-{}; or name another one: --environment E",
                        word, word));
    }
    return refuse(Errc::not_found,
                  word.empty() ? std::string{"there is no upstream environment"}
                               : fmt::format("there is no upstream environment for {}", shown(word, 80)),
                  "jeton environment list; jeton environment create --help");
}

/// The one of which the pair is: named by who imports, else what the settings say, else the only one there is.
Result<Environment> environment_of(Transaction& tx, const ImportRow& row) {
    const auto word = word_of(row);
    if (!row.environment.empty()) {
        auto named = find_environment(tx, row.environment);
        if (!named || !contradicts(*named, word)) return named;
        return refuse(Errc::mismatch, fmt::format("the row is of {}, not of {}", word, row.environment),
                      "leave out --environment, or take this row out");
    }
    if (auto named = environments::find(tx, protocol::lower_case(row.selector));
        named && named->kind == EnvironmentKind::upstream && !contradicts(*named, word)) {
        return *std::move(named);
    }
    std::vector<Environment> candidates;
    for (auto& environment : environments::list(tx)) {
        if (environment.kind != EnvironmentKind::upstream) continue;
        if (word.empty() || (answers_to(environment, word) && !contradicts(environment, word)))
            candidates.push_back(std::move(environment));
    }
    if (candidates.size() > 1) {
        const auto same_name = std::ranges::find(candidates, word, &Environment::name);
        if (same_name != candidates.end()) return std::move(*same_name);
    }
    if (candidates.size() == 1) return std::move(candidates.front());
    std::vector<std::string> names;
    names.reserve(candidates.size());
    for (const auto& candidate : candidates) names.push_back(candidate.name);
    return no_environment(word, names);
}

/// A pair belongs to one app, and so does its app key (P10): one of another app is no pair of this one.
Result<void> check_app_key(Transaction& tx, const Standing& standing, const ImportRow& row, ImportPlan& plan) {
    const auto& app = plan.found.app;
    if (row.app_key.empty() || trim(row.app_key) == app.app_key) return {};
    if (app.app_key.starts_with(generated_app_key)) {
        plan.remarks.push_back(
            fmt::format("the app key of {} was made by jeton, the row has another one: programs that take it from the "
                        "token answer need the portal's (jeton app create --app-key-stdin)",
                        app.name));
        return {};
    }
    std::string owner;
    for (const auto& other : apps::list(tx)) {
        if (other.app_key == trim(row.app_key) && standing.sees(other)) owner = other.name;
    }
    return refuse(Errc::mismatch,
                  owner.empty() ? fmt::format("the row's app key is not that of {}", app.name)
                                : fmt::format("the row's app key is that of {}, not of {}", owner, app.name),
                  owner.empty()
                      ? fmt::format("import it for its own app, or correct the app key: jeton app show {}", app.name)
                      : fmt::format("import it with --app {}", owner));
}

/// Where the client ID is known already, by name, for those who may know (P10, S3, S23).
Result<void> check_owner(Transaction& tx, const Standing& standing, const FoundConnection& found,
                         std::string_view client_id) {
    for (auto& other : connections::of_client_id(tx, client_id)) {
        if (other.id == found.connection.id || !standing.sees(other)) continue;
        if (may_share_client_id(found.connection, other)) continue;
        const bool is_same_environment = other.environment == found.environment.id;
        if (!is_same_environment && active_secrets(tx, other).empty()) continue;
        const auto owner = complete(tx, std::move(other)).name();
        if (is_same_environment) {
            return refuse(Errc::already_exists, fmt::format("this client ID is the one of {}", owner),
                          "each tenant needs its own pair: copy this tenant's from the portal, or correct the tenant "
                          "ID of the row; where one pair serves a network of tenants, each row needs a form field that "
                          "tells its tenant from the others (form_field.NAME in a table, ST_FORM_FIELD_NAME in an .env "
                          "file)");
        }
        return refuse(Errc::wrong_state, fmt::format("this client ID is the one of {}, in another environment", owner),
                      "a pair belongs to one environment: copy the one of this environment from the portal");
    }
    return {};
}

/// The usable secret that has this very value.
std::optional<Secret> secret_there(Transaction& tx, const FoundConnection& found, const ImportRow& row) {
    if (found.connection.client_id != trim(row.client_id)) return std::nullopt;
    for (auto& secret : usable_secrets(tx, found)) {
        if (is_value_of(tx, found.environment, secret, trim(row.client_secret))) return std::move(secret);
    }
    return std::nullopt;
}

/// What the connection will send beside its pair. Whether that is a change.
Result<bool> plan_form_fields(const ImportRow& row, ImportPlan& plan) {
    if (!row.form_fields) return false;
    auto fields = checked_form_fields(*row.form_fields);
    if (!fields) return fields.error();
    auto texts = form_field_texts(*fields);
    auto& planned = plan.found.connection.form_fields;
    if (texts == planned) return false;
    planned = std::move(texts);
    plan.steps.push_back(planned.empty() ? std::string{"sends nothing beside the pair any more"}
                                         : fmt::format("sends {} beside the pair", fmt::join(planned, ", ")));
    return true;
}

/// What the row needs beside the secret belongs to operators: tenants, and consent that was given elsewhere.
Result<void> check_may_prepare(const Standing& standing, const FoundConnection& found) {
    if (standing.is_operator()) return {};
    return refuse(Errc::forbidden,
                  fmt::format("{}: Not Connected Yet, and only an operator records that it is", found.name()),
                  fmt::format("ask an operator to import the row, or to record the consent first: jeton access record "
                              "{} --version {} --source portal --note WHY",
                              found.name(), found.app.current_version));
}

/// Fills in what is missing as it will be, and says so.
Result<void> plan_connection(Transaction& tx, const Standing& standing, const ImportRow& row, ImportPlan& plan) {
    auto& found = plan.found;
    auto& connection = found.connection;
    const bool is_new = connection.id.text.empty();
    if (!is_new && connection.state != ConnectionState::not_connected) {
        if (row.version && *row.version != connection.accepted_version) {
            plan.remarks.push_back(
                fmt::format("it accepted version {} before, and keeps it", connection.accepted_version));
        }
        return {};
    }
    if (auto may = check_may_prepare(standing, found); !may) return may.error();
    if (is_new) {
        if (auto room = check_tenant_room(tx, found.app); !room) return room.error();
        connection.id = ConnectionId::fresh();
        connection.app = found.app.id;
        connection.tenant = found.tenant.id;
        connection.environment = found.environment.id;
        plan.lists_tenant = true;
        plan.steps.push_back(fmt::format("lists it on {}", found.app.name));
    }
    const auto number = row.version.value_or(found.app.current_version);
    if (!app_versions::find(tx, found.app.id, number)) {
        return refuse(Errc::wrong_state, fmt::format("{} has no version {}", found.app.name, number),
                      fmt::format("jeton app versions {}", found.app.name));
    }
    connection.state = ConnectionState::connected;
    connection.accepted_version = number;
    plan.records_consent = true;
    plan.steps.push_back(fmt::format("records that version {} was allowed at the portal", number));
    return {};
}

Result<void> plan_tenant(Transaction& tx, const ImportRow& row, ImportPlan& plan) {
    auto& found = plan.found;
    const auto name = parse_tenant_name(fmt::format("{}@{}", row.tenant, found.environment.name));
    if (!name) return name.error();
    if (auto there = tenants::find(tx, found.environment.id, row.tenant)) {
        found.tenant = *std::move(there);
        if (auto connection = connections::find(tx, found.app.id, found.tenant.id)) {
            found.connection = *std::move(connection);
        }
        return {};
    }
    const auto& display_name = row.tenant_name.empty() ? row.tenant : row.tenant_name;
    if (auto text = check_free_text("name", display_name, tenant_name_limit); !text) return text.error();
    found.tenant.id = TenantId::fresh();
    found.tenant.environment = found.environment.id;
    found.tenant.tenant = row.tenant;
    found.tenant.name = display_name;
    plan.creates_tenant = true;
    plan.steps.push_back(fmt::format("creates tenant {}", name->text()));
    return {};
}

/// A pair that is there stays of use only where its connection is.
void remark_state(ImportPlan& plan) {
    const auto& found = plan.found;
    if (found.connection.state == ConnectionState::connected) return;
    const auto refusal = state_refusal(found);
    plan.remarks.push_back(fmt::format("{}; {}", refusal.what, refusal.next));
}

}  // namespace

Result<ImportPlan> plan_import(Transaction& tx, const Standing& standing, const ImportRow& row) {
    if (auto origin = check_free_text("origin", row.origin, origin_limit); !origin) return origin.error();
    auto app = find_app(tx, row.app);
    if (!app) return app.error();
    auto environment = environment_of(tx, row);
    if (!environment) return environment.error();
    ImportPlan plan;
    plan.found.app = *std::move(app);
    plan.found.environment = *std::move(environment);
    if (auto tenant = plan_tenant(tx, row, plan); !tenant) return tenant.error();
    if (auto may = may_configure(standing, plan.found); !may) return may.error();
    if (auto key = check_app_key(tx, standing, row, plan); !key) return key.error();
    plan.secret = secret_there(tx, plan.found, row);
    if (!plan.secret) {
        if (auto ready = plan_connection(tx, standing, row, plan); !ready) return ready.error();
    }
    const auto other_fields = plan_form_fields(row, plan);
    if (!other_fields) return other_fields.error();
    plan.is_there = plan.secret && !*other_fields;
    if (plan.is_there) {
        remark_state(plan);
        return plan;
    }
    if (auto owner = check_owner(tx, standing, plan.found, trim(row.client_id)); !owner) return owner.error();
    if (plan.secret) {
        if (auto connected = check_connected(plan.found); !connected) return connected.error();
        if (auto own = check_client_id(tx, plan.found); !own) return own.error();
    } else if (auto fit = check_pair(tx, plan.found, row.pair()); !fit) {
        return fit.error();
    }
    plan.steps.push_back(fmt::format("tries the pair at {}, then keeps it", host_of(plan.found.environment)));
    return plan;
}

Result<Secret> carry_out(Transaction& tx, const Peer& peer, const ImportPlan& plan, const ImportRow& row,
                         UtcSeconds now) {
    const auto name = plan.found.full_name();
    if (plan.creates_tenant) {
        auto tenant = create_tenant(tx, peer, name.tenant, plan.found.tenant.name, false, now);
        if (!tenant) return tenant.error();
    }
    const auto note = fmt::format("imported from {} by {}", row.origin, peer.name());
    if (plan.lists_tenant) {
        auto listed = add_tenant(tx, peer, name, {}, false, now);
        if (!listed) return listed.error();
    }
    if (plan.records_consent) {
        auto recorded = record_access(tx, peer, name, {plan.found.connection.accepted_version, "portal", note}, now);
        if (!recorded) return recorded.error();
    }
    if (!plan.secret) return import_secret(tx, peer, name, row.pair(), now);
    auto edited = edit_connection(tx, peer, name, {.form_fields = row.form_fields}, now);
    if (!edited) return edited.error();
    return *plan.secret;
}

}  // namespace jeton::vault
