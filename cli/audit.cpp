/// Who did what: audit list|verify.
#include <ctime>
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct ListArgs {
    std::string tenant, connection, user, event, since, until;
    std::optional<std::int64_t> limit;
};

std::string actor_text(const json::value& entry) {
    const auto& actor = member(entry, "actor");
    const auto user = field(actor, "user");
    return user.empty() ? "uid " + field(actor, "uid") : user;
}

int list(Context& context, const ListArgs& args) {
    const auto now = std::time(nullptr);
    const auto answer = context.ask(Call::get("/v1/audit", {{"tenant", args.tenant},
                                                            {"connection", args.connection},
                                                            {"user", args.user},
                                                            {"event", args.event},
                                                            {"since", time_or_age(args.since, now)},
                                                            {"until", time_or_age(args.until, now)},
                                                            {"limit", args.limit ? std::to_string(*args.limit) : ""}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"#", "AT", "WHO", "EVENT", "SUBJECT", "RESULT", "COUNT"}, {}};
    for (const auto& entry : elements(answer->tree)) {
        table.rows.push_back({field(entry, "sequence"), field(entry, "at"), actor_text(entry), field(entry, "event"),
                              field(entry, "subject"), field(entry, "result"), field(entry, "count")});
    }
    if (table.rows.empty())
        context.remark("no such entry");
    else
        context.write(table.text(context.terminal().width, context.terminal().color));
    return exit_code::done;
}

int verify(Context& context) {
    auto call = Call::get("/v1/audit/verify");
    call.time_limit = std::chrono::minutes{10};
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto& head = member(answer->tree, "head");
    context.write(fmt::format("verified {} entries; the last is {} with hash {}\n", field(answer->tree, "entries"),
                              field(head, "sequence"), field(head, "hash")));
    return exit_code::done;
}

}  // namespace

void add_audit_verbs(CommandLine& line) {
    line.noun("audit", "Who did what, when");
    const auto args = std::make_shared<ListArgs>();
    line.verb("audit list", "List audit entries", "jeton audit list --event 'secret.*' --since 7d")
        .option("--tenant", args->tenant, "T@E", "Only what concerns this tenant")
        .option("--connection", args->connection, "C", "Only what concerns this connection")
        .option("--user", args->user, "U", "Only what this user did")
        .option("--event", args->event, "GLOB", "Only these events, such as 'secret.*'")
        .option("--since", args->since, "T", "From this time on: RFC 3339, or an age such as 24h")
        .option("--until", args->until, "T", "Up to this time")
        .number("--limit", args->limit, "At most so many")
        .runs([args](Context& context) { return list(context, *args); });
    line.verb("audit verify", "Check that no entry was changed, added or taken out", "jeton audit verify").runs(verify);
}

}  // namespace jeton::cli
