#include "tests/proof/model.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace jeton::proof {
namespace {

constexpr std::string_view done = "done";

std::string tenant_text(std::size_t tenant, std::size_t environment) {
    return fmt::format("{}@{}", tenants[tenant], environments[environment]);
}

std::size_t admin_in(const Step& step) { return step.n % 2 == 0 ? tina : tom; }
std::size_t worker_in(const Step& step) { return step.n % 2 == 0 ? wanda : will; }
Model::ConnectionKey key_in(const Step& step) { return {step.app, step.tenant, step.environment}; }
Model::TenantKey tenant_in(const Step& step) { return {step.tenant, step.environment}; }
bool is_on_behalf(const Step& step) { return step.who == root ? step.flag : step.n % 7 == 6; }
bool names_scope(const Step& step) { return step.n % 6 == 5; }
bool is_garbled(const Step& step) { return step.n % 11 == 10; }
std::string_view scope_in(const Step& step) { return scopes[step.n % scopes.size()]; }

template <class T>
T* one_of(std::vector<T>& all, std::size_t n) {
    return all.empty() ? nullptr : &all[n % all.size()];
}
template <class T>
const T* one_of(const std::vector<T>& all, std::size_t n) {
    return all.empty() ? nullptr : &all[n % all.size()];
}

std::string text_in(const Answer* answer, std::string_view member) {
    if (answer == nullptr || !answer->done.is_object()) return {};
    const auto* value = answer->done.get_object().if_contains(json::string_view{member.data(), member.size()});
    return value == nullptr || !value->is_string() ? std::string{} : std::string{value->get_string()};
}

}  // namespace

std::string Model::name_of(const ConnectionKey& key) {
    const auto [app, tenant, environment] = key;
    return fmt::format("{}/{}", apps[app], tenant_text(tenant, environment));
}

// What is asked, as programs and people would.

Question Model::question(const Step& step) const {
    Question asked{people[step.who], {}, {}};
    auto& body = asked.body;
    const auto about_app = [&] { body["app"] = apps[step.app]; };
    const auto about_connection = [&] {
        about_app();
        body["tenant"] = tenant_text(step.tenant, step.environment);
    };
    const auto for_user = [&](std::size_t who) {
        body["user"] = people[who].name;
        body["user_id"] = people[who].uid;
        if (step.seconds > 0) body["expires_in"] = step.seconds;
    };
    const auto with_grounds = [&] {
        if (is_on_behalf(step)) body["on_behalf_of"] = "the tenant";
        body["reason"] = "because";
    };
    const auto with_role = [&] {
        body["role"] = "tenant-admin";
        body["tenant"] = tenant_text(step.tenant, step.environment);
        body["user"] = people[admin_in(step)].name;
        body["user_id"] = people[admin_in(step)].uid;
    };
    const auto as_client = [&](std::string id, std::string secret) {
        if (is_garbled(step) && !secret.empty()) secret.back() = secret.back() == 'x' ? 'y' : 'x';
        return json::object{{"method", "post"}, {"client_id", std::move(id)}, {"client_secret", std::move(secret)}};
    };
    const auto in_path = [&] {
        if (step.flag) body["environment"] = environments[step.environment];
    };
    switch (step.act) {
        case Act::create_environment:
            asked.verb = "environment.create";
            body = {{"environment", environments[step.environment]}, {"kind", "local"}};
            break;
        case Act::delete_environment:
            asked.verb = "environment.delete";
            body = {{"environment", environments[step.environment]}};
            break;
        case Act::create_tenant:
            asked.verb = "tenant.create";
            body = {{"tenant", tenant_text(step.tenant, step.environment)}, {"name", "Customer"}};
            break;
        case Act::create_app:
            asked.verb = "app.create";
            about_app();
            body["organization"] = "Example Ltd";
            body["homepage"] = "https://example.com/";
            body["credentials"] = step.flag ? "developer" : "tenant";
            body["scopes"] = {scope_in(step), scopes[(step.n + 1) % scopes.size()]};
            break;
        case Act::delete_app:
            asked.verb = "app.delete";
            about_app();
            break;
        case Act::edit_app:
            asked.verb = "app.edit";
            about_app();
            body["credentials"] = step.flag ? "developer" : "tenant";
            break;
        case Act::publish:
            asked.verb = "app.publish";
            about_app();
            body[step.flag ? "add" : "remove"] = json::array{scope_in(step)};
            break;
        case Act::add_tenant:
            asked.verb = "app.tenant.add";
            about_connection();
            break;
        case Act::remove_tenant:
            asked.verb = "app.tenant.remove";
            about_connection();
            break;
        case Act::allow: {
            asked.verb = "access.allow";
            about_connection();
            with_grounds();
            const auto app = known_apps.find(step.app);
            const auto current = app == known_apps.end() ? 1 : app->second.versions.size();
            body["version"] = step.n % 5 == 4 ? current + 1 : current;
            break;
        }
        case Act::decline:
            asked.verb = "access.decline";
            about_connection();
            with_grounds();
            break;
        case Act::disable:
        case Act::enable:
            asked.verb = step.act == Act::disable ? "access.disable" : "access.enable";
            about_connection();
            with_grounds();
            break;
        case Act::generate:
            asked.verb = "secret.generate";
            about_connection();
            break;
        case Act::rotate:
            asked.verb = "secret.rotate";
            about_connection();
            body["overlap"] = step.seconds;
            break;
        case Act::roll_back:
            asked.verb = "secret.rollback";
            about_connection();
            break;
        case Act::deactivate: {
            asked.verb = "secret.deactivate";
            about_connection();
            const auto* one = shown_for(step);
            body["prefix"] = one == nullptr ? "jcs.none" : one->value.substr(0, 8);
            break;
        }
        case Act::create_pair:
            asked.verb = "pair.create";
            about_connection();
            for_user(worker_in(step));
            break;
        case Act::revoke_pair: {
            asked.verb = "pair.revoke";
            const auto* pair = one_of(pairs, step.n);
            body["client_id"] = pair == nullptr ? "jid.none" : pair->client_id;
            break;
        }
        case Act::bind:
            asked.verb = "binding.add";
            body["connection"] = name_of(key_in(step));
            for_user(worker_in(step));
            body["default"] = step.flag;
            break;
        case Act::bind_pattern:
            asked.verb = "binding.add";
            body["connection"] = fmt::format("{}/*@{}", apps[step.app], environments[step.environment]);
            for_user(worker_in(step));
            break;
        case Act::bind_introspector:
            asked.verb = "binding.add";
            body["introspect"] = environments[step.environment];
            for_user(iris);
            break;
        case Act::unbind: {
            asked.verb = "binding.remove";
            const auto* binding = one_of(bindings, step.n);
            body["binding"] = binding == nullptr || binding->id.empty() ? "00000000" : binding->id;
            break;
        }
        case Act::grant:
            asked.verb = "role.grant";
            with_role();
            if (step.seconds > 0) body["expires_in"] = step.seconds;
            break;
        case Act::ungrant:
            asked.verb = "role.revoke";
            with_role();
            break;
        case Act::ask_by_secret: {
            asked.verb = "token.issue";
            const auto* one = one_of(shown, step.n);
            body["auth"] =
                as_client(one == nullptr ? "jid.none" : one->client_id, one == nullptr ? "none" : one->value);
            in_path();
            if (names_scope(step)) body["scope"] = scope_in(step);
            break;
        }
        case Act::ask_by_pair: {
            asked.verb = "token.issue";
            const auto* pair = one_of(pairs, step.n);
            const bool known = pair != nullptr && !pair->value.empty();
            body["auth"] = as_client(known ? pair->client_id : "jid.none", known ? pair->value : "none");
            break;
        }
        case Act::ask_by_binding:
            asked.verb = "token.issue";
            body["auth"] = {{"method", "peer"}};
            if (step.flag) body["connection"] = name_of(key_in(step));
            if (!step.flag && step.n % 2 == 0) body["environment"] = environments[step.environment];
            break;
        case Act::revoke_token: {
            asked.verb = "token.revoke";
            const auto* one = one_of(shown, step.n);
            const auto* token = one_of(tokens, step.n / 7);
            body["token"] = token == nullptr ? "none" : token->text;
            body["client"] = {{"auth", as_client(one == nullptr ? "jid.none" : one->client_id,
                                                 one == nullptr ? "none" : one->value)}};
            break;
        }
        case Act::revoke_all:
            asked.verb = "token.revoke_all";
            about_connection();
            break;
        case Act::rotate_key:
        case Act::wait:
        case Act::turn_clock:
        case Act::restart:
        case Act::kill: break;
    }
    return asked;
}

// Who may, and what is theirs to see (docs/roles.md): what is not answers like what does not exist (S27).

bool Model::administers(std::size_t who, const TenantKey& tenant) const {
    const auto grant = admins_.find({who, tenant});
    return grant != admins_.end() && !passed(grant->second);
}

bool Model::is_admin_of_any(std::size_t who) const {
    return std::ranges::any_of(admins_,
                               [&](const auto& grant) { return grant.first.first == who && !passed(grant.second); });
}

bool Model::sees_app(std::size_t who, std::size_t app) const {
    const auto known = known_apps.find(app);
    return known != known_apps.end() && (who == root || known->second.developers.contains(who));
}

std::string Model::refused_by_role(std::size_t who, Role role) const {
    const bool is_developer = who == dora || who == dan;
    bool may = who == root;
    if (role == Role::developers || role == Role::configurers) may = may || is_developer;
    if (role == Role::tenant_admins || role == Role::configurers) may = may || is_admin_of_any(who);
    return may ? "" : "forbidden";
}

std::string Model::refused_about_app(const Step& step) const {
    if (auto refused = refused_by_role(step.who, Role::developers); !refused.empty()) return refused;
    return sees_app(step.who, step.app) ? "" : "not_found";
}

std::string Model::refused_about_connection(const Step& step, Role role, std::set<State> states) const {
    if (auto refused = refused_by_role(step.who, role); !refused.empty()) return refused;
    const auto found = connections.find(key_in(step));
    if (found == connections.end()) return "not_found";
    const bool develops = sees_app(step.who, step.app);
    const bool administers_it = administers(step.who, tenant_in(step));
    const bool by_developer = role == Role::developers || role == Role::configurers;
    const bool by_admin = role == Role::tenant_admins || role == Role::configurers;
    const bool is_theirs = step.who == root || (by_developer && develops) || (by_admin && administers_it);
    if (!is_theirs) return develops || administers_it ? "forbidden" : "not_found";
    return states.contains(found->second.state) ? "" : "wrong_state";
}

/// S5, S13, S35: the one side that the app names configures its credentials.
std::string Model::refused_to_configure(const Step& step) const {
    if (step.who == root) return "";
    if (!known_apps.at(step.app).developer_configures) return administers(step.who, tenant_in(step)) ? "" : "forbidden";
    return sees_app(step.who, step.app) && step.environment == 0 ? "" : "forbidden";
}

// Secrets and tokens.

const Model::Shown* Model::shown_for(const Step& step) const {
    std::vector<const Shown*> of_it;
    for (const auto& one : shown) {
        if (one.of == key_in(step)) of_it.push_back(&one);
    }
    return of_it.empty() ? nullptr : of_it[step.n % of_it.size()];
}

const Model::Secret* Model::secret_of(const Shown& presented) const {
    const auto found = connections.find(presented.of);
    if (found == connections.end() || found->second.client_id != presented.client_id) return nullptr;
    const auto& all = found->second.secrets;
    const auto secret = std::ranges::find(all, presented.value, &Secret::value);
    return secret == all.end() ? nullptr : &*secret;
}

std::size_t Model::count_active(const Connection& connection) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(connection.secrets, [&](const Secret& secret) { return is_active(secret); }));
}

void Model::add_secret(const ConnectionKey& key, const Answer* answer) {
    auto& connection = connections.at(key);
    const auto value = text_in(answer, "client_secret");
    connection.secrets.push_back({value, false, std::nullopt});
    if (!value.empty()) shown.push_back({key, text_in(answer, "client_id"), value});
}

std::string Model::scope_of(const ConnectionKey& key) const {
    const auto& versions = known_apps.at(std::get<0>(key)).versions;
    const auto version = rules_.upgrade_needs_allow ? connections.at(key).version : versions.size();
    return fmt::format("{}", fmt::join(versions.at(version - 1), " "));
}

/// Who the caller is: a client that is known by now, or why not (RFC 6749 §5.2; S1, S3, S4).
std::string Model::client_of(const Step& step, ConnectionKey& of) const {
    constexpr auto wrong = "invalid_client";
    const bool names_path =
        step.act == Act::ask_by_binding ? !step.flag && step.n % 2 == 0 : step.act == Act::ask_by_secret && step.flag;
    if (names_path && !environments_.contains(step.environment)) return wrong;  // nobody learns which there are
    const auto elsewhere = [&] { return names_path && std::get<2>(of) != step.environment; };
    if (step.act == Act::ask_by_secret || step.act == Act::revoke_token) {
        const auto* one = one_of(shown, step.n);
        const auto* secret = one == nullptr || is_garbled(step) ? nullptr : secret_of(*one);
        if (secret == nullptr) return wrong;
        of = one->of;
        return is_active(*secret) && !elsewhere() ? "" : wrong;
    }
    if (step.act == Act::ask_by_pair) {
        const auto* pair = one_of(pairs, step.n);
        if (pair == nullptr || pair->value.empty() || is_garbled(step)) return wrong;
        of = pair->of;
        return pair->worker == step.who && !pair->revoked && !passed(pair->ends) ? "" : wrong;
    }
    std::vector<ConnectionKey> defaults;
    bool any = false;
    for (const auto& binding : bindings) {
        if (binding.kind == Binding::Kind::introspection || binding.who != step.who || passed(binding.ends)) continue;
        const auto [app, tenant, environment] = binding.of;
        if (step.flag) {
            const bool fits = binding.kind == Binding::Kind::connection
                                  ? binding.of == key_in(step)
                                  : app == step.app && environment == step.environment;
            any = any || (fits && connections.contains(key_in(step)));
        } else if (!names_path || environment == step.environment) {
            any = true;
            if (binding.is_default) defaults.push_back(binding.of);
        }
    }
    if (!any) return wrong;
    if (!step.flag && defaults.size() != 1) return "invalid_request";
    of = step.flag ? key_in(step) : defaults.front();
    return "";
}

std::string Model::ungranted(const ConnectionKey& key, const Step& step) const {
    if (connections.at(key).state != State::connected &&
        (rules_.pause_stops_tokens || connections.at(key).state == State::not_connected))
        return "unauthorized_client";
    if (step.act != Act::ask_by_secret || !names_scope(step)) return "";
    return scope_of(key).find(scope_in(step)) == std::string::npos ? "invalid_scope" : "";
}

std::string Model::granted_to(const ConnectionKey& key, const Step& step) const {
    return step.act == Act::ask_by_secret && names_scope(step) ? std::string{scope_in(step)} : scope_of(key);
}

std::string Model::token_word(const Step& step) const {
    ConnectionKey of;
    auto refused = client_of(step, of);
    if (refused.empty()) refused = ungranted(of, step);
    return refused.empty() ? std::string{done} : refused;
}

bool Model::is_active(const Token& token, std::size_t environment) const {
    const auto found = connections.find(token.of);
    if (std::get<2>(token.of) != environment || found == connections.end()) return false;
    const auto& connection = found->second;
    const auto index = static_cast<std::size_t>(&token - tokens.data());
    return connection.client_id == token.client_id && connection.state == State::connected &&
           index >= connection.void_before && !connection.revoked.contains(index) && wall_ < token.wall_end &&
           judged() < token.end;
}

void Model::erase(const ConnectionKey& key) {
    std::erase_if(pairs, [&](const Pair& pair) { return pair.of == key; });
    std::erase_if(bindings, [&](const Binding& binding) {
        return binding.kind == Binding::Kind::connection && binding.of == key;
    });
    connections.erase(key);
}

Model::Verdict Model::add_binding(const Step& step, Binding binding, std::string refusal) {
    if (auto refused = refused_by_role(step.who, Role::operators); !refused.empty()) return {refused};
    if (!refusal.empty()) return {std::move(refusal)};
    for (const auto& other : bindings) {
        if (other.who != binding.who || passed(other.ends)) continue;
        if (other.kind == binding.kind && other.of == binding.of) return {"already_exists"};
    }
    for (const auto& other : bindings) {
        if (other.who != binding.who || passed(other.ends) || !other.is_default || !binding.is_default) continue;
        if (std::get<2>(other.of) == std::get<2>(binding.of)) return {"wrong_state"};
    }
    binding.ends = after(step.seconds);
    return {std::string{done}, [this, binding](const Answer* answer) {
                bindings.push_back(binding);
                bindings.back().id = text_in(answer, "id");
            }};
}

// What becomes of each step.

Model::Verdict Model::verdict(const Step& step) {
    const auto key = key_in(step);
    const auto ok = [](std::function<void(const Answer*)> change = {}) {
        return Verdict{std::string{done}, std::move(change)};
    };
    using enum State;
    std::string refused;
    const auto found = connections.find(key);
    switch (step.act) {
        case Act::create_environment:
            refused = refused_by_role(step.who, Role::operators);
            if (refused.empty() && environments_.contains(step.environment)) refused = "already_exists";
            if (!refused.empty()) return {refused};
            return ok([this, step](const Answer*) { environments_.insert(step.environment); });
        case Act::delete_environment:
            refused = refused_by_role(step.who, Role::operators);
            if (refused.empty() && !environments_.contains(step.environment)) refused = "not_found";
            if (refused.empty() && std::ranges::any_of(connections, [&](const auto& one) {
                    return std::get<2>(one.first) == step.environment && one.second.state == connected;
                }))
                refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([this, step](const Answer*) {
                const auto of_it = [&](const auto& place) { return std::get<2>(place) == step.environment; };
                for (const auto& [name, connection] : std::map{connections}) {
                    if (of_it(name)) erase(name);
                }
                std::erase_if(bindings, [&](const Binding& binding) { return of_it(binding.of); });
                std::erase_if(tenants_, [&](const TenantKey& tenant) { return tenant.second == step.environment; });
                std::erase_if(admins_,
                              [&](const auto& grant) { return grant.first.second.second == step.environment; });
                environments_.erase(step.environment);
            });
        case Act::create_tenant:
            refused = refused_by_role(step.who, Role::operators);
            if (refused.empty() && !environments_.contains(step.environment)) refused = "not_found";
            if (refused.empty() && tenants_.contains(tenant_in(step))) refused = "already_exists";
            if (!refused.empty()) return {refused};
            return ok([this, step](const Answer*) { tenants_.insert(tenant_in(step)); });
        case Act::create_app:
            refused = refused_by_role(step.who, Role::developers);
            if (refused.empty() && known_apps.contains(step.app)) refused = "already_exists";
            if (!refused.empty()) return {refused};
            return ok([this, step](const Answer*) {
                auto& app = known_apps[step.app];
                app.developer_configures = step.flag;
                app.versions = {{scope_in(step), scopes[(step.n + 1) % scopes.size()]}};
                if (step.who != root) app.developers = {step.who};
            });
        case Act::delete_app:
            if (refused = refused_about_app(step); !refused.empty()) return {refused};
            return ok([this, step](const Answer*) {
                for (const auto& [name, connection] : std::map{connections}) {
                    if (std::get<0>(name) == step.app) erase(name);
                }
                std::erase_if(bindings, [&](const Binding& binding) {
                    return binding.kind == Binding::Kind::pattern && std::get<0>(binding.of) == step.app;
                });
                known_apps.erase(step.app);
            });
        case Act::edit_app:
            if (refused = refused_about_app(step); !refused.empty()) return {refused};
            // What is so already is not written, and the time not with it.
            if (known_apps.at(step.app).developer_configures == step.flag) return ok();
            return ok([this, step](const Answer*) { known_apps[step.app].developer_configures = step.flag; });
        case Act::publish: {
            if (refused = refused_about_app(step); !refused.empty()) return {refused};
            auto next = known_apps.at(step.app).versions.back();
            if (next.contains(scope_in(step)) == step.flag) return {"wrong_state"};
            if (step.flag) next.insert(scope_in(step));
            if (!step.flag) next.erase(scope_in(step));
            if (next.empty()) return {"bad_input"};
            return ok([this, step, next](const Answer*) { known_apps[step.app].versions.push_back(next); });
        }
        case Act::add_tenant:
            refused = refused_about_app(step);
            if (refused.empty() && !tenants_.contains(tenant_in(step))) refused = "not_found";
            if (refused.empty() && found != connections.end() && found->second.listed) refused = "already_exists";
            if (!refused.empty()) return {refused};
            return ok([this, key](const Answer*) { connections[key].listed = true; });
        case Act::remove_tenant:
            refused = refused_about_connection(step, Role::developers, {not_connected, connected, disabled});
            if (refused.empty() && !found->second.listed) refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([this, key](const Answer*) {
                auto& connection = connections.at(key);
                if (connection.state == not_connected) return erase(key);
                connection.listed = false;
                connection.state = disabled;
                connection.tenant_pause = true;
            });
        case Act::allow:
        case Act::decline:
            refused = refused_about_connection(step, Role::tenant_admins, {not_connected, connected});
            if (refused.empty() && step.who == root && !is_on_behalf(step)) refused = "forbidden";
            if (refused.empty() && step.who != root && is_on_behalf(step)) refused = "bad_input";
            if (refused.empty() && step.act == Act::allow && step.n % 5 == 4) refused = "wrong_state";
            if (!refused.empty()) return {refused};
            if (step.act == Act::decline) return ok();
            // What was accepted before is not written again, and the time not with it.
            if (found->second.state == connected && found->second.version == known_apps.at(step.app).versions.size())
                return ok();
            return ok([this, key](const Answer* answer) {
                auto& connection = connections.at(key);
                const auto& app = known_apps.at(std::get<0>(key));
                const bool is_first = connection.state == not_connected;
                connection.state = connected;
                connection.version = app.versions.size();
                if (connection.client_id.empty()) connection.client_id = text_in(answer, "client_id");
                if (is_first && !app.developer_configures) add_secret(key, answer);
            });
        case Act::disable: {
            refused = refused_about_connection(step, Role::tenant_admins, {connected, disabled});
            if (refused.empty() && step.who != root && is_on_behalf(step)) refused = "bad_input";
            if (refused.empty() && (step.who == root ? found->second.operator_pause : found->second.tenant_pause))
                refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([this, key, step](const Answer*) {
                auto& connection = connections.at(key);
                connection.state = disabled;
                (step.who == root ? connection.operator_pause : connection.tenant_pause) = true;
            });
        }
        case Act::enable: {
            refused = refused_about_connection(step, Role::tenant_admins, {disabled});
            if (refused.empty() && step.who != root && is_on_behalf(step)) refused = "bad_input";
            if (refused.empty() && !found->second.listed) refused = "wrong_state";
            if (!refused.empty()) return {refused};
            // Each side lifts its own pause; an operator the tenant's, too, who says for whom.
            const bool lifts_tenant = step.who != root || is_on_behalf(step);
            const bool lifts_operator = step.who == root;
            const auto& before = found->second;
            if (!(before.tenant_pause && lifts_tenant) && !(before.operator_pause && lifts_operator))
                return {"forbidden"};
            return ok([this, key, lifts_tenant, lifts_operator](const Answer*) {
                auto& connection = connections.at(key);
                if (lifts_tenant) connection.tenant_pause = false;
                if (lifts_operator) connection.operator_pause = false;
                if (!connection.tenant_pause && !connection.operator_pause) connection.state = connected;
            });
        }
        case Act::generate:
            refused = refused_about_connection(step, Role::configurers, {connected});
            if (refused.empty()) refused = refused_to_configure(step);
            if (refused.empty() && count_active(found->second) >= rules_.active_secrets) refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([this, key](const Answer* answer) { add_secret(key, answer); });
        case Act::rotate:
            refused = refused_about_connection(step, Role::configurers, {connected});
            if (refused.empty()) refused = refused_to_configure(step);
            if (refused.empty() && step.seconds > 0 && count_active(found->second) >= rules_.active_secrets)
                refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([this, key, step](const Answer* answer) {
                auto& connection = connections.at(key);
                for (auto& secret : connection.secrets) {
                    if (!is_active(secret)) continue;
                    secret.ends = std::min(secret.ends.value_or(time_ + step.seconds), time_ + step.seconds);
                    if (step.seconds == 0 || !rules_.both_work_in_overlap) secret.ended = true;
                }
                if (step.seconds == 0) connection.void_before = tokens.size();
                add_secret(key, answer);
            });
        case Act::roll_back: {
            refused = refused_about_connection(step, Role::configurers, {connected});
            if (refused.empty()) refused = refused_to_configure(step);
            const auto in_overlap = [this](const Secret& secret) { return is_active(secret) && secret.ends; };
            if (refused.empty() && std::ranges::none_of(found->second.secrets, in_overlap)) refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([this, key](const Answer*) {
                for (auto& secret : connections.at(key).secrets) {
                    if (!is_active(secret)) continue;
                    if (secret.ends) {
                        secret.ends.reset();
                    } else {
                        secret.ended = true;
                    }
                }
            });
        }
        case Act::deactivate: {
            refused = refused_about_connection(step, Role::configurers, {connected, disabled});
            if (refused.empty()) refused = refused_to_configure(step);
            const auto* one = shown_for(step);
            const auto* secret = one == nullptr ? nullptr : secret_of(*one);
            if (refused.empty() && (secret == nullptr || !is_active(*secret))) refused = "not_found";
            if (!refused.empty()) return {refused};
            return ok([this, key, value = one->value](const Answer*) {
                auto& all = connections.at(key).secrets;
                std::ranges::find(all, value, &Secret::value)->ended = true;
            });
        }
        case Act::create_pair:
            refused = refused_about_connection(step, Role::operators, {connected, disabled});
            if (!refused.empty()) return {refused};
            return ok([this, key, step](const Answer* answer) {
                pairs.push_back({key, worker_in(step), text_in(answer, "client_id"), text_in(answer, "client_secret"),
                                 after(step.seconds), false});
            });
        case Act::revoke_pair: {
            refused = refused_by_role(step.who, Role::operators);
            auto* pair = one_of(pairs, step.n);
            if (refused.empty() && (pair == nullptr || pair->client_id.empty())) refused = "not_found";
            if (refused.empty() && pair->revoked) refused = "wrong_state";
            if (!refused.empty()) return {refused};
            return ok([pair](const Answer*) { pair->revoked = true; });
        }
        case Act::bind:
            return add_binding(step,
                               {.kind = Binding::Kind::connection,
                                .of = key,
                                .who = worker_in(step),
                                .is_default = step.flag,
                                .ends = {},
                                .id = {}},
                               found == connections.end() ? "not_found" : "");
        case Act::bind_pattern:
            return add_binding(
                step,
                {.kind = Binding::Kind::pattern,
                 .of = {step.app, 0, step.environment},
                 .who = worker_in(step),
                 .is_default = false,
                 .ends = {},
                 .id = {}},
                known_apps.contains(step.app) && environments_.contains(step.environment) ? "" : "not_found");
        case Act::bind_introspector:
            return add_binding(step,
                               {.kind = Binding::Kind::introspection,
                                .of = {0, 0, step.environment},
                                .who = iris,
                                .is_default = false,
                                .ends = {},
                                .id = {}},
                               environments_.contains(step.environment) ? "" : "not_found");
        case Act::unbind: {
            refused = refused_by_role(step.who, Role::operators);
            const auto* binding = one_of(bindings, step.n);
            if (refused.empty() && (binding == nullptr || binding->id.empty())) refused = "not_found";
            if (!refused.empty()) return {refused};
            return ok([this, step](const Answer*) {
                bindings.erase(bindings.begin() + static_cast<std::ptrdiff_t>(step.n % bindings.size()));
            });
        }
        case Act::grant:
        case Act::ungrant: {
            const std::pair grant{admin_in(step), tenant_in(step)};
            refused = refused_by_role(step.who, Role::operators);
            if (refused.empty() && !tenants_.contains(tenant_in(step))) refused = "not_found";
            if (refused.empty() && step.act == Act::ungrant && !admins_.contains(grant)) refused = "not_found";
            if (!refused.empty()) return {refused};
            return ok([this, step, grant](const Answer*) {
                if (step.act == Act::ungrant) {
                    admins_.erase(grant);
                } else {
                    admins_[grant] = after(step.seconds);
                }
            });
        }
        case Act::ask_by_secret:
        case Act::ask_by_pair:
        case Act::ask_by_binding: {
            if (auto word = token_word(step); word != done) return {word};
            ConnectionKey of;
            (void)client_of(step, of);
            return ok([this, of](const Answer* answer) {
                constexpr Time life = 900;
                tokens.push_back(
                    {of, connections.at(of).client_id, text_in(answer, "access_token"), wall_ + life, time_ + life});
            });
        }
        case Act::revoke_token: {
            ConnectionKey of;
            if (refused = client_of(step, of); !refused.empty()) return {refused};
            const auto* token = one_of(tokens, step.n / 7);
            if (token == nullptr || token->text.empty()) return ok();
            // Whether its connection is paused does not matter here: what is living is what would be active.
            auto resumed = *this;
            if (const auto there = resumed.connections.find(token->of); there != resumed.connections.end())
                there->second.state = connected;
            const auto index = static_cast<std::size_t>(token - tokens.data());
            if (!resumed.is_active(resumed.tokens[index], std::get<2>(of))) return ok();
            if (token->of != of) return {"unauthorized_client"};
            return ok([this, of, index](const Answer*) { connections.at(of).revoked.insert(index); });
        }
        case Act::revoke_all:
            refused = refused_about_connection(step, Role::configurers, {connected, disabled});
            if (!refused.empty()) return {refused};
            return ok([this, key](const Answer*) { connections.at(key).void_before = tokens.size(); });
        case Act::rotate_key: return environments_.contains(step.environment) ? ok() : Verdict{"not_found"};
        case Act::wait:
        case Act::turn_clock:
        case Act::restart:
        case Act::kill: break;
    }
    return ok();
}

// Time (T48): an end has passed when the boot clock or the wall clock has said so, and what has passed stays passed.

void Model::look_at_clocks(Time wall, Time boot) {
    time_ = time_ == 0 ? wall : std::max(wall, time_ + (boot - boot_));
    wall_ = wall;
    boot_ = boot;
}

void Model::note_ends() {
    std::optional<Time> last;
    const auto see = [&](const std::optional<Time>& end) {
        if (end && *end <= time_ && (!last || *end > *last)) last = end;
    };
    for (const auto& [key, connection] : connections) {
        for (const auto& secret : connection.secrets) see(secret.ends);
    }
    for (const auto& pair : pairs) see(pair.ends);
    for (const auto& binding : bindings) see(binding.ends);
    for (const auto& [grant, end] : admins_) see(end);
    if (last) latched_ = std::max(latched_, *last);
}

bool Model::restarted(Time store_time, bool cleanly) {
    const auto least = std::max(wall_, cleanly && rules_.passed_stays_passed ? time_ : latched_);
    const bool fits = store_time >= least && store_time <= time_;
    time_ = store_time;
    latched_ = std::max(latched_, least);
    return fits;
}

}  // namespace jeton::proof
