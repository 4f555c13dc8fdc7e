// Verbs: import.row
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/vault/services/import.hpp"
#include "daemon/vault/verbs/form_field_view.hpp"
#include "daemon/vault/verbs/trial.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

ImportRow row_of(protocol::Fields& in) {
    ImportRow row;
    row.app = in.text("app");
    row.environment = in.text_or("environment", "");
    row.selector = in.text_or("selector", "");
    row.tenant = in.text("tenant");
    row.tenant_name = in.text_or("name", "");
    row.version = in.optional_integer("version", 1, 1'000'000'000);
    row.origin = in.text("origin");
    row.client_id = in.secret("client_id");
    row.client_secret = in.secret("client_secret");
    row.app_key = in.optional_secret("app_key");
    return row;
}

json::value joined_or_null(const std::vector<std::string>& texts) {
    if (texts.empty()) return nullptr;
    return json::value(fmt::format("{}", fmt::join(texts, "; ")));
}

/// `result`: `imported`, or what would be with `dry_run`; `unchanged`.
json::object view_of(const ImportPlan& plan, std::string_view result) {
    const auto& found = plan.found;
    return {{"connection", found.name()},
            {"result", result},
            {"why", joined_or_null(plan.remarks)},
            {"environment", found.environment.name},
            {"client_id", text_or_null(found.connection.client_id)},
            {"prefix", nullptr},
            {"steps", json::value_from(plan.steps)}};
}

}  // namespace

Result<Outcome> import_row(Call& call) {
    protocol::Fields in{call.body};
    auto row = row_of(in);
    auto form_fields = form_fields_of(in);
    const bool dry_run = in.flag("dry_run");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (!form_fields) return form_fields.error();
    row.form_fields = *std::move(form_fields);
    auto plan = plan_import(call.tx, call.standing, row);
    if (!plan) return plan.error();
    if (plan->is_there) return done(view_of(*plan, "unchanged"));
    if (dry_run) return done(view_of(*plan, "imported"));
    if (needs_trial(call)) {
        // An endpoint that asks for a pause gets one; whoever imports is told how long.
        auto cooling = call.room.upstream.endpoints().cooling(plan->found.environment.token_endpoint, call.room.clock);
        if (cooling) return *std::move(cooling);
        return try_pair(call, plan->found, row.pair());
    }
    auto token = tried_token(call, plan->found, row.pair());
    if (!token) return token.error();
    const auto secret = carry_out(call.tx, call.peer, *plan, row, call.now());
    if (!secret) return secret.error();
    const auto taken_in = find_connection(call.tx, plan->found.full_name());
    if (!taken_in) return taken_in.error();
    keep_tried_token(call, taken_in->connection, *secret, *std::move(token));
    auto view = view_of(*plan, "imported");
    view["prefix"] = secret->prefix;
    return done(std::move(view));
}

}  // namespace jeton::vault::verbs
