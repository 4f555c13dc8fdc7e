#include "daemon/vault/services/connections.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/vault/services/client_ids.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/store/connections.hpp"

namespace jeton::vault {
namespace {

/// For the audit: which, not what; the values stand with the connection.
std::string names_of(const std::vector<FormField>& fields) {
    std::vector<std::string> names;
    names.reserve(fields.size());
    for (const auto& field : fields) names.push_back(field.name);
    return names.empty() ? "form fields: none" : fmt::format("form fields: {}", fmt::join(names, ", "));
}

}  // namespace

Result<FoundConnection> edit_connection(Transaction& tx, const Peer& peer, const ConnectionName& name,
                                        ConnectionEdit edit, UtcSeconds now) {
    auto found = find_connection(tx, name);
    if (!found || !edit.form_fields) return found;
    if (found->environment.kind == EnvironmentKind::local) {
        return refuse(
            Errc::wrong_state,
            fmt::format("the tokens of {} are made by jeton itself: no form is sent for them", found->environment.name),
            "leave out the form fields");
    }
    auto fields = checked_form_fields(*std::move(edit.form_fields));
    if (!fields) return fields.error();
    auto texts = form_field_texts(*fields);
    if (texts == found->connection.form_fields) return found;
    found->connection.form_fields = std::move(texts);
    if (auto own = check_client_id(tx, *found); !own) return own.error();
    tx.update(found->connection);
    record(tx, peer, about(*found, "connection.edited", names_of(*fields)), now);
    return found;
}

Result<void> check_never_allowed(Transaction& tx, std::string_view what, const std::vector<Connection>& connections) {
    const auto allowed = std::ranges::find_if(
        connections, [](const Connection& one) { return one.state != ConnectionState::not_connected; });
    if (allowed == connections.end()) return {};
    return refuse(Errc::wrong_state,
                  fmt::format("{} has {}, which its tenant allowed", what, complete(tx, *allowed).name()),
                  fmt::format("see who needs it: jeton access review {}", complete(tx, *allowed).name()));
}

}  // namespace jeton::vault
