/// Pairs of all apps and tenants: connection list|show|edit.
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/connection_cells.hpp"
#include "cli/consent.hpp"
#include "cli/context.hpp"
#include "cli/form_fields.hpp"
#include "cli/identity.hpp"
#include "cli/scope_lines.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct ListArgs {
    std::string app, tenant, environment, state;
    bool missing_secret = false;
    bool new_version = false;
    std::optional<std::int64_t> unused_for, limit;
};

int list(Context& context, const ListArgs& args) {
    auto call = Call::get("/v1/connections", {{"app", args.app},
                                              {"tenant", args.tenant},
                                              {"environment", args.environment},
                                              {"state", args.state},
                                              {"missing_secret", args.missing_secret ? "true" : ""},
                                              {"new_version", args.new_version ? "true" : ""},
                                              {"unused_for", args.unused_for ? std::to_string(*args.unused_for) : ""}});
    const auto answer = context.ask_all(std::move(call), args.limit);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"CONNECTION", "STATUS", "CLIENT ID", "CLIENT SECRET", "API SCOPES VERSION", "LAST USED"}, {}};
    Advice advice;
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({field(one, "connection"), field(one, "status"), field(one, "client_id_cell"),
                              field(one, "client_secret_cell"), version_cell(one), last_used_text(one)});
        for (const auto& secret : elements(member(one, "secrets"))) advice.add(field(secret, "hint"));
    }
    context.show(table, "no connection is like that");
    advice.write(context);
    return exit_code::done;
}

std::string section(std::string_view title, const std::string& text, const Terminal& terminal) {
    return text.empty() ? std::string{} : "\n" + painted(title, Style::bold, terminal.color) + "\n" + text;
}

std::string table_text(const Table& table, const Terminal& terminal) {
    return table.rows.empty() ? std::string{} : table.text(terminal.width);
}

std::string secrets_text(const json::value& connection, const Terminal& terminal) {
    Table table{{"PREFIX", "STATE", "CREATED", "BY", "LAST USED", "DEACTIVATES"}, {}};
    for (const auto& one : elements(member(connection, "secrets"))) {
        table.rows.push_back({field(one, "prefix") + "...", field(one, "state"), field(one, "created_at"),
                              field(one, "created_by"), last_used_text(one), field(one, "deactivates_at")});
    }
    return table_text(table, terminal);
}

std::string bindings_text(const json::value& connection, const Terminal& terminal) {
    Table table{{"ID", "CONNECTION", "IDENTITY", "EXPIRES"}, {}};
    for (const auto& one : elements(member(connection, "bindings"))) {
        table.rows.push_back({short_id(one), field(one, "connection"), identity_text(one), field(one, "expires_at")});
    }
    return table_text(table, terminal);
}

std::string pairs_table(const json::value& connection, const Terminal& terminal) {
    Table table{{"CLIENT ID", "STATE", "IDENTITY", "EXPIRES", "LAST USED"}, {}};
    for (const auto& one : elements(member(connection, "pairs"))) {
        table.rows.push_back({field(one, "client_id"), field(one, "state"), identity_text(one),
                              field(one, "expires_at"), last_used_text(one)});
    }
    return table_text(table, terminal);
}

/// Where the token endpoint gives less than the tenant allowed.
std::string lesser_grant_text(const json::value& connection) {
    if (!member(connection, "granted_scopes").is_array()) return {};
    const auto granted = joined(connection, "granted_scopes", ", ");
    return granted.empty() ? "none of the scopes below" : fmt::format("only {}", granted);
}

std::string connection_text(const json::value& one, const Terminal& terminal) {
    auto text = pairs_text({{"connection", field(one, "connection")},
                            {"kind", field(one, "kind")},
                            {"status", field(one, "status")},
                            {"state", field(one, "state")},
                            {"client ID", field(one, "client_id_cell")},
                            {"client secret", field(one, "client_secret_cell")},
                            {"API scopes version", version_cell(one)},
                            {"allowed by tenant", allowed_cell(one)},
                            {"on the app's list", field(one, "listed")},
                            {"form fields", form_fields_text(one)},
                            {"granted upstream", lesser_grant_text(one)},
                            {"note", field(one, "note")},
                            {"consent", consent_text(member(one, "consent"))},
                            {"paused by", pauses_text(member(one, "pauses"))},
                            {"last used", last_used_text(one)},
                            {"hint", field(one, "hint")}});
    std::vector<ScopeLine> scopes;
    add_scope_lines(scopes, elements(member(one, "scopes")), Mark::none);
    text += section("API scopes", scope_lines_text(scopes, terminal), terminal);
    text += section("Client secrets", secrets_text(one, terminal), terminal);
    text += section("Client keys", table_text(client_keys_table(member(one, "keys")), terminal), terminal);
    text += section("Bindings", bindings_text(one, terminal), terminal);
    text += section("Local pairs", pairs_table(one, terminal), terminal);
    return text;
}

struct ShowArgs {
    std::string connection, client_id;
};

/// The connection that is meant, by its name or its client ID.
Result<std::string> connection_meant(Context& context, const ShowArgs& args) {
    constexpr auto* forms = "jeton connection show APP/TENANT@ENVIRONMENT, or --client-id ID";
    if (args.connection.empty() == args.client_id.empty())
        return refuse_usage("name one connection, or one client ID", forms);
    if (args.client_id.empty()) return args.connection;
    const auto found = context.ask(Call::get("/v1/connections", {{"client_id", args.client_id}}));
    if (!found) return std::unexpected{found.error()};
    const auto& rows = elements(found->tree);
    if (rows.empty())
        return refuse("not_found", "no connection has this client ID", "jeton connection list; jeton secret identify");
    if (rows.size() > 1) {
        std::vector<std::string> names;
        for (const auto& row : rows) names.push_back(field(row, "connection"));
        return refuse("bad_input", fmt::format("{} connections have this client ID", rows.size()),
                      fmt::format("jeton connection show with one of: {}", fmt::join(names, ", ")));
    }
    return std::string{raw_field(rows.front(), "connection")};
}

int show(Context& context, const ShowArgs& args) {
    const auto connection = connection_meant(context, args);
    if (!connection) return context.fail(connection.error());
    const auto path = connection_path(*connection);
    if (!path) return context.fail(path.error());
    const auto answer = context.ask(Call::get(*path));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(connection_text(answer->tree, context.terminal()));
    return exit_code::done;
}

struct EditArgs {
    std::string connection;
    std::vector<std::string> form_fields;
};

int edit(Context& context, const EditArgs& args) {
    const auto path = connection_path(args.connection);
    if (!path) return context.fail(path.error());
    if (args.form_fields.empty()) {
        return context.fail(
            refuse_usage("say what becomes different: --form-field", "jeton connection edit --help").error());
    }
    json::object body;
    if (const auto added = add_form_fields(body, args.form_fields); !added) return context.fail(added.error());
    const auto answer = context.ask(Call::edit(*path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto fields = form_fields_text(answer->tree);
    context.say(fmt::format("{} is asked for with {}", field(answer->tree, "connection"),
                            fields.empty() ? "the pair alone" : fields));
    return exit_code::done;
}

}  // namespace

void add_connection_verbs(CommandLine& line) {
    line.noun("connection", "Client IDs and secrets of all apps and tenants");
    const auto listed = std::make_shared<ListArgs>();
    line.verb("connection list", "List connections, such as those that miss something",
              "jeton connection list --app dispatcher --missing-secret")
        .option("--app", listed->app, "A", "Only of this app")
        .option("--tenant", listed->tenant, "T", "Only of this tenant: TENANT, or TENANT@ENVIRONMENT")
        .option("--environment", listed->environment, "E", "Only in this environment")
        .choice("--state", listed->state, {"not-connected", "connected", "disabled"}, "Only in this state")
        .flag("--missing-secret", listed->missing_secret, "Only where a client secret is missing")
        .flag("--new-version", listed->new_version, "Only where the app has a newer version than was accepted")
        .duration("--unused-for", listed->unused_for, "Only what nobody used for so long, such as 90d, or ever")
        .number("--limit", listed->limit, "At most so many")
        .runs([listed](Context& context) { return list(context, *listed); });
    const auto shown = std::make_shared<ShowArgs>();
    line.verb("connection show", "Show one connection: pair, scopes, consent, who may use it",
              "jeton connection show dispatcher/1234567@integration")
        .may_have("CONNECTION", shown->connection, "APP/TENANT@ENVIRONMENT")
        .option("--client-id", shown->client_id, "ID", "Instead: the connection that has this client ID")
        .runs([shown](Context& context) { return show(context, *shown); });
    const auto edited = std::make_shared<EditArgs>();
    line.verb("connection edit", "Change what is sent to the token endpoint beside the pair",
              "jeton connection edit dispatcher/1234567@production --form-field tenant=1234567")
        .needs("CONNECTION", edited->connection, "APP/TENANT@ENVIRONMENT")
        .edited_list("--form-field", edited->form_fields, "NAME=VALUE",
                     "A field of the form, no secret, instead of those so far; may be repeated; '': none")
        .runs([edited](Context& context) { return edit(context, *edited); });
}

}  // namespace jeton::cli
