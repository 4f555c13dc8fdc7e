#include "daemon/vault/verbs/binding_view.hpp"

#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/store/apps.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/verbs/identity_of.hpp"

namespace jeton::vault {

json::object binding_view(Transaction& tx, const Binding& binding) {
    const auto environment = environments::get(tx, binding.environment);
    json::object row{{"id", binding.id.text},
                     {"kind", name_of(binding.kind)},
                     {"connection", binding.kind == BindingKind::introspection ? json::value(nullptr)
                                                                               : json::value(target_of(tx, binding))},
                     {"environment", environment ? json::value(environment->name) : json::value(nullptr)}};
    const auto app = binding.app.text.empty() ? std::nullopt : apps::get(tx, binding.app);
    row["app"] = app ? json::value(app->name) : json::value(nullptr);
    row["resource"] = text_or_null(binding.resource);
    add_identity(row, binding);
    row["unit"] = text_or_null(binding.unit);
    row["default"] = binding.is_default;
    row["allow_container"] = binding.allow_container;
    row["expires_at"] = time_or_null(binding.expires_at);
    row["created_at"] = rfc3339(binding.created_at);
    return row;
}

}  // namespace jeton::vault
