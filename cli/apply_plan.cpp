#include "cli/apply_plan.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/suggestion.hpp"
#include "cli/text.hpp"
#include "cli/token_request.hpp"
#include "cli/values.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t named_connections = 3;  ///< in a sentence

const json::value& field_in(const json::object& fields, std::string_view name) {
    static const json::value nothing;
    const auto* const found = fields.if_contains(name);
    return found == nullptr ? nothing : *found;
}

/// A list is a set; the daemon keeps host names in small letters.
std::set<std::string> set_of(const json::value& list, bool small) {
    std::set<std::string> texts;
    for (const auto& one : elements(list)) {
        std::string text{one.as_string().data(), one.as_string().size()};
        texts.insert(small ? protocol::lower_case(text) : text);
    }
    return texts;
}

bool is_empty(const json::value& value) {
    if (value.is_string()) return value.get_string().empty();
    if (value.is_bool()) return !value.get_bool();
    return value.is_null() || (value.is_array() && value.get_array().empty());
}

bool same(const Field& field, const json::value& wanted, const json::value& now) {
    if (is_empty(wanted) || is_empty(now)) return is_empty(wanted) == is_empty(now);
    switch (field.type) {
        case Type::texts: {
            const bool small = field.name == "host_aliases";
            return set_of(wanted, small) == set_of(now, small);
        }
        case Type::moment: {
            // A length of time is granted, from a clock that went on meanwhile.
            const auto apart = wanted.as_int64() - now.as_int64();
            return apart < least_life && apart > -least_life;
        }
        case Type::text:
            // All that a preset leaves behind is that tokens must name their tenant; which one it was is not kept.
            return field.name == "preset" || wanted == now;
        case Type::flag: break;
    }
    return wanted == now;
}

std::string value_text(std::string_view field, const json::value& value) {
    if (is_empty(value)) return value.is_bool() ? "no" : "none";
    if (value.is_bool()) return "yes";
    if (value.is_int64()) return rfc3339(value.get_int64());
    if (value.is_array()) return fmt::format("{}", fmt::join(set_of(value, field == "host_aliases"), ", "));
    return printable({value.as_string().data(), value.as_string().size()});
}

bool ends_by(const json::object& fields, std::int64_t moment) {
    const auto* const end = field_in(fields, "expires_at").if_int64();
    return end != nullptr && *end <= moment;
}

/// "a, b, c and 4 more".
std::string some_of(const std::vector<std::string>& names) {
    const auto shown = std::min(names.size(), named_connections);
    auto text = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
    return printable(text);
}

std::string counted(std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

class Planner {
public:
    Planner(const Declarations& declarations, const std::vector<Present>& present, const PlanOptions& options)
        : declarations_(declarations), present_(present), options_(options) {}

    std::vector<Step> plan() {
        index();
        match();
        if (options_.prune) look_at_the_rest();
        for (std::size_t one = 0; one < declarations_.objects.size(); ++one) add_declared(one);
        return in_turn();
    }

private:
    using Named = std::pair<Kind, std::string>;

    /// A binding whose time is over holds for nobody, and the daemon takes a new one beside it.
    bool is_over(const Present& one) const { return one.kind == Kind::binding && ends_by(one.fields, options_.now); }

    void index() {
        for (std::size_t at = 0; at < present_.size(); ++at) {
            const auto& one = present_[at];
            there_.insert({one.kind, name_of(one.kind, one.fields)});
            if (!is_over(one)) {
                for (auto& key : keys_of(one)) by_key_.emplace(std::move(key), at);
            }
            if (one.kind == Kind::connection) count_connection(one);
        }
        for (const auto& one : declarations_.objects) declared_.insert({one.kind, name_of(one.kind, one.fields)});
    }

    void count_connection(const Present& one) {
        const auto name = text_of(one.fields, "connection");
        const auto parts = parts_of(name);
        if (!parts) return;
        for (const auto& of : {Named{Kind::app, parts->app}, Named{Kind::environment, parts->environment}}) {
            auto& counts = connections_[of];
            if (one.state == "not-connected") {
                ++counts.undecided;
            } else {
                counts.allowed.push_back(name);
            }
        }
    }

    void match() {
        for (std::size_t one = 0; one < declarations_.objects.size(); ++one) {
            const auto& object = declarations_.objects[one];
            const auto found = by_key_.find(key_of(object.kind, object.fields));
            if (found == by_key_.end()) continue;
            const auto [other, is_first] = matched_.emplace(found->second, one);
            if (is_first) {
                match_of_[one] = found->second;
            } else {
                twice_[one] = other->second;
            }
        }
    }

    // What prune does.

    void look_at_the_rest() {
        std::vector<const Present*> rest;
        for (std::size_t at = 0; at < present_.size(); ++at) {
            const auto& one = present_[at];
            if (declarations_.kinds.contains(one.kind) && !matched_.contains(at)) rest.push_back(&one);
        }
        // What hangs on these goes with them.
        for (const auto* one : rest) {
            if ((one->kind == Kind::app || one->kind == Kind::environment) && !add_kept(*one)) {
                const auto name = name_of(one->kind, one->fields);
                going_.insert({one->kind, name});
                add_removal(*one, one->kind == Kind::app ? end_of_app(name) : end_of_environment(name));
            }
        }
        for (const auto* one : rest) {
            if (one->kind == Kind::app || one->kind == Kind::environment) continue;
            if (goes_along(*one)) {
                going_.insert({one->kind, name_of(one->kind, one->fields)});
            } else {
                end(*one);
            }
        }
    }

    bool add_kept(const Present& one) {
        const auto name = name_of(one.kind, one.fields);
        const auto& allowed = connections_[{one.kind, name}].allowed;
        if (allowed.empty()) return false;
        auto& step = add_rest(StepAction::keep, one);
        step.why = fmt::format("it would take {} with it that a tenant allowed: {}",
                               counted(allowed.size(), "connection"), some_of(allowed));
        step.next = fmt::format("if their pairs and consent are to be erased for ever: jeton {} delete {}",
                                word_of(one.kind), shell_quoted(name));
        return true;
    }

    std::string end_of_app(const std::string& name) {
        return fmt::format("it is deleted for ever, with its app key, its versions and {} that no tenant allowed",
                           counted(connections_[{Kind::app, name}].undecided, "connection"));
    }

    std::string end_of_environment(const std::string& name) {
        const auto tenants = std::ranges::count_if(present_, [&](const Present& one) {
            return one.kind == Kind::tenant && text_of(one.fields, "tenant").ends_with("@" + name);
        });
        return fmt::format(
            "it is deleted for ever, with its data key, its signing keys, {} and {} that none of them "
            "allowed",
            counted(static_cast<std::size_t>(tenants), "tenant"),
            counted(connections_[{Kind::environment, name}].undecided, "connection"));
    }

    bool goes_along(const Present& one) const {
        if (one.kind == Kind::connection) {
            const auto name = text_of(one.fields, "connection");
            const auto parts = parts_of(name);
            return parts && (going_.contains({Kind::app, std::string{parts->app}}) ||
                             going_.contains({Kind::environment, std::string{parts->environment}}));
        }
        const auto tenant = text_of(one.fields, "tenant");
        return !tenant.empty() && going_.contains({Kind::environment, tenant.substr(tenant.find('@') + 1)});
    }

    void end(const Present& one) {
        switch (one.kind) {
            case Kind::scope:
                if (one.state == "added") add_rest(StepAction::keep, one).why = "the catalogue of scopes only grows";
                return;
            case Kind::tenant: add_rest(StepAction::keep, one).why = "a tenant goes with its environment alone"; return;
            case Kind::connection: return end_connection(one);
            case Kind::binding: return add_removal(one, end_of_binding(one));
            case Kind::role:
                return add_removal(one, one.fields.contains("tenant") || one.fields.contains("app")
                                            ? "they may do nothing there any more by this role"
                                            : "they may do nothing any more by this role");
            case Kind::app:
            case Kind::environment: break;
        }
    }

    void end_connection(const Present& one) {
        if (!one.listed) return;  // it is off the list, and kept for its tenant
        going_.insert({Kind::connection, text_of(one.fields, "connection")});
        if (one.state == "not-connected")
            return add_removal(one, "no tenant allowed it; it is erased, with its bindings");
        add_removal(one, one.state == "connected"
                             ? "it is connected, and gets disabled: no token of it is issued any more; consent, client "
                               "ID and secrets are kept, its tenant's admin enables it again"
                             : "it is disabled and stays so; consent, client ID and secrets are kept");
    }

    std::string end_of_binding(const Present& one) const {
        if (is_over(one)) return "its time is over";
        return one.fields.contains("introspect") ? "they may not introspect any more"
                                                 : "they get no tokens by it any more, at once";
    }

    Step& add_rest(StepAction action, const Present& one) {
        steps_.push_back({.action = action, .kind = one.kind, .name = name_of(one.kind, one.fields), .present = one});
        return steps_.back();
    }

    void add_removal(const Present& one, std::string ends) { add_rest(StepAction::remove, one).ends = std::move(ends); }

    // What the files say.

    void add_declared(std::size_t one) {
        const auto& object = declarations_.objects[one];
        Step step{.kind = object.kind,
                  .name = name_of(object.kind, object.fields),
                  .place = object.place,
                  .wanted = object.fields,
                  .needs = needs_of(object.kind, object.fields)};
        if (const auto found = match_of_.find(one); found != match_of_.end()) step.present = present_[found->second];
        if (const auto other = twice_.find(one); other != twice_.end()) {
            const auto& place = declarations_.objects[other->second].place;
            refuse_step(step, fmt::format("{}:{} means the same", printable(place.file), place.line),
                        "keep one of both: a user has a name and a number");
        } else if (ends_by(object.fields, options_.now + least_life)) {
            plan_ended(step);
        } else if (!lacks_something(step)) {
            plan_difference(step);
        }
        steps_.push_back(std::move(step));
    }

    static void refuse_step(Step& step, std::string why, std::string next) {
        step.action = StepAction::refuse;
        step.why = std::move(why);
        step.next = std::move(next);
    }

    void plan_ended(Step& step) const {
        if (!step.present || ends_by(step.present->fields, options_.now + least_life)) {
            step.why = "its time is over: it can be taken out of the file";
            return;
        }
        step.action = StepAction::remove;
        step.ends = "the time that the file gives it is over";
    }

    bool lacks_something(Step& step) const {
        for (const auto& need : step.needs) {
            const auto& [kind, name] = need;
            if (declared_.contains(need) || (there_.contains(need) && !going_.contains(need))) continue;
            std::vector<std::string> known;
            for (const auto* const set : {&declared_, &there_}) {
                for (const auto& [other_kind, other] : *set) {
                    if (other_kind == kind) known.push_back(other);
                }
            }
            const auto near = nearest(name, known);
            const bool goes = going_.contains(need);
            refuse_step(step,
                        fmt::format("{} {} {}", word_of(kind), printable(name),
                                    goes ? "ends, for it is in no file" : "is neither there nor in a file"),
                        near && !goes ? fmt::format("did you mean {}?", printable(*near))
                                      : fmt::format("add [[{}]]", word_of(kind)));
            return true;
        }
        return false;
    }

    static void plan_difference(Step& step) {
        if (!step.present) {
            step.action = StepAction::create;
            return;
        }
        step.differences = differences_of(step.kind, step.wanted, *step.present);
        if (step.kind == Kind::connection && !step.present->listed) {
            step.action = StepAction::create;  // with the note that is wanted now
            step.differences.clear();
            step.why =
                step.present->state == "disabled" ? "listed again; it stays disabled until its tenant enables it" : "";
            return;
        }
        for (const auto& difference : step.differences) {
            const auto known = fields_of(step.kind);
            if (std::ranges::find(known, difference.field, &Field::name)->change != Change::fixed) continue;
            return refuse_step(step, fmt::format("{}; this is fixed when it is made", text_of(difference)),
                               fmt::format("write it as it is there, or leave {} out", difference.field));
        }
        if (!step.differences.empty()) step.action = StepAction::change;
    }

    // In which order.

    /// Smaller is earlier.
    static int turn_of(const Step& step) {
        const auto kind = static_cast<int>(step.kind);
        constexpr int kinds = static_cast<int>(all_kinds.size());
        const bool is_operator =
            step.kind == Kind::role && text_of(step.present ? step.present->fields : step.wanted, "role") == "operator";
        if (step.action == StepAction::remove) return is_operator ? 4 * kinds : -kind;
        // A default, a host name or an operator is given up before the next one gets it.
        const bool takes = !is_empty(field_in(step.wanted, "default")) || step.action == StepAction::create;
        return 2 * kind + 1 + (takes ? 1 : 0);
    }

    /// Those of one turn as they were found.
    std::vector<Step> in_turn() {
        std::multimap<int, Step> sorted;
        for (auto& step : steps_) sorted.emplace(turn_of(step), std::move(step));
        std::vector<Step> steps;
        for (auto& [turn, step] : sorted) steps.push_back(std::move(step));
        return steps;
    }

    struct Counts {
        std::vector<std::string> allowed;
        std::size_t undecided = 0;
    };

    const Declarations& declarations_;
    const std::vector<Present>& present_;
    PlanOptions options_;
    std::map<std::string, std::size_t> by_key_;
    std::set<Named> there_, declared_, going_;
    std::map<Named, Counts> connections_;
    std::map<std::size_t, std::size_t> matched_;   ///< present → declared
    std::map<std::size_t, std::size_t> match_of_;  ///< declared → present
    std::map<std::size_t, std::size_t> twice_;     ///< declared → the declared one that has its present already
    std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> plan_of(const Declarations& declarations, const std::vector<Present>& present,
                          const PlanOptions& options) {
    return Planner{declarations, present, options}.plan();
}

std::vector<Difference> differences_of(Kind kind, const json::object& wanted, const Present& present) {
    std::vector<Difference> differences;
    for (const auto& field : fields_of(kind)) {
        const auto& want = field_in(wanted, field.name);
        if (field.change == Change::names || (want.is_null() && !is_said_whole(kind))) continue;
        const auto& now = field_in(present.fields, field.name);
        if (!same(field, want, now)) differences.push_back({std::string{field.name}, now, want});
    }
    return differences;
}

std::string text_of(const Difference& difference) {
    const auto& [field, now, wanted] = difference;
    if (!wanted.is_array()) {
        return fmt::format("{}: {} → {}", field, value_text(field, now), value_text(field, wanted));
    }
    const bool small = field == "host_aliases";
    const auto before = set_of(now, small);
    const auto after = set_of(wanted, small);
    auto text = field + ":";
    for (const auto& one : after) {
        if (!before.contains(one)) text += " +" + printable(one);
    }
    for (const auto& one : before) {
        if (!after.contains(one)) text += " -" + printable(one);
    }
    return text;
}

}  // namespace jeton::cli
