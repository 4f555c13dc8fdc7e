#include "daemon/vault/verbs/dispatch.hpp"

#include <algorithm>
#include <array>

#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault {
namespace {

const std::array table{
    NamedVerb{"environment.create", verbs::environment_create},
    NamedVerb{"environment.list", verbs::environment_list},
    NamedVerb{"environment.show", verbs::environment_show},
    NamedVerb{"tenant.create", verbs::tenant_create},
    NamedVerb{"tenant.list", verbs::tenant_list},
    NamedVerb{"tenant.show", verbs::tenant_show},
    NamedVerb{"app.create", verbs::app_create},
    NamedVerb{"app.list", verbs::app_list},
    NamedVerb{"app.show", verbs::app_show},
    NamedVerb{"app.tenant.add", verbs::app_tenant_add},
    NamedVerb{"app.connections", verbs::app_connections},
    NamedVerb{"access.review", verbs::access_review},
    NamedVerb{"access.allow", verbs::access_allow},
    NamedVerb{"access.decline", verbs::access_decline},
    NamedVerb{"access.disable", verbs::access_disable},
    NamedVerb{"access.enable", verbs::access_enable},
    NamedVerb{"secret.generate", verbs::secret_generate},
    NamedVerb{"secret.list", verbs::secret_list},
    NamedVerb{"secret.import", verbs::secret_import},
    NamedVerb{"secret.deactivate", verbs::secret_deactivate},
    NamedVerb{"binding.add", verbs::binding_add},
    NamedVerb{"binding.list", verbs::binding_list},
    NamedVerb{"token.issue", verbs::token_issue},
    NamedVerb{"usage.report", verbs::usage_report},
    NamedVerb{"jwks.show", verbs::jwks_show},
    NamedVerb{"metadata.show", verbs::metadata_show},
    NamedVerb{"audit.list", verbs::audit_list},
    NamedVerb{"audit.verify", verbs::audit_verify},
    NamedVerb{"status.show", verbs::status_show},
    NamedVerb{"whoami.show", verbs::whoami_show},
    NamedVerb{"store.init", verbs::store_init},
    NamedVerb{"store.seal", verbs::store_seal},
    NamedVerb{"store.unseal", verbs::store_unseal},
    NamedVerb{"key_slot.list", verbs::key_slot_list},
    NamedVerb{"key_slot.add", verbs::key_slot_add},
};

}  // namespace

std::span<const NamedVerb> all_verbs() { return table; }

AnyVerb find_verb(std::string_view name) {
    const auto* found = std::ranges::find(table, name, &NamedVerb::name);
    return found == table.end() ? AnyVerb{} : found->function;
}

bool shows_usage(std::string_view verb) {
    return verb == "audit.list" || verb == "secret.list" || verb == "app.connections" || verb == "audit.verify";
}

bool is_audited(Errc code) {
    switch (code) {
        case Errc::forbidden:
        case Errc::wrong_state:
        case Errc::mismatch:
        case Errc::invalid_client:
        case Errc::unauthorized_client:
        case Errc::invalid_scope:
        case Errc::invalid_target: return true;
        default: return false;
    }
}

Result<ConnectionName> connection_name(protocol::Fields& in) {
    const auto app = in.text("app");
    const auto tenant = in.text("tenant");
    return parse_connection_name(app + "/" + tenant);
}

}  // namespace jeton::vault
