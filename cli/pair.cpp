/// Local pairs, which programs present in place of a portal's: pair create|list|revoke.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct CreateArgs {
    std::string connection;
    Identity identity;
    std::optional<std::int64_t> expires_in;
};

int create(Context& context, const CreateArgs& args) {
    const auto path = connection_path(args.connection, "/pairs");
    if (!path) return context.fail(path.error());
    if (args.identity.empty()) {
        return context.fail(refuse_usage("say who may present it: --user, --group or --unit; of several all must hold",
                                         fmt::format("jeton pair create {} --user U", args.connection))
                                .error());
    }
    json::object body;
    add_identity(body, args.identity);
    if (args.expires_in) body["expires_in"] = *args.expires_in;
    const auto answer = context.ask(Call::change(*path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    context.reveal("Client secret", raw_field(answer->tree, "client_secret"), field(answer->tree, "message"),
                   {{"Connection", field(answer->tree, "connection")},
                    {"For", identity_text(answer->tree)},
                    {"Expires", field(answer->tree, "expires_at")},
                    {"Client ID", field(answer->tree, "client_id")}});
    return exit_code::done;
}

int list(Context& context, const std::string& connection) {
    if (!connection.empty()) {
        if (const auto path = connection_path(connection); !path) return context.fail(path.error());
    }
    const auto answer = context.ask_all(Call::get("/v1/pairs", {{"connection", connection}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"CLIENT ID", "CONNECTION", "IDENTITY", "STATE", "EXPIRES", "LAST USED"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({field(one, "client_id"), field(one, "connection"), identity_text(one),
                              field(one, "state"), field(one, "expires_at"), field(one, "last_used_at")});
    }
    context.show(table, "no local pair; jeton pair create --help");
    return exit_code::done;
}

struct RevokeArgs {
    std::string which;  ///< a client ID, or the connection of the pairs of `identity`
    Identity identity;
};

Result<Document> revoke_one(Context& context, std::string_view client_id) {
    return context.ask(Call::remove("/v1/pairs/" + percent_encoded(client_id)));
}

/// `typed` is the user or group of `pair`, by name or by number; both may be none.
bool is_same(const json::value& pair, std::string_view name, std::string_view number, std::string_view typed) {
    return raw_field(pair, name) == typed || (!typed.empty() && field(pair, number) == typed);
}

bool is_whole_identity(const json::value& pair, const Identity& identity) {
    return is_same(pair, "user", "user_id", identity.user) && is_same(pair, "group", "group_id", identity.group) &&
           raw_field(pair, "unit") == identity.unit;
}

/// The active pairs of exactly this identity: what was made for the user in one unit is not what was made for the user.
Result<std::vector<std::string>> pairs_of(Context& context, const RevokeArgs& args) {
    const auto answer = context.ask_all(Call::get("/v1/pairs", {{"connection", args.which}}));
    if (!answer) return std::unexpected{answer.error()};
    std::vector<std::string> client_ids;
    for (const auto& pair : elements(answer->tree)) {
        if (raw_field(pair, "state") == "active" && is_whole_identity(pair, args.identity))
            client_ids.emplace_back(raw_field(pair, "client_id"));
    }
    if (client_ids.empty()) {
        return refuse("not_found", fmt::format("{} has no active pair of exactly this identity", args.which),
                      fmt::format("jeton pair list {}", args.which));
    }
    return client_ids;
}

int revoke_all_of(Context& context, const RevokeArgs& args) {
    if (const auto path = connection_path(args.which); !path) return context.fail(path.error());
    if (args.identity.empty()) {
        return context.fail(refuse_usage("say whose pair: --user, --group or --unit, or give its client ID",
                                         fmt::format("jeton pair list {}", args.which))
                                .error());
    }
    const auto client_ids = pairs_of(context, args);
    if (!client_ids) return context.fail(client_ids.error());
    json::array revoked;
    for (const auto& client_id : *client_ids) {
        auto answer = revoke_one(context, client_id);
        if (!answer) return context.fail(answer.error());
        context.say(field(answer->tree, "message"));
        revoked.push_back(std::move(answer->tree));
    }
    json::value tree(std::move(revoked));
    auto text = to_text(tree);
    (void)context.wrote_json({std::move(text), std::move(tree)});
    return exit_code::done;
}

int revoke(Context& context, const RevokeArgs& args) {
    if (args.which.contains('/')) return revoke_all_of(context, args);
    if (!args.identity.empty()) {
        return context.fail(
            refuse_usage("a client ID names one pair: --user, --group and --unit stand behind a connection",
                         fmt::format("jeton pair revoke {}", args.which))
                .error());
    }
    return context.report(revoke_one(context, args.which));
}

}  // namespace

void add_pair_verbs(CommandLine& line) {
    line.noun("pair",
              "Local pairs: a client ID and secret for programs that cannot do without, good on this host only");
    const auto created = std::make_shared<CreateArgs>();
    auto creates = line.verb("pair create",
                             "Make a pair that one user, group or unit may present; the secret is shown once.\n"
                             "Where stdout is no terminal, the secret alone and a newline; the rest on stderr.",
                             "jeton pair create dispatcher/1234567@production --user worker")
                       .needs("CONNECTION", created->connection, "APP/TENANT@ENVIRONMENT");
    takes_identity(creates, created->identity)
        .duration("--expires", created->expires_in, "How long it lasts, such as 30d", {.least = 60})
        .runs([created](Context& context) { return create(context, *created); });
    const auto listed = std::make_shared<std::string>();
    line.verb("pair list", "List local pairs, never by secret", "jeton pair list dispatcher/1234567@production")
        .may_have("CONNECTION", *listed, "Only of this connection")
        .runs([listed](Context& context) { return list(context, *listed); });
    const auto revoked = std::make_shared<RevokeArgs>();
    auto revokes = line.verb("pair revoke", "End a pair, or the pairs of one identity at a connection",
                             "jeton pair revoke dispatcher/1234567@production --user worker")
                       .needs("PAIR", revoked->which, "Its client ID, or APP/TENANT@ENVIRONMENT and whose it is");
    takes_identity(revokes, revoked->identity).runs([revoked](Context& context) { return revoke(context, *revoked); });
}

}  // namespace jeton::cli
