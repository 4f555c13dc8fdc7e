/// Finds a verb by its name, asks the authorisation table, runs it.
#pragma once

#include <string_view>
#include <variant>

#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// A verb that runs in a transaction, or one that runs between them.
using AnyVerb = std::variant<std::monostate, VerbFunction, StoreVerbFunction>;

struct NamedVerb {
    std::string_view name;
    AnyVerb function;
};

/// Every verb there is; a test holds it against the authorisation table.
[[nodiscard]] std::span<const NamedVerb> all_verbs();
/// `monostate` for a name that is none.
[[nodiscard]] AnyVerb find_verb(std::string_view name);

/// Listings that must not miss what is counted but not yet written down.
[[nodiscard]] bool shows_usage(std::string_view verb);

/// Whether a refusal of this kind is written into the audit: somebody was kept from something (S7). Mistyped input is
/// not.
[[nodiscard]] bool is_audited(Errc code);

}  // namespace jeton::vault
