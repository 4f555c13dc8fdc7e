#include "cli/apply_step.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/present_state.hpp"
#include "cli/token_request.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

/// The fields as the daemon takes them: an end is a length of time, and nothing is left out.
json::object body_of(Kind kind, const json::object& fields, std::int64_t now) {
    json::object body;
    for (const auto& field : fields_of(kind)) {
        const auto* const value = fields.if_contains(field.name);
        if (value == nullptr || (value->is_string() && value->get_string().empty())) continue;
        if (field.type == Type::moment) {
            body["expires_in"] = std::max(value->as_int64() - now, least_life);
        } else {
            body[field.name] = *value;
        }
    }
    return body;
}

std::string app_path(const std::string& app, std::string_view rest = {}) {
    return fmt::format("/v1/apps/{}{}", percent_encoded(app), rest);
}

std::string environment_path(const std::string& name) { return "/v1/environments/" + percent_encoded(name); }

std::string tenant_of(const ConnectionParts& connection) {
    return fmt::format("{}@{}", connection.tenant, connection.environment);
}

bool has(const std::vector<std::string>& keys, const std::string& key) {
    return std::ranges::find(keys, key) != keys.end();
}

class Carrier {
public:
    Carrier(Context& context, const Step& step, std::int64_t now) : context_(context), step_(step), now_(now) {}

    Result<StepDone> carry_out() {
        switch (step_.action) {
            case StepAction::create: return create_unless_there();
            case StepAction::change: return change();
            case StepAction::remove: return remove();
            case StepAction::none:
            case StepAction::keep:
            case StepAction::refuse: break;
        }
        return StepDone{.changed = false};
    }

private:
    Result<StepDone> ask(Call call) {
        const auto answer = context_.ask(call);
        if (!answer) return std::unexpected{answer.error()};
        return done_by(*answer);
    }

    static StepDone done_by(const Document& answer) {
        StepDone done;
        for (const auto& warning : elements(member(answer.tree, "warnings"))) {
            if (const auto* const text = warning.if_string()) done.warnings.emplace_back(text->data(), text->size());
        }
        return done;
    }

    json::object wanted() const { return body_of(step_.kind, step_.wanted, now_); }

    /// Whoever made the same meanwhile did it for us.
    json::object wanted_if_not_there() const {
        auto body = wanted();
        body["if_not_exists"] = true;
        return body;
    }

    /// Somebody else may have made the very same since the plan was made.
    Result<StepDone> create_unless_there() {
        auto done = create();
        if (done || done.error().code != "already_exists") return done;
        const auto present = ask_present(context_, {step_.kind});
        if (!present) return done;
        const auto key = key_of(step_.kind, step_.wanted);
        for (const auto& one : *present) {
            if (has(keys_of(one), key) && differences_of(step_.kind, step_.wanted, one).empty())
                return StepDone{.changed = false};
        }
        return done;
    }

    Result<StepDone> create() {
        switch (step_.kind) {
            case Kind::scope: return ask(Call::change("/v1/scopes", wanted()));
            case Kind::environment: return create_environment();
            case Kind::tenant: return ask(Call::change("/v1/tenants", wanted_if_not_there()));
            case Kind::app: return ask(Call::change("/v1/apps", wanted_if_not_there()));
            case Kind::connection: return list_tenant();
            case Kind::binding: return ask(Call::change("/v1/bindings", wanted()));
            case Kind::role: break;
        }
        return ask(Call::change("/v1/roles", wanted()));
    }

    /// A preset brings a host alias of its own, which the file may not want.
    Result<StepDone> create_environment() {
        const auto made = context_.ask(Call::change("/v1/environments", wanted_if_not_there()));
        if (!made) return std::unexpected{made.error()};
        auto differences = differences_of(Kind::environment, step_.wanted, present_of(Kind::environment, made->tree));
        std::erase_if(differences, [](const Difference& one) { return one.field != "host_aliases"; });
        if (differences.empty()) return StepDone{};
        return edit(environment_path(step_.name), differences);
    }

    Result<StepDone> list_tenant() {
        const auto parts = parts_of(step_.name);
        if (!parts) return refuse("bad_input", "this is no connection", "write APP/TENANT@ENVIRONMENT");
        json::object body{{"tenant", tenant_of(*parts)}, {"if_not_exists", true}};
        add_text(body, "note", text_of(step_.wanted, "note"));
        return ask(Call::change(app_path(std::string{parts->app}, "/tenants"), std::move(body)));
    }

    Result<StepDone> edit(std::string path, const std::vector<Difference>& differences) {
        json::object body;
        for (const auto& difference : differences) body[difference.field] = difference.wanted;
        return ask(Call::edit(std::move(path), std::move(body)));
    }

    Result<StepDone> change() {
        switch (step_.kind) {
            case Kind::environment: return edit(environment_path(step_.name), step_.differences);
            case Kind::tenant: return edit("/v1/tenants/" + percent_encoded(step_.name), step_.differences);
            case Kind::app: return change_app();
            case Kind::binding: return replace_binding();
            case Kind::role: return ask(Call::change("/v1/roles", wanted()));  // again, with another end
            case Kind::scope:
            case Kind::connection: break;
        }
        return StepDone{.changed = false};
    }

    Result<StepDone> change_app() {
        auto rest = step_.differences;
        json::object version;
        for (const auto& [field, now, wanted] : step_.differences) {
            if (field != "scopes") continue;
            version["add"] = without(elements(wanted), elements(now));
            version["remove"] = without(elements(now), elements(wanted));
        }
        std::erase_if(rest, [](const Difference& one) { return one.field == "scopes"; });
        if (!rest.empty()) {
            auto edited = edit(app_path(step_.name), rest);
            if (!edited || version.empty()) return edited;
        }
        return ask(Call::change(app_path(step_.name, "/versions"), std::move(version)));
    }

    static json::array without(const json::array& all, const json::array& others) {
        json::array left;
        for (const auto& one : all) {
            if (std::ranges::find(others, one) == others.end()) left.push_back(one);
        }
        return left;
    }

    Result<StepDone> replace_binding() {
        if (auto removed = remove(); !removed) return removed;
        auto added = ask(Call::change("/v1/bindings", wanted()));
        if (added) return added;
        auto failure = added.error();
        const auto back =
            context_.ask(Call::change("/v1/bindings", body_of(Kind::binding, step_.present->fields, now_)));
        failure.what += back ? "; it is as it was before" : "; it is gone: what was there could not be put back";
        failure.document.clear();
        return std::unexpected{std::move(failure)};
    }

    Result<StepDone> remove() {
        auto done = ask(removal());
        const bool is_gone = !done && done.error().code == "not_found";
        if (is_gone) return StepDone{.changed = false};
        return done;
    }

    Call removal() const {
        const auto& fields = step_.present->fields;
        switch (step_.kind) {
            // Between the plan and this, a tenant may have allowed what nobody had.
            case Kind::environment: return Call::remove(environment_path(step_.name) + "?if_never_allowed=true");
            case Kind::app: return Call::remove(app_path(step_.name) + "?if_never_allowed=true");
            case Kind::binding: return Call::remove("/v1/bindings/" + percent_encoded(step_.present->id));
            case Kind::connection: {
                const auto parts = parts_of(step_.name).value_or(ConnectionParts{});
                return Call::remove(app_path(std::string{parts.app}, "/tenants/" + percent_encoded(tenant_of(parts))));
            }
            case Kind::role:
            case Kind::scope:
            case Kind::tenant: break;
        }
        auto body = body_of(Kind::role, fields, now_);
        body.erase("expires_in");
        return Call::change("/v1/roles/revoke", std::move(body));
    }

    Context& context_;
    const Step& step_;
    std::int64_t now_;
};

}  // namespace

Result<StepDone> carry_out(Context& context, const Step& step, std::int64_t now) {
    return Carrier{context, step, now}.carry_out();
}

}  // namespace jeton::cli
