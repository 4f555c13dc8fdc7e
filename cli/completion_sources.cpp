/// What the values of the command line are, and how the daemon lists them.
#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include <fmt/format.h>

#include "cli/completion.hpp"
#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience{500};  ///< what somebody who pressed a key does not notice much

/// `verb`: of these verbs alone, by the beginning of their names; the first row that fits counts.
struct Argument {
    std::string_view verb, name;
    Source source;
};

constexpr std::array arguments{
    // Of what is made now, nobody knows the name.
    Argument{"app create", "APP", Source::free_text},
    Argument{"environment create", "ENVIRONMENT", Source::free_text},
    Argument{"tenant create", "TENANT", Source::free_text},
    Argument{"scope add", "--group", Source::free_text},  // of the catalogue; their names have spaces
    Argument{"scope list", "--group", Source::free_text},
    Argument{"scope add", "NAME", Source::free_text},
    Argument{"key slot add", "NAME", Source::free_text},  // of a systemd credential
    Argument{"binding remove", "ID", Source::bindings},
    Argument{"ticket revoke", "ID", Source::tickets},
    Argument{"init", "--slot", Source::files},

    Argument{"", "APP", Source::apps},
    Argument{"", "CONNECTION", Source::connections},
    Argument{"", "ENVIRONMENT", Source::environments},
    Argument{"", "FILE", Source::files},
    Argument{"", "KID", Source::public_keys},
    Argument{"", "OF", Source::role_scope},
    Argument{"", "PAIR", Source::pairs},
    Argument{"", "PATH", Source::files},
    Argument{"", "PREFIX", Source::secrets},
    Argument{"", "SLOT", Source::key_slots},
    Argument{"", "TENANT", Source::tenants},

    Argument{"", "--add", Source::scopes},
    Argument{"", "--against", Source::files},
    Argument{"", "--app", Source::apps},
    Argument{"", "--ca-file", Source::files},
    Argument{"", "--connection", Source::connections},
    Argument{"", "--env-file", Source::files},
    Argument{"", "--file", Source::files},
    Argument{"", "--environment", Source::environments},
    Argument{"", "--find-pairs", Source::files},
    Argument{"", "--group", Source::groups},
    Argument{"", "--introspect", Source::environments},
    Argument{"", "--out", Source::files},
    Argument{"", "--remove", Source::scopes},
    Argument{"", "--scope", Source::scopes},
    Argument{"", "--tenant", Source::tenants},
    Argument{"", "--ticket-for", Source::users},
    Argument{"", "--user", Source::users},

    Argument{"", "--before", Source::free_text},
    Argument{"", "--client-id", Source::free_text},
    Argument{"", "--display-name", Source::free_text},
    Argument{"", "--env", Source::free_text},
    Argument{"", "--event", Source::free_text},
    Argument{"", "--expires", Source::free_text},
    Argument{"", "--external-data-guid", Source::free_text},
    Argument{"", "--form-field", Source::free_text},
    Argument{"", "--homepage", Source::free_text},
    Argument{"", "--host-alias", Source::free_text},
    Argument{"", "--issuer", Source::free_text},
    Argument{"", "--label", Source::free_text},
    Argument{"", "--limit", Source::free_text},
    Argument{"", "--name", Source::free_text},
    Argument{"", "--note", Source::free_text},
    Argument{"", "--older-than", Source::free_text},
    Argument{"", "--on-behalf-of", Source::free_text},
    Argument{"", "--organization", Source::free_text},
    Argument{"", "--overlap", Source::free_text},
    Argument{"", "--pid", Source::free_text},
    Argument{"", "--rate", Source::free_text},
    Argument{"", "--reason", Source::free_text},
    Argument{"", "--resource", Source::free_text},
    Argument{"", "--since", Source::free_text},
    Argument{"", "--timeout", Source::free_text},
    Argument{"", "--token-endpoint", Source::free_text},
    Argument{"", "--unit", Source::free_text},
    Argument{"", "--until", Source::free_text},
    Argument{"", "--unused-for", Source::free_text},
    Argument{"", "--version", Source::free_text},
};

const Argument* argument_of(std::string_view verb, std::string_view name) {
    const auto* const found = std::ranges::find_if(
        arguments, [&](const Argument& one) { return one.name == name && verb.starts_with(one.verb); });
    return found == arguments.end() ? nullptr : found;
}

/// How a listing becomes words: the target of the request, and the words and the remark that a row gives.
struct Listing {
    std::string target;
    std::function<std::vector<std::string>(const json::value& row)> words;
    std::string_view about = {};
};

std::function<std::vector<std::string>(const json::value&)> member_named(std::string_view name) {
    return [name](const json::value& row) { return std::vector{field(row, name)}; };
}

Listing listing(std::string_view path, std::string_view word, std::string_view about) {
    return {std::string{path}, member_named(word), about};
}

/// Connections of the app that is typed already; else of all.
Listing connections_like(std::string_view typed) {
    const auto slash = typed.find('/');
    const std::string app{slash == std::string_view::npos ? std::string_view{} : typed.substr(0, slash)};
    return {Call::get("/v1/connections", {{"app", app}}).target, member_named("connection"), "state"};
}

Listing tenants() {
    return {"/v1/tenants",
            [](const json::value& row) {
                return std::vector{fmt::format("{}@{}", field(row, "tenant"), field(row, "environment"))};
            },
            "name"};
}

Listing scopes() {
    return {"/v1/scopes",
            [](const json::value& row) {
                const auto name = field(row, "name");
                return std::vector{name + ":r", name + ":w"};
            },
            "display_name"};
}

/// Bindings and tickets, by the beginning of their ids.
Listing short_ids(std::string_view path) {
    return {std::string{path}, [](const json::value& row) { return std::vector{short_id(row)}; }, "connection"};
}

/// A pair goes by its client ID; those of one identity by their connection.
Listing pairs() {
    return {"/v1/pairs",
            [](const json::value& row) { return std::vector{field(row, "client_id"), field(row, "connection")}; },
            "connection"};
}

/// What the connection has that stands before.
Listing of_connection(const std::vector<std::string>& before, std::string_view what, std::string_view word) {
    const auto path = connection_path(before.empty() ? "" : before.front(), what);
    return {path ? *path : std::string{}, member_named(word), "state"};
}

Listing role_scope(const std::vector<std::string>& before) {
    const auto role = before.empty() ? std::string_view{} : std::string_view{before.front()};
    if (role == "developer") return listing("/v1/apps", "app", "organization");
    return role == "tenant-admin" ? tenants() : Listing{};
}

Listing listing_of(const Completion& completion) {
    switch (completion.source) {
        case Source::apps: return listing("/v1/apps", "app", "organization");
        case Source::bindings: return short_ids("/v1/bindings");
        case Source::connections: return connections_like(completion.typed);
        case Source::environments: return listing("/v1/environments", "environment", "kind");
        case Source::key_slots: return listing("/v1/key-slots", "label", "kind");
        case Source::pairs: return pairs();
        case Source::public_keys: return of_connection(completion.arguments, "/keys", "kid");
        case Source::role_scope: return role_scope(completion.arguments);
        case Source::scopes: return scopes();
        case Source::secrets: return of_connection(completion.arguments, "/secrets", "prefix");
        case Source::tenants: return tenants();
        case Source::tickets: return short_ids("/v1/tickets");
        default: return {};
    }
}

/// A word that a shell takes as it stands, so that nothing which was stored by somebody else can become a command.
bool is_plain(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-_./:@"}.contains(c);
    });
}

class Found {
public:
    explicit Found(const Completion& completion) : completion_(completion), candidates_(completion.candidates) {}

    void add(const Listing& listing, const json::value& row) {
        for (const auto& word : listing.words(row)) {
            if (!is_plain(word) || !word.starts_with(completion_.typed)) continue;
            const auto whole = completion_.prefix + word;
            if (std::ranges::find(candidates_, whole, &Candidate::word) != candidates_.end()) continue;
            candidates_.push_back({whole, listing.about.empty() ? std::string{} : field(row, listing.about)});
        }
    }
    [[nodiscard]] std::vector<Candidate> take() && { return std::move(candidates_); }

private:
    const Completion& completion_;
    std::vector<Candidate> candidates_;
};

/// Its own options: what was typed so far says which daemon, and nothing is to be remarked.
GlobalOptions options_for(const Context& context, const Completion& completion) {
    auto options = context.options();
    options.quiet = true;
    options.user = options.user || completion.user;
    options.system = options.system || completion.system;
    return options;
}

}  // namespace

bool knows_argument(std::string_view verb, std::string_view name) { return argument_of(verb, name) != nullptr; }

Source source_of(std::string_view verb, std::string_view name) {
    const auto* const found = argument_of(verb, name);
    return found == nullptr ? Source::free_text : found->source;
}

std::vector<Candidate> candidates_of(const Context& context, const Completion& completion) {
    Found found{completion};
    const auto listing = listing_of(completion);
    if (listing.target.empty()) return std::move(found).take();
    Context asks{options_for(context, completion), context.terminal()};
    const auto end = Clock::now() + patience;
    auto call = Call::get(listing.target);
    while (!call.target.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) break;
        call.time_limit = left;
        const auto page = asks.ask(call);
        if (!page) break;
        for (const auto& row : elements(page->tree)) found.add(listing, row);
        call.target = page->next;
    }
    return std::move(found).take();
}

}  // namespace jeton::cli
