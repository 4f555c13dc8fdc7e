#include "tests/proof/walk.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/vault/services/introspection.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/tokens.hpp"
#include "daemon/vault/store/environments.hpp"

namespace jeton::proof {
namespace {

using vault::Transaction;

template <class T>
std::optional<std::string> differ(std::string_view what, const T& expected, const T& found) {
    if (expected == found) return std::nullopt;
    return fmt::format("{}: {} was expected, {} was found", what, expected, found);
}

std::string words(const json::value& row, std::string_view member) {
    const auto* value = row.get_object().if_contains(json::string_view{member.data(), member.size()});
    if (value == nullptr || value->is_null()) return "";
    return value->is_string() ? std::string{value->get_string()} : json::serialize(*value);
}

Model::Time boot_seconds(const HandClock& clock) {
    return std::chrono::duration_cast<std::chrono::seconds>(clock.boot).count();
}

std::string_view name_of(Model::State state) {
    switch (state) {
        case Model::State::not_connected: return "not-connected";
        case Model::State::connected: return "connected";
        case Model::State::disabled: return "disabled";
    }
    return {};
}

std::string time_text(const std::optional<Model::Time>& at) {
    return at ? rfc3339(UtcSeconds{std::chrono::seconds{*at}}) : "";
}

std::vector<std::string> sorted(std::vector<std::string> all) {
    std::ranges::sort(all);
    return all;
}

/// One member of all rows of an answer.
std::vector<std::string> column(const Answer& answer, std::string_view member) {
    std::vector<std::string> all;
    if (!answer.is_done()) return {answer.error};
    for (const auto& row : answer.done.as_array()) all.push_back(words(row, member));
    return sorted(std::move(all));
}

vault::Peer peer_of(const Person& who) {
    vault::Peer peer;
    peer.uid = peer.gid = who.uid;
    peer.user = who.name;
    return peer;
}

}  // namespace

Stage::Stage(Rules rules) : model{rules} {
    const Place place;
    Vault vault{place, clock};
    (void)vault.ask(first_grants());
    model.look_at_clocks(clock.wall.time_since_epoch().count(), boot_seconds(clock));
    for (const auto& step : beginning()) {
        const auto question = model.question(step);
        const auto verdict = model.verdict(step);
        const auto answer = vault.ask(question);
        if (!answer.is_done() || verdict.word != "done") throw std::runtime_error("the stage: " + answer.what);
        if (verdict.change) verdict.change(&answer);
    }
    vault.end();
    model.committed();
    files = take_files(place.directory());
}

Walk::Walk(std::uint64_t seed, const Stage& stage, Rules rules)
    : rules_{rules}, clock_{stage.clock}, disk_{place_.directory()}, model_{stage.model}, dice_{seed * 7919 + 1} {
    disk_.remember(false);
    put_files(place_.directory(), stage.files);
    start();
}

void Walk::start() {
    vault_ = std::make_unique<Vault>(place_, clock_);
    vault_->tick();
    model_.look_at_clocks(clock_.wall.time_since_epoch().count(), boot_seconds(clock_));
}

std::optional<std::string> Walk::take(const Step& step) {
    ++counts_.steps;
    std::optional<std::string> bad;
    switch (step.act) {
        case Act::wait:
            clock_.wall += std::chrono::seconds{step.seconds};
            clock_.boot += std::chrono::seconds{step.seconds};
            break;
        case Act::turn_clock: clock_.wall += std::chrono::seconds{step.seconds}; break;
        case Act::restart: bad = restart(true); break;
        case Act::kill: bad = restart(false); break;
        case Act::rotate_key: bad = rotate_key(step); break;
        default: bad = ask(step); break;
    }
    if (bad) return bad;
    model_.look_at_clocks(clock_.wall.time_since_epoch().count(), boot_seconds(clock_));
    (void)vault_->store().time();
    vault_->tick();
    model_.note_ends();
    if (auto wrong = dice_() % 2 == 0 ? compare_connections() : std::nullopt) return wrong;
    if (auto wrong = dice_() % 4 == 0 ? compare_sights() : std::nullopt) return wrong;
    return compare_some();
}

std::optional<std::string> Walk::ask(const Step& step) {
    const auto question = model_.question(step);
    const auto verdict = model_.verdict(step);
    const auto before = step.fault > 0 ? vault_->dump() : std::string{};
    if (step.fault > 0) disk_.fail(step.fault, step.n % 2 == 0 ? ENOSPC : EIO, step.n % 3 == 0);
    const auto answer = vault_->ask(question);
    const bool failed = step.fault > 0 && disk_.operations() >= step.fault;
    disk_.fail(0, 0);
    ++counts_.answers;
    if (failed && answer.error == "temporarily_unavailable") {
        ++counts_.faults;
        // Only the anchor is behind: what was asked is done, though nobody was told what it made.
        if (answer.what.starts_with("the change is stored")) {
            if (verdict.change) verdict.change(nullptr);
            return verdict.word == "done" ? std::nullopt
                                          : std::optional{"a refusal is said to be a change that is stored"};
        }
        if (!rules_.refused_leaves_nothing && verdict.change) verdict.change(nullptr);
        if (vault_->dump() != before) return "a change that the disk refused has left something";
        return std::nullopt;
    }
    if (auto wrong = differ("the answer", verdict.word, answer.word())) return *wrong + " (" + answer.what + ")";
    if (!answer.is_done()) return std::nullopt;
    ++counts_.done;
    if (step.act == Act::ask_by_secret || step.act == Act::ask_by_pair || step.act == Act::ask_by_binding) {
        if (auto wrong = compare_token(step, answer)) return wrong;
    }
    if (verdict.change) {
        verdict.change(&answer);
        if (step.act != Act::revoke_token) model_.committed();
    }
    return std::nullopt;
}

std::optional<std::string> Walk::compare_token(const Step& step, const Answer& answer) {
    Model::ConnectionKey of;
    (void)model_.client_of(step, of);
    if (auto wrong = differ("the token's connection", Model::name_of(of), words(answer.done, "connection")))
        return wrong;
    return differ("the token's scope", model_.granted_to(of, step), words(answer.done, "scope"));
}

std::optional<std::string> Walk::rotate_key(const Step& step) {
    const auto verdict = model_.verdict(step);
    const auto name = std::string{environments[step.environment]};
    std::string word = "done";
    {
        auto group = vault_->store().group();
        const auto rotated = group.attempt(
            [&](Transaction& tx) { return vault::rotate_data_key(tx, peer_of(people[root]), name, clock_.now()); });
        if (!rotated) word = protocol::word_of(rotated.error().code).name;
        group.commit();
    }
    if (auto wrong = differ("rotating a key", verdict.word, word)) return wrong;
    const auto values_left = [&] {
        return vault_->look([&](Transaction& tx) {
            const auto environment = vault::environments::find(tx, name);
            return environment && !environment->retiring_data_key.empty();
        });
    };
    for (int i = 0; i < 100 && values_left(); ++i) vault_->tick();
    if (values_left()) return "the values of a rotation never came under the new key";
    if (word == "done") model_.committed();
    return std::nullopt;
}

std::optional<std::string> Walk::restart(bool cleanly) {
    if (cleanly) vault_->end();
    vault_.reset();
    start();
    if (vault_->store().state() != vault::StoreState::unsealed)
        return "it does not open again: " + vault_->store().reason();
    const auto time = vault_->store().time().time_since_epoch().count();
    if (!model_.restarted(time, cleanly)) return fmt::format("it goes by another time after its restart: {}", time);
    return std::nullopt;
}

std::optional<std::string> Walk::compare_connections() {
    const auto listed = vault_->see(people[root], "connection.list");
    const auto secrets = vault_->see(people[root], "secret.list");
    if (!listed.is_done() || !secrets.is_done()) return "an operator cannot list: " + listed.error + secrets.error;
    std::map<std::string, std::vector<std::string>> secrets_of;
    for (const auto& row : secrets.done.as_array()) {
        const auto state = words(row, "state");
        secrets_of[words(row, "connection")].push_back(state == "active" ? state + words(row, "deactivates_at")
                                                                         : state);
    }
    std::map<std::string, const json::value*> rows;
    for (const auto& row : listed.done.as_array()) rows.emplace(words(row, "connection"), &row);
    counts_.answers += 2;
    if (auto wrong = differ("the number of connections", model_.connections.size(), rows.size())) return wrong;
    for (auto& [key, connection] : model_.connections) {
        const auto name = Model::name_of(key);
        const auto found = rows.find(name);
        if (found == rows.end()) return name + " is missing";
        const auto& row = *found->second;
        const auto& app = model_.known_apps.at(std::get<0>(key));
        const auto current = app.versions.size();
        // Where its answer was lost, it is learned here; from then on it stays.
        if (connection.client_id.empty() && connection.version > 0) connection.client_id = words(row, "client_id");
        std::vector<std::string> pauses, found_pauses, states;
        if (connection.tenant_pause) pauses.emplace_back("tenant-admin");
        if (connection.operator_pause) pauses.emplace_back("operator");
        for (const auto& pause : row.at("pauses").as_array()) found_pauses.push_back(words(pause, "role"));
        for (const auto& secret : connection.secrets) {
            states.push_back(model_.is_active(secret) ? "active" + time_text(secret.ends) : "deactivated");
        }
        const auto is = [&](std::string_view member, const std::string& expected) {
            return differ(fmt::format("{} of {}", member, name), expected, words(row, member));
        };
        const bool is_new = connection.version > 0 && connection.version < current;
        if (auto wrong = is("state", std::string{name_of(connection.state)})) return wrong;
        if (auto wrong = is("listed", connection.listed ? "true" : "false")) return wrong;
        if (auto wrong = is("client_id", connection.client_id)) return wrong;
        if (auto wrong = is("version", std::to_string(connection.version == 0 ? current : connection.version)))
            return wrong;
        if (auto wrong = is("current_version", std::to_string(current))) return wrong;
        if (auto wrong = is("new_version_available", is_new ? "true" : "false")) return wrong;
        if (auto wrong = differ("pauses of " + name, sorted(pauses), sorted(found_pauses))) return wrong;
        if (auto wrong = differ("secrets of " + name, sorted(states), sorted(secrets_of[name]))) return wrong;
    }
    return std::nullopt;
}

std::optional<std::string> Walk::compare_sights() {
    for (const auto who : {root, dora, dan}) {
        std::vector<std::string> expected;
        for (std::size_t app = 0; app < apps.size(); ++app) {
            if (model_.sees_app(who, app)) expected.emplace_back(apps[app]);
        }
        ++counts_.answers;
        const auto found = column(vault_->see(people[who], "app.list"), "app");
        if (auto wrong = differ(fmt::format("the apps that {} sees", people[who].name), sorted(expected), found))
            return wrong;
    }
    for (const auto who : {tina, tom}) {
        if (!model_.is_admin_of_any(who)) continue;
        for (const bool pending : {false, true}) {
            std::vector<std::string> expected;
            for (const auto& [key, connection] : model_.connections) {
                const auto [app, tenant, environment] = key;
                if (!model_.administers(who, {tenant, environment})) continue;
                const bool undecided = connection.state == Model::State::not_connected;
                const bool upgradable = connection.state == Model::State::connected &&
                                        connection.version < model_.known_apps.at(app).versions.size();
                if (pending ? undecided || upgradable : !undecided) expected.push_back(Model::name_of(key));
            }
            ++counts_.answers;
            const auto found = column(vault_->see(people[who], "access.list", {{"pending", pending}}), "connection");
            if (auto wrong = differ(
                    fmt::format("what {} sees of {}", people[who].name, pending ? "what waits" : "what was allowed"),
                    sorted(expected), found))
                return wrong;
        }
    }
    std::vector<std::string> states;
    for (const auto& pair : model_.pairs)
        states.emplace_back(pair.revoked ? "revoked" : model_.passed(pair.ends) ? "expired" : "active");
    counts_.answers += 2;
    if (auto wrong = differ("the local pairs", sorted(states), column(vault_->see(people[root], "pair.list"), "state")))
        return wrong;
    const auto bound = vault_->see(people[root], "binding.list");
    return differ("the number of bindings", model_.bindings.size(), column(bound, "id").size());
}

/// As a program would ask, without leaving anything behind.
std::optional<std::string> Walk::compare_decision(Step step) {
    const auto question = model_.question(step);
    const auto word = model_.token_word(step);
    vault::TokenRequest request;
    const auto& body = question.body;
    const auto& auth = body.at("auth").as_object();
    const auto view = [](const json::value& text) { return std::string_view{text.as_string()}; };
    if (view(auth.at("method")) != "peer") {
        request.authentication = vault::ClientAuthentication::post;
        request.client_id = view(auth.at("client_id"));
        request.client_secret = view(auth.at("client_secret"));
    }
    if (body.contains("environment")) request.environment = std::string{view(body.at("environment"))};
    if (body.contains("connection")) request.connection = std::string{view(body.at("connection"))};
    if (body.contains("scope")) request.scope = view(body.at("scope"));
    const auto decision = vault_->look([&](Transaction& tx) {
        return vault::decide_token(tx, peer_of(question.who), request, vault_->room().upstream, clock_, std::nullopt);
    });
    ++counts_.answers;
    const auto found = decision ? std::string{"done"} : std::string{protocol::word_of(decision.error().code).name};
    if (auto wrong = differ("a token by “" + described(step) + "”", word, found)) return wrong;
    if (!decision) return std::nullopt;
    Model::ConnectionKey of;
    (void)model_.client_of(step, of);
    if (auto wrong = differ("its connection", Model::name_of(of), decision->token->connection)) return wrong;
    return differ("its scope", model_.granted_to(of, step), decision->token->scope);
}

std::optional<std::string> Walk::compare_tokens(bool all) {
    for (std::size_t e = 0; e < environments.size(); ++e) {
        const bool bound = std::ranges::any_of(model_.bindings, [&](const Model::Binding& binding) {
            return binding.kind == Model::Binding::Kind::introspection && std::get<2>(binding.of) == e &&
                   !model_.passed(binding.ends);
        });
        for (std::size_t i = 0; i < model_.tokens.size(); ++i) {
            if (!all && i + 2 < model_.tokens.size() && dice_() % 4 != 0) continue;
            const auto& token = model_.tokens[i];
            if (token.text.empty()) continue;
            const auto shown = vault_->look([&](Transaction& tx) {
                return vault::introspect_token(tx, peer_of(people[iris]), environments[e], token.text, clock_.now());
            });
            ++counts_.answers;
            if (shown.has_value() != bound)
                return fmt::format("iris may{} introspect {}", bound ? " not" : "", environments[e]);
            if (!shown) break;
            if (auto wrong = differ(fmt::format("token {} in {}", i, environments[e]), model_.is_active(token, e),
                                    shown->has_value()))
                return wrong;
        }
    }
    return std::nullopt;
}

std::optional<std::string> Walk::compare_some() {
    for (int i = 0; i < 4; ++i) {
        Step step;
        step.act = i < 2 ? Act::ask_by_secret : i < 3 ? Act::ask_by_pair : Act::ask_by_binding;
        step.who = dice_() % 2 == 0 ? wanda : will;
        step.app = dice_() % apps.size();
        step.tenant = dice_() % tenants.size();
        step.environment = dice_() % environments.size();
        step.n = i == 0 && !model_.shown.empty() ? model_.shown.size() - 1 : dice_() % 1000;
        step.flag = dice_() % 2 == 0;
        if (auto wrong = compare_decision(step)) return wrong;
    }
    return compare_tokens(false);
}

std::optional<std::string> Walk::compare_all() {
    if (auto wrong = compare_connections()) return wrong;
    if (auto wrong = compare_sights()) return wrong;
    for (std::size_t n = 0; n < model_.shown.size(); ++n) {
        if (auto wrong = compare_decision({.act = Act::ask_by_secret, .who = wanda, .n = n})) return wrong;
    }
    for (const auto who : {wanda, will}) {
        for (std::size_t n = 0; n < model_.pairs.size(); ++n) {
            if (auto wrong = compare_decision({.act = Act::ask_by_pair, .who = who, .n = n})) return wrong;
        }
        for (const auto& [key, connection] : model_.connections) {
            const auto [app, tenant, environment] = key;
            if (auto wrong = compare_decision({.act = Act::ask_by_binding,
                                               .who = who,
                                               .app = app,
                                               .tenant = tenant,
                                               .environment = environment,
                                               .flag = true}))
                return wrong;
        }
    }
    return compare_tokens(true);
}

}  // namespace jeton::proof
