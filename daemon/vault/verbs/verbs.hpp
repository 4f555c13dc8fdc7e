/// Every verb by name: `secret.generate` is `verbs::secret_generate` in verbs/secrets.cpp.
#pragma once

#include <boost/json/value_from.hpp>

#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

Result<Outcome> environment_create(Call& call);
Result<Outcome> environment_edit(Call& call);
Result<Outcome> environment_delete(Call& call);
Result<Outcome> environment_list(Call& call);
Result<Outcome> environment_show(Call& call);

Result<Outcome> key_rotate(Call& call);
Result<Outcome> key_rotate_root(Call& call);

Result<Outcome> scope_list(Call& call);
Result<Outcome> scope_add(Call& call);
Result<Outcome> scope_import(Call& call);

Result<Outcome> tenant_create(Call& call);
Result<Outcome> tenant_edit(Call& call);
Result<Outcome> tenant_list(Call& call);
Result<Outcome> tenant_show(Call& call);

Result<Outcome> app_create(Call& call);
Result<Outcome> app_list(Call& call);
Result<Outcome> app_show(Call& call);
Result<Outcome> app_edit(Call& call);
Result<Outcome> app_delete(Call& call);
Result<Outcome> app_versions(Call& call);
Result<Outcome> app_publish(Call& call);
Result<Outcome> app_tenant_add(Call& call);
Result<Outcome> app_tenant_remove(Call& call);
Result<Outcome> app_connections(Call& call);

Result<Outcome> connection_list(Call& call);
Result<Outcome> connection_show(Call& call);
Result<Outcome> connection_edit(Call& call);

Result<Outcome> client_key_add(Call& call);
Result<Outcome> client_key_list(Call& call);
Result<Outcome> client_key_remove(Call& call);

Result<Outcome> access_review(Call& call);
Result<Outcome> access_allow(Call& call);
Result<Outcome> access_decline(Call& call);
Result<Outcome> access_record(Call& call);
Result<Outcome> access_disable(Call& call);
Result<Outcome> access_enable(Call& call);
Result<Outcome> access_list(Call& call);
Result<Outcome> access_disable_selected(Call& call);
Result<Outcome> access_enable_selected(Call& call);

Result<Outcome> secret_generate(Call& call);
Result<Outcome> secret_rotate(Call& call);
Result<Outcome> secret_rollback(Call& call);
Result<Outcome> secret_identify(Call& call);
Result<Outcome> secret_list(Call& call);
Result<Outcome> secret_import(Call& call);
Result<Outcome> secret_deactivate(Call& call);

Result<Outcome> import_row(Call& call);

Result<Outcome> ticket_list(Call& call);
Result<Outcome> ticket_revoke(Call& call);
Result<Outcome> ticket_claim(Call& call);

Result<Outcome> pair_create(Call& call);
Result<Outcome> pair_list(Call& call);
Result<Outcome> pair_revoke(Call& call);

Result<Outcome> role_grant(Call& call);
Result<Outcome> role_revoke(Call& call);
Result<Outcome> role_list(Call& call);
Result<Outcome> role_matrix(Call& call);

Result<Outcome> binding_add(Call& call);
Result<Outcome> binding_remove(Call& call);
Result<Outcome> binding_explain(Call& call);
Result<Outcome> binding_list(Call& call);

Result<Outcome> token_issue(Call& call);
Result<Outcome> token_repeat(Call& call);
Result<Outcome> token_introspect(Call& call);
Result<Outcome> token_revoke(Call& call);
Result<Outcome> token_revoke_all(Call& call);
Result<Outcome> usage_report(Call& call);
Result<Outcome> jwks_show(Call& call);
Result<Outcome> metadata_show(Call& call);

Result<Outcome> audit_list(Call& call);
Result<Outcome> audit_verify(Call& call);
Result<Outcome> audit_compare(Call& call);
Result<Outcome> audit_export(Call& call);
Result<Outcome> audit_prune(Call& call);

Result<Outcome> backup_begin(Call& call);
Result<Outcome> backup_page(Call& call);
Result<Outcome> backup_end(Call& call);
Result<Outcome> restore_begin(StoreCall& call);
Result<Outcome> restore_page(StoreCall& call);
Result<Outcome> restore_check(StoreCall& call);
Result<Outcome> restore_changes(StoreCall& call);
Result<Outcome> restore_confirm(StoreCall& call);
Result<Outcome> restore_end(StoreCall& call);

Result<Outcome> status_show(StoreCall& call);
Result<Outcome> metrics_show(StoreCall& call);
Result<Outcome> doctor_show(StoreCall& call);
Result<Outcome> doctor_accounts(Call& call);
Result<Outcome> whoami_show(StoreCall& call);
Result<Outcome> store_init(StoreCall& call);
Result<Outcome> store_seal(StoreCall& call);
Result<Outcome> store_unseal(StoreCall& call);
Result<Outcome> key_slot_list(StoreCall& call);
Result<Outcome> key_slot_test(StoreCall& call);
Result<Outcome> key_slot_add(Call& call);
Result<Outcome> key_slot_remove(Call& call);

}  // namespace jeton::vault::verbs
