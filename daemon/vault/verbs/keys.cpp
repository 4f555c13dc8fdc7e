// Verbs: key.rotate, key.rotate_root
#include <fmt/format.h>

#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/root_rotation.hpp"
#include "daemon/vault/verbs/verbs.hpp"

namespace jeton::vault::verbs {

Result<Outcome> key_rotate(Call& call) {
    protocol::Fields in{call.body};
    const auto name = in.text("environment");
    const auto proof = in.optional_secret("proof");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto proven = prove(call, proof);
    if (!proven) return proven.error();
    if (*proven) return **std::move(proven);
    const auto rotated = rotate_data_key(call.tx, call.peer, name, call.now());
    if (!rotated) return rotated.error();
    const auto left = values_left(call.tx, *rotated);
    return done({{"environment", rotated->name},
                 {"key_generation", rotated->key_generation},
                 {"values_left", left},
                 {"message", fmt::format("{} has data key {}. {} values move to it while programs go on; then the key "
                                         "before it is erased: jeton status tells how far it is. Copies of the "
                                         "database that were made before still open with it.",
                                         rotated->name, rotated->key_generation, left)}});
}

Result<Outcome> key_rotate_root(Call& call) {
    protocol::Fields in{call.body};
    const auto proof = in.optional_secret("proof");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto proven = prove(call, proof);
    if (!proven) return proven.error();
    if (*proven) return **std::move(proven);
    const auto replaced = rotate_root_key(call.tx, call.peer, call.now());
    if (!replaced) return replaced.error();
    return done({{"key_slots", replaced->slots},
                 {"environments", replaced->environments},
                 {"audit_public_key", replaced->audit_public_key},
                 {"message", fmt::format("The store has a new root key; its {} key slots open it as before. The data "
                                         "keys of {} environments are rotated after it: jeton status tells how far "
                                         "that is. Copies of the database that were made before still open with the "
                                         "old one: rotate at the portal what stands in them.",
                                         replaced->slots, replaced->environments)}});
}

}  // namespace jeton::vault::verbs
