/// A whole configuration as files: apply, export.
#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/apply_plan.hpp"
#include "cli/apply_report.hpp"
#include "cli/apply_run.hpp"
#include "cli/context.hpp"
#include "cli/declared_file.hpp"
#include "cli/present_state.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct ApplyArgs {
    std::string file;
    bool prune = false;
    bool dry_run = false;
};

/// Whoever is asked reads what ends; without somebody to ask it is said that a dry run tells.
std::optional<Failure> confirm_removals(const Context& context, const std::vector<Step>& steps) {
    constexpr std::size_t named = 3;
    std::string details;
    std::vector<std::string> names;
    for (const auto& step : steps) {
        if (step.action != StepAction::remove) continue;
        details += text_of(step, {.result = StepResult::pending}, context.terminal());
        if (names.size() < named) names.push_back(fmt::format("{} {}", word_of(step.kind), printable(step.name)));
    }
    const auto count = std::ranges::count(steps, StepAction::remove, &Step::action);
    if (count == 0 && context.will_ask()) return std::nullopt;
    return context.confirm(fmt::format("--prune removes what the files do not name: {}{}{}", count,
                                       count == 0 ? " objects, for now" : ": ", fmt::join(names, "; ")) +
                               (static_cast<std::size_t>(count) > named ? "; …" : "") + ". --dry-run shows all of it.",
                           details);
}

int apply(Context& context, const ApplyArgs& args) {
    const auto declarations = read_declared(args.file);
    if (!declarations) return context.fail(declarations.error());
    if (declarations->kinds.empty()) {
        return context.fail(refuse("bad_input", fmt::format("nothing is declared in {}", printable(args.file)),
                                   "write [[environment]], [[app]] and so on; jeton export shows how it looks")
                                .error());
    }
    auto kinds = with_needed(declarations->kinds);
    if (args.prune) kinds.insert(Kind::connection);  // what a removal would take with it
    const auto present = ask_present(context, kinds);
    if (!present) return context.fail(present.error());
    const auto steps = plan_of(*declarations, *present, {.prune = args.prune, .now = std::int64_t{std::time(nullptr)}});
    const bool is_refused = std::ranges::count(steps, StepAction::refuse, &Step::action) > 0;
    if (args.prune && !args.dry_run && !is_refused) {
        if (const auto refused = confirm_removals(context, steps)) return context.fail(*refused);
    }
    return run_plan(context, steps, args.dry_run);
}

json::object document_of(const Declarations& declarations) {
    json::object document;
    for (const auto kind : all_kinds) {
        auto& list = document[word_of(kind)].emplace_array();
        for (const auto& object : declarations.objects) {
            if (object.kind != kind) continue;
            auto fields = object.fields;
            if (auto* const end = fields.if_contains("expires_at")) *end = rfc3339(end->as_int64());
            list.push_back(std::move(fields));
        }
    }
    return document;
}

/// What a file can say, of what is there.
class Exporter {
public:
    explicit Exporter(std::int64_t now) : now_(now) { out_.kinds.insert(all_kinds.begin(), all_kinds.end()); }

    void add(const std::vector<Present>& present) {
        for (const auto& one : present) {
            if (one.kind == Kind::connection && !one.listed) off_list_.insert(name_of(one.kind, one.fields));
        }
        for (const auto& one : present) {
            if (is_wanted(one)) out_.objects.push_back({.kind = one.kind, .fields = one.fields});
        }
    }

    [[nodiscard]] const Declarations& declarations() const { return out_; }

    void remark(const Context& context) const {
        if (ended_ > 0) context.remark(fmt::format("{} bindings and roles whose time is over are left out", ended_));
        if (off_list_.empty()) return;
        context.remark(
            fmt::format("{} connections that their app does not list any more are left out, with {} bindings",
                        off_list_.size(), unlisted_bindings_));
    }

private:
    bool is_wanted(const Present& one) {
        const auto* const end = one.fields.if_contains("expires_at");
        if (end != nullptr && end->as_int64() <= now_ + least_life) {
            ++ended_;
            return false;
        }
        switch (one.kind) {
            case Kind::scope: return one.state == "added";
            case Kind::connection: return one.listed;
            case Kind::binding:
                if (!off_list_.contains(text_of(one.fields, "connection"))) return true;
                ++unlisted_bindings_;
                return false;
            case Kind::environment:
            case Kind::tenant:
            case Kind::app:
            case Kind::role: break;
        }
        return true;
    }

    std::int64_t now_;
    Declarations out_;
    std::set<std::string> off_list_;
    std::size_t ended_ = 0;
    std::size_t unlisted_bindings_ = 0;
};

int export_all(Context& context) {
    const auto present = ask_present(context, {all_kinds.begin(), all_kinds.end()});
    if (!present) return context.fail(present.error());
    Exporter exporter{std::int64_t{std::time(nullptr)}};
    exporter.add(*present);
    if (context.options().json) {
        context.write_line(json::value(document_of(exporter.declarations())));
    } else {
        context.write(declared_text(exporter.declarations()));
    }
    exporter.remark(context);
    return exit_code::done;
}

}  // namespace

void add_apply_verbs(CommandLine& line) {
    const auto args = std::make_shared<ApplyArgs>();
    line.verb("apply",
              "Make environments, scopes, tenants, apps, bindings and roles what files say (TOML).\n"
              "The same command again changes nothing. No file has a secret, and none decides for a tenant.",
              "jeton apply -f /etc/jeton/apply.d --dry-run")
        .needs_option("-f,--file", args->file, "FILE|DIR", "A file, - for stdin, or a directory: its *.toml, by name")
        .flag("--dry-run", args->dry_run, "Say what would change; exit 5 where something would")
        .flag("--prune", args->prune, "! Remove what the files do not name, of the kinds that they speak of")
        .runs([args](Context& context) { return apply(context, *args); });
    line.verb("export", "Write what there is as a file for jeton apply; no secret, no consent",
              "jeton export > jeton.toml")
        .runs(export_all);
}

}  // namespace jeton::cli
