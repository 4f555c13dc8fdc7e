/// Proof of a key of the store, which the daemon wants for what could take the keys away.
#pragma once

#include "cli/context.hpp"
#include "cli/prompt.hpp"

namespace jeton::cli {

/// Asks for a passphrase or a recovery key and puts it into `body` as `proof`; asks for nothing where the store has
/// neither. On stdin it is the next line. `body` must live in wiped storage.
[[nodiscard]] Result<void> add_proof(Context& context, SecretInput& input, json::object& body);

}  // namespace jeton::cli
