// Verbs: key.rotate, key.rotate_root
#include <fmt/format.h>

#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/services/key_rotation.hpp"
#include "daemon/vault/services/root_rotation.hpp"
#include "daemon/vault/services/signing.hpp"
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
    if (auto first = make_pairs_first(call, rs256_pairs_for(call.tx, name))) return *std::move(first);
    const auto rotated = rotate_data_key(call.tx, call.peer, name, call.now(), call.take_key_pairs());
    if (!rotated) return rotated.error();
    const auto left = values_left(call.tx, *rotated);
    const bool signs = rotated->kind == EnvironmentKind::local;
    const auto kid = signs ? signing_key_of(call.tx, *rotated).kid : std::string{};
    auto message = fmt::format(
        "{} has data key {}. {} values move to it while programs go on; then the key before it is erased: jeton status "
        "tells how far it is. Copies of the database that were made before still open with it.",
        rotated->name, rotated->key_generation, left);
    if (signs) {
        message += fmt::format(
            " New tokens are signed by {}; the key before it can sign no more, and is published for {} minutes, until "
            "its last token has expired.",
            kid, std::chrono::duration_cast<std::chrono::minutes>(local_token_life).count());
    }
    return done({{"environment", rotated->name},
                 {"key_generation", rotated->key_generation},
                 {"values_left", left},
                 {"signing_key", text_or_null(kid)},
                 {"message", message}});
}

Result<Outcome> key_rotate_root(Call& call) {
    protocol::Fields in{call.body};
    const auto proof = in.optional_secret("proof");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    auto proven = prove(call, proof);
    if (!proven) return proven.error();
    if (*proven) return **std::move(proven);
    if (auto first = make_pairs_first(call, rs256_pairs_for_all(call.tx))) return *std::move(first);
    const auto replaced = rotate_root_key(call.tx, call.peer, call.now(), call.take_key_pairs());
    if (!replaced) return replaced.error();
    return done({{"key_slots", replaced->slots},
                 {"environments", replaced->environments},
                 {"audit_public_key", replaced->audit_public_key},
                 {"message", fmt::format("The store has a new root key; its {} key slots open it as before. The data "
                                         "keys of {} environments are rotated after it (jeton status tells how far "
                                         "that is), and what they sign tokens with. Copies of the database that were "
                                         "made before still open with the "
                                         "old one: rotate at the portal what stands in them.",
                                         replaced->slots, replaced->environments)}});
}

}  // namespace jeton::vault::verbs
