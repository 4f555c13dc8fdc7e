/// Who did what: audit list|verify|export|prune.
#include <algorithm>
#include <ctime>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "cli/audit_table.hpp"
#include "cli/context.hpp"
#include "cli/follow.hpp"
#include "cli/input_file.hpp"
#include "cli/known_heads.hpp"
#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct ListArgs {
    std::string tenant, connection, user, event, result, since, until;
    std::optional<std::int64_t> limit;
    bool follow = false;
};

int list(Context& context, const ListArgs& args) {
    const auto now = std::time(nullptr);
    Query query{{"tenant", args.tenant},
                {"connection", args.connection},
                {"user", args.user},
                {"event", args.event},
                {"result", args.result},
                {"since", time_or_age(args.since, now)},
                {"until", time_or_age(args.until, now)}};
    if (args.follow) return follow_audit(context, std::move(query));
    if (args.limit) query.emplace_back("newest", std::to_string(*args.limit));
    const auto answer = context.ask_all(Call::get("/v1/audit", query));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.show(audit_table(elements(answer->tree)), "no entry is like that");
    return exit_code::done;
}

/// The whole chain is walked, piece by piece: the daemon serves others in between.
Result<Document> verified_chain(Context& context) {
    Progress progress{context};
    auto call = Call::get("/v1/audit/verify");
    while (true) {
        auto answer = context.ask(call);
        if (!answer || answer->next.empty()) {
            progress.clear();
            return answer;
        }
        progress.show(fmt::format("verified {} entries; the last is {}", field(answer->tree, "entries"),
                                  field(member(answer->tree, "head"), "sequence")));
        call.target = answer->next;
    }
}

constexpr std::size_t heads_limit = 256UZ * 1024 * 1024;
constexpr std::size_t heads_of_a_request = 100;

Call comparison_of(std::span<const KnownHead> heads) {
    json::array entries;
    for (const auto& head : heads) {
        json::object entry{{"sequence", head.sequence}, {"hash", head.hash}};
        add_text(entry, "signature", head.signature);
        entries.push_back(std::move(entry));
    }
    json::object body;
    body["entries"] = std::move(entries);
    auto call = Call::change("/v1/audit/compare", std::move(body));
    call.changes = false;
    return call;
}

/// How many of what was kept stand in the chain; a failure that names the first entry that does not.
Result<std::int64_t> compare(Context& context, const std::string& file) {
    const auto text = read_input(file, heads_limit, "give it in parts: each is compared by itself");
    if (!text) return std::unexpected{text.error()};
    const auto heads = known_heads(*text);
    std::int64_t equal = 0;
    std::int64_t foreign = 0;
    for (std::span rest{heads}; !rest.empty(); rest = rest.subspan(std::min(rest.size(), heads_of_a_request))) {
        const auto answer = context.ask(comparison_of(rest.first(std::min(rest.size(), heads_of_a_request))));
        if (!answer) return std::unexpected{answer.error()};
        equal += integer(answer->tree, "equal").value_or(0);
        foreign += integer(answer->tree, "foreign").value_or(0);
    }
    if (equal > 0 && foreign > 0) {
        context.remark(fmt::format(
            "{} heads are signed by another key and prove nothing here: they are of another store, or of this one when "
            "it had another root key (jeton audit list --event key.rotated)",
            foreign));
    }
    if (equal > 0) return equal;
    // Nothing that could have shown a difference: this must not pass for a good end.
    return refuse("bad_input",
                  foreign > 0 ? fmt::format("{} holds heads of another store only", printable(file))
                              : fmt::format("{} holds no entry and no signed head of this audit", printable(file)),
                  "give what was kept off this host: the output of jeton audit export, or of journalctl -o json");
}

int verify(Context& context, const std::string& against) {
    const auto answer = verified_chain(context);
    if (!answer) return context.fail(answer.error());
    if (!against.empty()) {
        const auto equal = compare(context, against);
        if (!equal) return context.fail(equal.error());
        context.say(fmt::format("{} entries and heads of {} stand in the chain", *equal, printable(against)));
    }
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto& head = member(answer->tree, "head");
    context.write(fmt::format("verified {} entries; the last is {} with hash {}\n", field(answer->tree, "entries"),
                              field(head, "sequence"), field(head, "hash")));
    const auto& checkpoint = member(answer->tree, "checkpoint");
    if (checkpoint.is_object()) {
        context.write(fmt::format("pruned by {} at {}: the first entry follows {} with hash {}\n",
                                  field(checkpoint, "by"), field(checkpoint, "at"), field(checkpoint, "sequence"),
                                  field(checkpoint, "hash")));
    }
    return exit_code::done;
}

struct ExportArgs {
    std::string since, until;
};

/// The head is asked for first, so that it is that of the last line before it. A file without it is incomplete.
int export_lines(Context& context, const ExportArgs& args) {
    const auto verified = verified_chain(context);
    if (!verified) return context.fail(verified.error());
    const auto& head = member(verified->tree, "head");
    const auto last = integer(head, "sequence").value_or(0);
    const auto now = std::time(nullptr);
    auto call = Call::get("/v1/audit/export",
                          {{"since", time_or_age(args.since, now)}, {"until", time_or_age(args.until, now)}});
    while (!call.target.empty() && !context.output_failed()) {
        const auto page = context.ask(call);
        if (!page) return context.fail(page.error());
        call.target = page->next == call.target ? std::string{} : page->next;
        for (const auto& entry : elements(page->tree)) {
            if (integer(entry, "sequence").value_or(0) <= last) context.write_line(entry);
        }
    }
    json::object line;
    line["head"] = head;
    context.write_line(json::value(std::move(line)));
    return exit_code::done;
}

/// The answer to the last piece, which speaks for all of them.
Document pruned_in_pieces(const Document& last, std::int64_t pruned) {
    auto tree = last.tree;
    auto& answer = tree.as_object();
    answer["pruned"] = pruned;
    answer["message"] = fmt::format("{} entries are gone; the chain goes on from entry {}.", pruned,
                                    field(member(last.tree, "checkpoint"), "sequence"));
    return {to_text(tree), std::move(tree), {}};
}

int prune(Context& context, const std::string& before) {
    const auto time = time_or_age(before, std::time(nullptr));
    const auto refused = context.confirm(
        fmt::format("Pruning removes all audit entries before {} for good; jeton audit export --until {} keeps a copy.",
                    time, time));
    if (refused) return context.fail(*refused);
    json::object body;
    add_text(body, "before", time);
    Progress progress{context};
    for (std::int64_t pruned = 0;;) {
        auto answer = context.ask(Call::change("/v1/audit/prune", body));
        if (!answer) {
            progress.clear();
            return context.fail(answer.error());
        }
        pruned += integer(answer->tree, "pruned").value_or(0);
        if (field(answer->tree, "more") == "yes") {
            progress.show(fmt::format("{} entries are gone", pruned));
            continue;
        }
        progress.clear();
        if (pruned == integer(answer->tree, "pruned").value_or(0)) return context.report(answer);
        return context.report(pruned_in_pieces(*answer, pruned));
    }
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
        .choice("--result", args->result, {"done", "refused"}, "Only what was done, or what was refused")
        .option("--since", args->since, "T", "From this time on: RFC 3339, or an age such as 24h")
        .option("--until", args->until, "T", "Before this time")
        .number("--limit", args->limit, "The newest so many")
        .flag("--follow", args->follow,
              "Show entries as they come, from now on or from --since on, until Ctrl-C; with --json one object a line")
        .either("--follow", "--until")
        .either("--follow", "--limit")
        .runs([args](Context& context) { return list(context, *args); });
    const auto against = std::make_shared<std::string>();
    line.verb("audit verify",
              "Check that no entry was changed, added or taken out.\n"
              "With --against also that the store was not put back to an earlier day together with its anchor.",
              "journalctl -o json -t jeton-vault | jeton audit verify --against -")
        .option("--against", *against, "FILE",
                "What was kept off this host: jeton audit export, journalctl -o json, or a log; -: stdin")
        .runs([against](Context& context) { return verify(context, *against); });
    const auto exported = std::make_shared<ExportArgs>();
    line.verb("audit export",
              "Print entries with their hashes as JSON, one a line.\n"
              "The last line is the signed head of the chain; where it is missing, the export is incomplete.",
              "jeton audit export --since 30d > audit.jsonl")
        .option("--since", exported->since, "T", "From this time on: RFC 3339, or an age such as 24h")
        .option("--until", exported->until, "T", "Before this time")
        .runs([exported](Context& context) { return export_lines(context, *exported); });
    const auto before = std::make_shared<std::string>();
    line.verb("audit prune", "! Remove old entries for good", "jeton audit prune --before 365d --yes")
        .needs_option("--before", *before, "T", "Entries before this time: RFC 3339, or an age such as 365d")
        .runs([before](Context& context) { return prune(context, *before); });
}

}  // namespace jeton::cli
