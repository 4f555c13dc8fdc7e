// Verbs: access.list, access.review, access.allow, access.decline, access.record, access.disable, access.enable,
// access.disable_selected, access.enable_selected
#include "daemon/vault/services/access.hpp"

#include <fmt/format.h>

#include "daemon/vault/services/journal.hpp"
#include "daemon/vault/services/pauses.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/verbs/connection_view.hpp"
#include "daemon/vault/verbs/longest_life.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/scope_view.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

json::value accepted_of(const Connection& connection) {
    return connection.accepted_version == 0 ? json::value(nullptr) : json::value(connection.accepted_version);
}

Grounds grounds_of(protocol::Fields& in) {
    Grounds grounds;
    grounds.reason = in.text_or("reason", "");
    grounds.on_behalf_of = in.text_or("on_behalf_of", "");
    return grounds;
}

/// The body of an answer, a pause or its end: which connection, why, for whom.
struct Decision {
    ConnectionName name;
    Grounds grounds;
};

Result<Decision> decision_of(const json::value& body) {
    protocol::Fields in{body};
    auto name = connection_name(in);
    auto grounds = grounds_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    return Decision{*std::move(name), std::move(grounds)};
}

/// What its admin does about it.
std::string next_of(const FoundConnection& found) {
    const auto name = found.name();
    if (!found.connection.listed) {
        return fmt::format("jeton app tenant add {} {}", found.app.name, found.tenant_name().text());
    }
    switch (found.connection.state) {
        case ConnectionState::not_connected: return "jeton access review " + name;
        case ConnectionState::disabled: return "jeton access enable " + name;
        case ConnectionState::connected: break;
    }
    return (has_new_version(found) ? "jeton access review " : "jeton access disable ") + name;
}

/// The button that the portal's page has for it.
json::value offer_of(const FoundConnection& found) {
    if (found.connection.state == ConnectionState::not_connected) return "Connect New App";
    if (found.connection.state == ConnectionState::connected && has_new_version(found)) return "Upgrade to New Version";
    return nullptr;
}

/// A row of "Manage API Application Access" (S26, S39).
json::value row_of(const FoundConnection& found) {
    const auto& connection = found.connection;
    return {{"connection", found.name()},
            {"app", found.app.name},
            {"organization", found.app.organization},
            {"homepage", found.app.homepage},
            {"tenant", found.tenant.tenant},
            {"environment", found.environment.name},
            {"state", name_of(connection.state)},
            {"status", status_of(found)},
            {"version", accepted_of(connection)},
            {"current_version", found.app.current_version},
            {"new_version_available", has_new_version(found)},
            {"client_id", text_or_null(connection.client_id)},
            {"consent", consent_view(connection)},
            {"pauses", pauses_view(connection)},
            {"offer", offer_of(found)},
            {"next", next_of(found)}};
}

/// A tenant that is not the caller's answers like one that does not exist.
Result<void> check_tenant(Call& call, const std::string& text) {
    const auto name = parse_tenant_name(text);
    if (!name) return name.error();
    const auto found = find_tenant(call.tx, *name);
    if (found && (call.standing.sees_everything() || call.standing.administers(found->tenant.id))) return {};
    return absent_tenant(*name);
}

/// Without `pending` what was connected; with it what waits for the admin (S25, S26).
bool belongs(const FoundConnection& found, bool pending) {
    const bool is_undecided = found.connection.state == ConnectionState::not_connected;
    return pending ? is_undecided || (has_new_version(found) && found.connection.state == ConnectionState::connected)
                   : !is_undecided;
}

Outcome allowed_outcome(Allowed allowed) {
    const auto& connection = allowed.found.connection;
    json::object answer(protocol::wiped_storage());
    answer["connection"] = allowed.found.name();
    answer["state"] = name_of(connection.state);
    answer["client_id"] = text_or_null(connection.client_id);
    answer["version"] = connection.accepted_version;
    answer["consent"] = consent_view(connection);
    if (allowed.client_secret) {
        const auto value = allowed.client_secret->reveal();
        answer["client_secret"] = json::string_view{value.data(), value.size()};
    }
    answer["message"] = allowed.message;
    return done(std::move(answer));
}

/// What the desk writes where one connection is named: somebody was kept from something.
void note_refusal(Call& call, Act act, const FoundConnection& found, const Error& refusal) {
    if (!is_audited(refusal.code)) return;
    auto entry = entry_of(call.peer,
                          about(found, act == Act::disable ? "access.disable" : "access.enable",
                                fmt::format("{}: {}", protocol::word_of(refusal.code).name, refusal.what)),
                          call.now());
    entry.refused = true;
    if (!call.room.tally.is_first_refusal(entry)) return;
    journal::tell_refusal(entry, call.peer);
    call.tx.append_audit(entry);
}

/// What they hold must be known before they change: see `longest_life`.
void load_tokens_of(Call& call, const Selector& selector) {
    const auto selected = select_connections(call.tx, call.standing, selector, call.now());
    if (!selected || selected->size() > selection_limit) return;  // which is refused in a moment
    for (const auto& found : *selected) load_tokens(call.tx, call.room.upstream, found.connection.id, call.room.clock);
}

Result<Outcome> switch_all(Call& call, Act act) {
    protocol::Fields in{call.body};
    Selector selector;
    selector.app = in.optional_text("app");
    selector.tenant = in.optional_text("tenant");
    selector.environment = in.optional_text("environment");
    const auto grounds = grounds_of(in);
    const auto dry_run = in.flag("dry_run");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (act == Act::disable && !dry_run) load_tokens_of(call, selector);
    const auto switched =
        switch_selected(call.tx, call.peer, call.standing, act, selector, grounds, dry_run, call.now());
    if (!switched) return switched.error();
    // In an emergency a misspelt name must not look like a pause.
    if (switched->empty()) {
        return refuse(Errc::not_found, "no connection fits the selection", "jeton connection list");
    }
    json::array list;
    for (const auto& [found, refusal] : *switched) {
        const bool is_done = !refusal && !dry_run;
        json::value until = nullptr;
        if (is_done && act == Act::disable) until = rfc3339(call.now() + longest_life(call, found.connection.id));
        if (is_done) call.drop_tokens(found.connection.id);
        if (refusal && !dry_run) note_refusal(call, act, found, *refusal);
        list.push_back({{"connection", found.name()},
                        {"state", name_of(found.connection.state)},
                        {"result", refusal   ? "refused"
                                   : dry_run ? "would be done"
                                             : "done"},
                        {"why", refusal ? json::value(refusal->what) : json::value(nullptr)},
                        {"still_accepted_until", std::move(until)}});
    }
    return done(std::move(list));
}

}  // namespace

Result<Outcome> access_list(Call& call) {
    protocol::Fields in{call.body};
    const auto page = Page::read(in);
    Selector selector;
    selector.tenant = in.optional_text("tenant");
    const auto pending = in.flag("pending");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (selector.tenant && selector.tenant->contains('@')) {
        if (auto theirs = check_tenant(call, *selector.tenant); !theirs) return theirs.error();
    }
    auto selected = select_connections(call.tx, call.standing, selector, call.now());
    if (!selected) return selected.error();
    std::erase_if(*selected, [&](const FoundConnection& found) {
        const bool is_theirs = call.standing.sees_everything() || call.standing.administers(found.tenant.id);
        return !is_theirs || !belongs(found, pending);
    });
    return page_of(*std::move(selected), page, &FoundConnection::name, row_of);
}

Result<Outcome> access_review(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    const auto review = review_access(call.tx, call.standing, *name);
    if (!review) return review.error();
    const auto& app = review->found.app;
    const auto& connection = review->found.connection;
    return done({{"connection", name->text()},
                 {"state", name_of(connection.state)},
                 {"app",
                  {{"app", app.name},
                   {"organization", app.organization},
                   {"homepage", app.homepage},
                   {"credentials", name_of(app.credentials)},
                   {"credentials_statement", sentence_of(app.credentials)}}},
                 {"accepted_version", accepted_of(connection)},
                 {"offered_version", review->offered_version},
                 {"scopes", scope_views(review->scopes)},
                 {"added", scope_views(review->added)},
                 {"removed", scope_views(review->removed)},
                 {"statement", review->statement},
                 {"warnings", json::value_from(review->warnings)},
                 {"consent", consent_view(connection)},
                 {"pauses", pauses_view(connection)}});
}

Result<Outcome> access_allow(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto version = in.integer("version", 1, 1'000'000'000);
    const auto grounds = grounds_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    auto allowed = allow_access(call.tx, call.peer, call.standing, *name, version, grounds, call.now());
    if (!allowed) return allowed.error();
    // What was fetched before has the scopes of the version before (S42).
    call.drop_tokens(allowed->found.connection.id);
    return allowed_outcome(*std::move(allowed));
}

Result<Outcome> access_record(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    ConsentElsewhere consent;
    consent.version = in.integer("version", 1, 1'000'000'000);
    consent.source = in.text("source");
    consent.note = in.text_or("note", "");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!name) return name.error();
    auto allowed = record_access(call.tx, call.peer, *name, consent, call.now());
    if (!allowed) return allowed.error();
    call.drop_tokens(allowed->found.connection.id);
    return allowed_outcome(*std::move(allowed));
}

Result<Outcome> access_decline(Call& call) {
    const auto asked = decision_of(call.body);
    if (!asked) return asked.error();
    const auto& [name, grounds] = *asked;
    const auto found = decline_access(call.tx, call.peer, call.standing, name, grounds, call.now());
    if (!found) return found.error();
    const auto message =
        found->connection.state == ConnectionState::not_connected
            ? std::string{"Declined: nothing was created."}
            : fmt::format("Declined: {} stays on version {}.", name.text(), found->connection.accepted_version);
    return done({{"connection", name.text()}, {"state", name_of(found->connection.state)}, {"message", message}});
}

Result<Outcome> access_disable(Call& call) {
    const auto asked = decision_of(call.body);
    if (!asked) return asked.error();
    const auto& [name, grounds] = *asked;
    const auto there = find_connection(call.tx, name);
    if (!there) return there.error();
    const auto life = longest_life(call, there->connection.id);
    const auto found = disable_access(call.tx, call.peer, call.standing, name, grounds, call.now());
    if (!found) return found.error();
    call.drop_tokens(found->connection.id);
    return done({{"connection", name.text()},
                 {"state", name_of(found->connection.state)},
                 {"pauses", pauses_view(found->connection)},
                 {"message", fmt::format("No token is issued from now on. Tokens already handed out end by {}.",
                                         rfc3339(call.now() + life))}});
}

Result<Outcome> access_enable(Call& call) {
    const auto asked = decision_of(call.body);
    if (!asked) return asked.error();
    const auto& [name, grounds] = *asked;
    const auto found = enable_access(call.tx, call.peer, call.standing, name, grounds, call.now());
    if (!found) return found.error();
    // What was in the air when access was disabled may have landed since.
    call.drop_tokens(found->connection.id);
    std::string message = "Access is restored: the same client ID, secrets and version.";
    if (found->connection.state == ConnectionState::disabled) {
        message = "This pause is lifted, but another keeps it disabled:";
        for (const auto& pause : pauses_of(found->connection)) message += " " + described(pause);
    }
    return done({{"connection", name.text()},
                 {"state", name_of(found->connection.state)},
                 {"client_id", text_or_null(found->connection.client_id)},
                 {"version", found->connection.accepted_version},
                 {"pauses", pauses_view(found->connection)},
                 {"message", message}});
}

Result<Outcome> access_disable_selected(Call& call) { return switch_all(call, Act::disable); }

Result<Outcome> access_enable_selected(Call& call) { return switch_all(call, Act::enable); }

}  // namespace jeton::vault::verbs
