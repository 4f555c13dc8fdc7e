/// Scopes `tn.<module>.<resource>:r|w` and the catalogue that groups them as the portal does (S29, S52).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"

namespace jeton::vault {

struct CatalogueEntry {
    std::string_view name;          ///< without `:r`, `:w`
    std::string_view group;         ///< the portal's group, e.g. "Accounting"
    std::string_view display_name;  ///< for people, e.g. "Invoices"
};

/// One scope as a person sees it before deciding.
struct ScopeView {
    std::string name;  ///< with `:r` or `:w`
    std::string group;
    std::string display_name;
    char access;  ///< 'r' or 'w'
};

/// The built-in catalogue; each entry exists as `:r` and `:w`.
[[nodiscard]] std::span<const CatalogueEntry> scope_catalogue();
/// Nothing for a scope that the catalogue does not have.
[[nodiscard]] std::optional<ScopeView> view_of(std::string_view scope);
/// Sorted and unique. Refuses `bad_input`: none selected (S10), malformed, unknown with the nearest name (S52).
[[nodiscard]] Result<std::vector<std::string>> check_scopes(std::vector<std::string> scopes);

/// What an upgrade adds and removes (S41).
struct ScopeDifference {
    std::vector<std::string> added;
    std::vector<std::string> removed;
};
[[nodiscard]] ScopeDifference difference(const std::vector<std::string>& accepted,
                                         const std::vector<std::string>& offered);

/// Space-delimited text of RFC 6749 §3.3, and back. `split_scope` refuses `invalid_scope` for characters outside it.
[[nodiscard]] std::string join_scope(const std::vector<std::string>& scopes);
[[nodiscard]] Result<std::vector<std::string>> split_scope(std::string_view text);

}  // namespace jeton::vault
