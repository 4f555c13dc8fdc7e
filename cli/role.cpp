/// Who may do what: role grant|revoke|list|matrix.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

const std::vector<std::string> roles{"operator", "auditor", "developer", "tenant-admin"};

/// One role of one user or group.
struct RoleArgs {
    std::string role;
    std::string of;  ///< the app of a developer, the tenant of a tenant admin
    Identity holder;
    std::optional<std::int64_t> expires_in;
};

/// What a role is of, as the daemon names it; empty: the whole daemon.
std::string_view subject_of(std::string_view role) {
    if (role == "developer") return "app";
    return role == "tenant-admin" ? "tenant" : "";
}

Result<json::object> body_of(const RoleArgs& args, std::string_view verb) {
    const auto subject = subject_of(args.role);
    if (subject.empty() && !args.of.empty()) {
        return refuse_usage(fmt::format("role {} is of the whole daemon: nothing stands behind it", args.role),
                            fmt::format("jeton role {} {} --user U", verb, args.role));
    }
    // A developer of no app in particular may create apps; a tenant's admin is always of one tenant.
    if (subject == "tenant" && args.of.empty()) {
        return refuse_usage(fmt::format("role {} is of one tenant: name it", args.role),
                            fmt::format("jeton role {} {} TENANT@ENVIRONMENT --user U", verb, args.role));
    }
    if (args.holder.empty()) {
        return refuse_usage("say whose role it is", fmt::format("jeton role {} {} {}--user U, or --group G", verb,
                                                                args.role, args.of.empty() ? "" : args.of + " "));
    }
    json::object body;
    add_text(body, "role", args.role);
    add_text(body, subject, args.of);
    add_identity(body, args.holder);
    return body;
}

int grant(Context& context, const RoleArgs& args) {
    auto body = body_of(args, "grant");
    if (!body) return context.fail(body.error());
    if (args.expires_in) (*body)["expires_in"] = *args.expires_in;
    const auto answer = context.ask(Call::change("/v1/roles", *std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    context.say(field(answer->tree, "message"));
    context.warn(answer->tree);
    return exit_code::done;
}

int revoke(Context& context, const RoleArgs& args) {
    auto body = body_of(args, "revoke");
    if (!body) return context.fail(body.error());
    return context.report(context.ask(Call::change("/v1/roles/revoke", *std::move(body))));
}

struct ListArgs {
    std::string role;
    Identity holder;
};

std::string expiry_cell(const json::value& role) {
    auto text = field(role, "expires_at");
    if (field(role, "expired") == "yes") text += " (expired)";
    return text;
}

int list(Context& context, const ListArgs& args) {
    const auto answer = context.ask_all(
        Call::get("/v1/roles", {{"user", args.holder.user}, {"group", args.holder.group}, {"role", args.role}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"ROLE", "OF", "WHO", "EXPIRES", "GRANTED", "BY"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({field(one, "role"), field(one, "app") + field(one, "tenant"), identity_text(one),
                              expiry_cell(one), field(one, "created_at"), field(one, "created_by")});
    }
    context.show(table, "no such role is granted; jeton role grant --help");
    return exit_code::done;
}

std::string states_cell(const json::value& verb) {
    if (raw_field(verb, "about") != "connection") return {};
    const auto states = joined(verb, "states", ", ");
    return states.empty() ? "any" : states;
}

int matrix(Context& context) {
    const auto answer = context.ask_all(Call::get("/v1/roles/matrix"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"VERB", "ROLES", "STATES"}, {}};
    for (const auto& one : elements(answer->tree)) {
        const auto command = field(one, "command");
        table.rows.push_back(
            {command.empty() ? field(one, "verb") : command, joined(one, "roles", ", "), states_cell(one)});
    }
    context.show(table, "the daemon names no verb");
    return exit_code::done;
}

}  // namespace

void add_role_verbs(CommandLine& line) {
    line.noun("role", "Who may do what");
    constexpr auto of = "APP for a developer, TENANT@ENVIRONMENT for a tenant-admin";
    const auto granted = std::make_shared<RoleArgs>();
    auto grants = line.verb("role grant", "Give a user or a group a role; no role gets tokens",
                            "jeton role grant developer dispatcher --group developers --expires 30d")
                      .needs_one("ROLE", granted->role, roles, "The role")
                      .may_have("OF", granted->of, of);
    takes_user_and_group(grants, granted->holder)
        .either("--user", "--group")
        .duration("--expires", granted->expires_in, "How long it lasts, such as 30d; without it, until it is revoked",
                  {.least = 60})
        .runs([granted](Context& context) { return grant(context, *granted); });
    const auto revoked = std::make_shared<RoleArgs>();
    auto revokes =
        line.verb("role revoke", "Take a role back", "jeton role revoke tenant-admin 1234567@production --user worker")
            .needs_one("ROLE", revoked->role, roles, "The role")
            .may_have("OF", revoked->of, of);
    takes_user_and_group(revokes, revoked->holder).either("--user", "--group").runs([revoked](Context& context) {
        return revoke(context, *revoked);
    });
    const auto listed = std::make_shared<ListArgs>();
    auto lists = line.verb("role list", "List who has which role", "jeton role list --role operator")
                     .choice("--role", listed->role, roles, "Only this role");
    takes_user_and_group(lists, listed->holder).runs([listed](Context& context) { return list(context, *listed); });
    line.verb("role matrix", "Show which roles each verb takes, and in which states of a connection",
              "jeton role matrix")
        .runs(matrix);
}

}  // namespace jeton::cli
