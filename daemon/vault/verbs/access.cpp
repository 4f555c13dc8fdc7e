// Verbs: access.review, access.allow, access.decline, access.disable, access.enable
#include "daemon/vault/services/access.hpp"

#include <fmt/format.h>

#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::array views(const std::vector<ScopeView>& scopes) {
    json::array list;
    for (const auto& scope : scopes) {
        list.push_back({{"name", scope.name},
                        {"group", scope.group},
                        {"display_name", scope.display_name},
                        {"access", std::string(1, scope.access)}});
    }
    return list;
}

json::value accepted_of(const Connection& connection) {
    return connection.accepted_version == 0 ? json::value(nullptr) : json::value(connection.accepted_version);
}

/// The body of a pause or its end: which connection, and why.
struct Switch {
    ConnectionName name;
    std::string reason;
};

Result<Switch> switch_of(const json::value& body) {
    protocol::Fields in{body};
    auto name = connection_name(in);
    auto reason = in.text_or("reason", "");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    return Switch{*std::move(name), std::move(reason)};
}

}  // namespace

Result<Outcome> access_review(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto review = review_access(call.tx, *name);
    if (!review) return review.error();
    const auto& app = review->found.app;
    return done({{"connection", name->text()},
                 {"state", name_of(review->found.connection.state)},
                 {"app",
                  {{"app", app.name},
                   {"organization", app.organization},
                   {"homepage", app.homepage},
                   {"credentials", name_of(app.credentials)},
                   {"credentials_statement", sentence_of(app.credentials)}}},
                 {"accepted_version", accepted_of(review->found.connection)},
                 {"offered_version", review->offered_version},
                 {"scopes", views(review->scopes)},
                 {"added", views(review->added)},
                 {"removed", views(review->removed)},
                 {"statement", review->statement},
                 {"warnings", json::value_from(review->warnings)}});
}

Result<Outcome> access_allow(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto version = in.integer("version", 1, 1'000'000'000);
    const auto of = in.optional_text("on_behalf_of");
    const auto reason = in.text_or("reason", "");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    std::optional<OnBehalf> on_behalf;
    if (of) on_behalf = OnBehalf{*of, reason};
    const auto allowed = allow_access(call.tx, call.peer, *name, version, on_behalf, call.now());
    if (!allowed) return allowed.error();
    const auto& connection = allowed->found.connection;
    json::object answer(protocol::wiped_storage());
    answer["connection"] = name->text();
    answer["state"] = name_of(connection.state);
    answer["client_id"] = text_or_null(connection.client_id);
    answer["version"] = connection.accepted_version;
    answer["consent"] = {
        {"source", connection.consent_source}, {"by", connection.consent_by}, {"at", rfc3339(connection.consent_at)}};
    if (allowed->client_secret) {
        const auto value = allowed->client_secret->reveal();
        answer["client_secret"] = json::string_view{value.data(), value.size()};
    }
    answer["message"] = allowed->message;
    return done(std::move(answer));
}

Result<Outcome> access_decline(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto found = decline_access(call.tx, call.peer, *name, call.now());
    if (!found) return found.error();
    const auto message =
        found->connection.state == ConnectionState::not_connected
            ? std::string{"Declined: nothing was created."}
            : fmt::format("Declined: {} stays on version {}.", name->text(), found->connection.accepted_version);
    return done({{"connection", name->text()}, {"state", name_of(found->connection.state)}, {"message", message}});
}

Result<Outcome> access_disable(Call& call) {
    const auto asked = switch_of(call.body);
    if (!asked) return asked.error();
    const auto found = disable_access(call.tx, call.peer, asked->name, asked->reason, call.now());
    if (!found) return found.error();
    call.room.upstream.drop_connection(found->connection.id);
    return done({{"connection", asked->name.text()},
                 {"state", name_of(found->connection.state)},
                 {"message", fmt::format("No token is issued from now on. Tokens already handed out end by {}.",
                                         rfc3339(call.now() + token_life_limit))}});
}

Result<Outcome> access_enable(Call& call) {
    const auto asked = switch_of(call.body);
    if (!asked) return asked.error();
    const auto found = enable_access(call.tx, call.peer, asked->name, asked->reason, call.now());
    if (!found) return found.error();
    // What was in the air when access was disabled may have landed since.
    call.room.upstream.drop_connection(found->connection.id);
    return done({{"connection", asked->name.text()},
                 {"state", name_of(found->connection.state)},
                 {"client_id", text_or_null(found->connection.client_id)},
                 {"version", found->connection.accepted_version},
                 {"message", "Access is restored: the same client ID, secrets and version."}});
}

}  // namespace jeton::vault::verbs
