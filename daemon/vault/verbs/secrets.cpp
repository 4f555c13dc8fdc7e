// Verbs: secret.generate, secret.rotate, secret.rollback, secret.list, secret.import, secret.deactivate,
// secret.identify
#include "daemon/vault/services/secrets.hpp"

#include <fmt/format.h>

#include "daemon/vault/services/client_keys.hpp"
#include "daemon/vault/services/identify.hpp"
#include "daemon/vault/services/rotation.hpp"
#include "daemon/vault/services/selection.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/secrets.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/form_field_view.hpp"
#include "daemon/vault/verbs/identity_of.hpp"
#include "daemon/vault/verbs/page.hpp"
#include "daemon/vault/verbs/page_by_connection.hpp"
#include "daemon/vault/verbs/secret_view.hpp"
#include "daemon/vault/verbs/ticket_for.hpp"
#include "daemon/vault/verbs/trial.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {
namespace {

ImportedPair pair_of(protocol::Fields& in) {
    ImportedPair pair;
    pair.client_id = in.secret("client_id");
    pair.client_secret = in.secret("client_secret");
    const auto seconds = in.optional_integer("overlap", 0, std::chrono::seconds{overlap_max}.count());
    if (seconds) pair.overlap = std::chrono::seconds{*seconds};
    if (in.flag("now")) pair.overlap = std::chrono::seconds{0};
    return pair;
}

/// A new pair as it is shown, once (S17).
json::object shown_once(const FoundConnection& found, const GeneratedSecret& generated) {
    json::object answer(protocol::wiped_storage());
    answer["connection"] = found.name();
    answer["client_id"] = found.connection.client_id;
    answer["client_secret"] = secret_string(generated.value);
    answer["prefix"] = generated.secret.prefix;
    answer["created_at"] = rfc3339(generated.secret.created_at);
    return answer;
}

/// `overlap` or `now` of a rotation.
Result<std::chrono::seconds> overlap_of(protocol::Fields& in) {
    const auto overlap = in.optional_integer("overlap", 0, std::chrono::seconds{overlap_max}.count());
    const bool now = in.flag("now");
    if (overlap && now) return bad_body("give \"overlap\" or \"now\", not both");
    if (now) return std::chrono::seconds{0};
    return overlap ? std::chrono::seconds{*overlap} : std::chrono::seconds{usual_overlap};
}

/// The older first.
std::string key_of(const Secret& secret) {
    return fmt::format("{:012} {}", secret.created_at.time_since_epoch().count(), secret.id.text);
}

std::string rotation_message(const RotatedSecret& rotated, std::chrono::seconds overlap) {
    const auto& fresh = rotated.fresh.secret.prefix;
    if (overlap.count() == 0) {
        return fmt::format("Of the secrets only {} works from now on; tokens that were issued before have ended.",
                           fresh);
    }
    if (rotated.replaced.empty()) return fmt::format("No other secret was active: {} is the only one.", fresh);
    const auto& old = rotated.replaced.back();
    return fmt::format("{} and {} both work until {}, then {} alone.", fresh, old.prefix, rfc3339(*old.deactivates_at),
                       fresh);
}

std::string text_of_use(const Usage& used, UtcSeconds now) {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(now - used.last_at).count();
    // A clock that was set back makes it a use to come: it was just now.
    if (minutes < 1) return fmt::format("used less than a minute ago by {}", used.user);
    return fmt::format("used {} {} ago by {}", minutes, minutes == 1 ? "minute" : "minutes", used.user);
}

/// Somebody would miss this secret (S17).
json::value warning_of(const std::optional<Usage>& used, UtcSeconds now) {
    if (!used || now - used->last_at >= std::chrono::hours{1}) return nullptr;
    return json::value(text_of_use(*used, now));
}

/// Why an active secret is of no use all the same.
json::value problem_of(Transaction& tx, const FoundConnection& found, const Secret& secret) {
    if (!secret.is_active(tx.high_water()) || !is_stranded(secret, found.environment)) return nullptr;
    return json::value(stranded_text(secret, found));
}

std::string renewal_of(const FoundConnection& found) {
    return found.environment.kind == EnvironmentKind::upstream
               ? fmt::format("make a new one at its issuer, then jeton secret import {} --client-id ID", found.name())
               : fmt::format("jeton secret rotate {}", found.name());
}

/// What is to be done about an active secret before somebody misses it.
json::value hint_of(const Room& room, Transaction& tx, const FoundConnection& found, const Secret& secret,
                    const std::optional<Usage>& used, UtcSeconds now) {
    const auto limits = AgeLimits::of(room.config);
    const auto judged = tx.high_water();
    if (!secret.is_active(judged)) return nullptr;
    if (const auto* refusal = room.upstream.refusals().find(secret.id.text)) {
        return json::value(fmt::format("{}... is refused by its issuer since {}: jeton secret import {} --client-id ID",
                                       secret.prefix, rfc3339(refusal->since), found.name()));
    }
    if (limits.is_soon(secret.deactivates_at, judged) && !warning_of(used, now).is_null()) {
        return json::value(fmt::format("{}... of {} ends at {}, and was {}", secret.prefix, found.name(),
                                       rfc3339(*secret.deactivates_at), text_of_use(*used, now)));
    }
    if (!secret.deactivates_at && limits.is_old(secret.created_at, now)) {
        return json::value(fmt::format("{}... of {} is {} old: {}", secret.prefix, found.name(),
                                       age_of(secret.created_at, now), renewal_of(found)));
    }
    return nullptr;
}

}  // namespace

json::object secret_view(const Room& room, Transaction& tx, const FoundConnection& found, const Secret& secret,
                         UtcSeconds now) {
    const auto used = usage::last_of(tx, found.connection.id, secret.prefix);
    return {{"connection", found.name()},
            {"client_id", text_or_null(found.connection.client_id)},
            {"prefix", secret.prefix},
            {"state", name_of(secret.is_active(tx.high_water()) ? SecretState::active : SecretState::deactivated)},
            {"created_at", rfc3339(secret.created_at)},
            {"created_by", secret.created_by},
            {"last_used_at", used ? json::value(rfc3339(used->last_at)) : json::value(nullptr)},
            {"last_used_by", used ? json::value(used->user) : json::value(nullptr)},
            {"deactivates_at", time_or_null(secret.deactivates_at)},
            {"problem", problem_of(tx, found, secret)},
            {"warning", warning_of(used, now)},
            {"hint", hint_of(room, tx, found, secret, used, now)}};
}

json::array secret_views(const Room& room, Transaction& tx, const FoundConnection& found, UtcSeconds now, Shown shown) {
    json::array list;
    for (const auto& secret : secrets::of(tx, found.connection.id)) {
        if (shown == Shown::active && !secret.is_active(tx.high_water())) continue;
        list.push_back(secret_view(room, tx, found, secret, now));
    }
    return list;
}

Result<Outcome> secret_generate(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    auto ticket = wanted_ticket(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = configured_by(call, name);
    if (!found) return found.error();
    if (!ticket) return ticket.error();
    if (*ticket) {
        (*ticket)->connection = *name;
        return hand_out_ticket(call, **ticket);
    }
    const auto generated = generate_secret(call.tx, call.peer, *name, call.now());
    if (!generated) return generated.error();
    auto answer = shown_once(*found, *generated);
    answer["message"] =
        "This client secret is visible only once. If you lose it, you'll need to generate a new secret.";
    return done(std::move(answer));
}

Result<Outcome> secret_rotate(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto overlap = overlap_of(in);
    auto ticket = wanted_ticket(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = configured_by(call, name);
    if (!found) return found.error();
    if (!overlap) return overlap.error();
    if (!ticket) return ticket.error();
    if (*ticket) {
        (*ticket)->connection = *name;
        (*ticket)->act = TicketAct::rotate;
        (*ticket)->overlap = *overlap;
        return hand_out_ticket(call, **ticket);
    }
    const auto rotated = rotate_secret(call.tx, call.peer, *name, *overlap, call.now());
    if (!rotated) return rotated.error();
    auto answer = shown_once(*found, rotated->fresh);
    answer["old"] = nullptr;
    if (!rotated->replaced.empty()) {
        const auto& old = rotated->replaced.back();
        answer["old"] = {{"prefix", old.prefix}, {"deactivates_at", time_or_null(old.deactivates_at)}};
    }
    auto message = rotation_message(*rotated, *overlap);
    if (overlap->count() == 0 && !active_client_keys(call.tx, found->connection.id).empty())
        message += fmt::format(" Client keys go on working: jeton connection key list {}", name->text());
    answer["message"] = message;
    return done(std::move(answer));
}

Result<Outcome> secret_rollback(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = configured_by(call, name);
    if (!found) return found.error();
    const auto back = roll_back_rotation(call.tx, call.peer, *name, call.now());
    if (!back) return back.error();
    call.drop_tokens(found->connection.id);
    const auto deactivated = back->deactivated ? back->deactivated->prefix : std::string{};
    auto message = fmt::format("{} stays.", back->restored.prefix);
    // What was imported once more is one secret in two rows: neither is it refused, nor is it not used.
    const bool ends_one = !deactivated.empty() && deactivated != back->restored.prefix;
    if (ends_one) message += fmt::format(" {} is refused from now on.", deactivated);
    if (ends_one && back->deactivated->kind == SecretKind::value) {
        message = fmt::format(
            "{} stays. jeton does not use {} any more; it still works at its issuer until it is "
            "deactivated there.",
            back->restored.prefix, deactivated);
    }
    return done({{"connection", name->text()},
                 {"restored", back->restored.prefix},
                 {"deactivated", text_or_null(deactivated)},
                 {"message", message}});
}

Result<Outcome> secret_list(Call& call) {
    protocol::Fields in{call.body};
    const auto app = in.optional_text("app");
    const auto tenant = in.optional_text("tenant");
    const auto older_than = in.optional_integer("older_than", 0, std::chrono::seconds{std::chrono::years{100}}.count());
    const auto page = Page::read(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto now = call.now();
    const auto is_asked_for = [&](const Secret& secret) {
        return !older_than || now - secret.created_at >= std::chrono::seconds{*older_than};
    };
    if (!app || !tenant) {
        Selector selector;
        selector.app = app;
        selector.tenant = tenant;
        return page_by_connection(call, page, selector, [&](const FoundConnection& found) {
            std::vector<KeyedRow> rows;
            for (const auto& secret : secrets::of(call.tx, found.connection.id)) {
                if (is_asked_for(secret))
                    rows.push_back({key_of(secret), secret_view(call.room, call.tx, found, secret, now)});
            }
            return rows;
        });
    }
    const auto name = parse_connection_name(*app + "/" + *tenant);
    if (!name) return name.error();
    const auto found = find_visible(call.tx, call.standing, *name);
    if (!found) return found.error();
    auto rows = secrets::of(call.tx, found->connection.id);
    std::erase_if(rows, [&](const Secret& secret) { return !is_asked_for(secret); });
    return page_of(std::move(rows), page, key_of,
                   [&](const Secret& secret) { return secret_view(call.room, call.tx, *found, secret, now); });
}

Result<Outcome> secret_import(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    auto pair = pair_of(in);
    auto form_fields = form_fields_of(in);
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    if (auto found = configured_by(call, name); !found) return found.error();
    if (!form_fields) return form_fields.error();
    pair.form_fields = *std::move(form_fields);
    const auto checked = check_import(call.tx, *name, pair);
    if (!checked) return checked.error();
    if (needs_trial(call)) return try_pair(call, *checked, pair);
    auto token = tried_token(call, *checked, pair);
    if (!token) return token.error();
    const auto secret = import_secret(call.tx, call.peer, *name, pair, call.now());
    if (!secret) return secret.error();
    keep_tried_token(call, checked->connection, *secret, *std::move(token));
    return done({{"connection", name->text()},
                 {"client_id", trim(pair.client_id)},
                 {"prefix", secret->prefix},
                 {"created_at", rfc3339(secret->created_at)}});
}

Result<Outcome> secret_deactivate(Call& call) {
    protocol::Fields in{call.body};
    const auto name = connection_name(in);
    const auto prefix = in.text("prefix");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto found = configured_by(call, name);
    if (!found) return found.error();
    const auto secret = deactivate_secret(call.tx, call.peer, *name, prefix, call.now());
    if (!secret) return secret.error();
    call.drop_tokens(found->connection.id);
    const bool is_local = secret->kind == SecretKind::verifier;
    auto message = is_local ? fmt::format("{} is refused from now on.", secret->prefix)
                            : fmt::format(
                                  "jeton does not use {} any more. It still works at its issuer until it is "
                                  "deactivated there.",
                                  secret->prefix);
    if (active_secrets(call.tx, found->connection).empty()) {
        message += is_local ? fmt::format(
                                  " It was the last active one: no program gets a token with a secret of {} "
                                  "until there is a new one: jeton secret generate {}",
                                  name->text(), name->text())
                            : fmt::format(
                                  " It was the last active one: no program gets a token of {} until there is a "
                                  "new one: jeton secret import {} --client-id {}",
                                  name->text(), name->text(), found->connection.client_id);
    }
    return done(
        {{"connection", name->text()}, {"prefix", secret->prefix}, {"state", "deactivated"}, {"message", message}});
}

Result<Outcome> secret_identify(Call& call) {
    protocol::Fields in{call.body};
    const auto value = in.secret("value");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto identified = identify(call.tx, call.standing, value);
    const auto& used = identified.used;
    return done(
        {{"kind", identified.kind},
         {"valid_checksum", identified.valid_checksum ? json::value(*identified.valid_checksum) : json::value(nullptr)},
         {"connection", text_or_null(identified.connection)},
         {"prefix", text_or_null(identified.prefix)},
         {"state", text_or_null(identified.state)},
         {"created_at", time_or_null(identified.created_at)},
         {"last_used_at", used ? json::value(rfc3339(used->last_at)) : json::value(nullptr)},
         {"last_used_by", used ? json::value(used->user) : json::value(nullptr)},
         {"message", identified.message}});
}

}  // namespace jeton::vault::verbs
