/// Scopes `tn.<module>.<resource>:r|w` and the catalogue that groups them as the portal does (S29, S52).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

struct CatalogueEntry {
    std::string_view name;          ///< without `:r`, `:w`
    std::string_view group;         ///< the portal's group, e.g. "Accounting"
    std::string_view display_name;  ///< for people, e.g. "Invoices"
};

/// An entry that an operator added to the built-in ones.
struct OwnScope {
    ScopeId id;
    std::string name;  ///< without `:r`, `:w`
    std::string group;
    std::string display_name;
    UtcSeconds created_at{};
};

/// One scope as a person sees it before deciding.
struct ScopeView {
    std::string name;  ///< with `:r` or `:w`
    std::string group;
    std::string display_name;
    char access;  ///< 'r' or 'w'
};

/// The entries that ship with jeton, by group and name.
[[nodiscard]] std::span<const CatalogueEntry> built_in_scopes();
/// The groups of the portal, in its order (S52); an own entry may name another one.
[[nodiscard]] std::span<const std::string_view> scope_groups();

/// All scopes that an app may ask for: the built-in entries and those added to them, each as `:r` and `:w`. A value.
class Catalogue {
public:
    explicit Catalogue(std::vector<OwnScope> own = {}) : own_(std::move(own)) {}

    void add(OwnScope scope) { own_.push_back(std::move(scope)); }
    /// What was added to the built-in entries.
    [[nodiscard]] const std::vector<OwnScope>& own() const { return own_; }

    /// The entry of a name without `:r`, `:w`; views into this object, or static. Nothing where there is none.
    [[nodiscard]] std::optional<CatalogueEntry> find(std::string_view name) const;
    [[nodiscard]] std::optional<ScopeView> view_of(std::string_view scope) const;
    /// What the catalogue does not have (any more) stands under its own name in group "Other".
    [[nodiscard]] std::vector<ScopeView> views_of(const std::vector<std::string>& scopes) const;
    /// Sorted and unique. Refuses `bad_input`: none selected (S10), unknown with the nearest name (S52).
    [[nodiscard]] Result<std::vector<std::string>> check(std::vector<std::string> scopes) const;

private:
    [[nodiscard]] std::string nearest(std::string_view scope) const;

    std::vector<OwnScope> own_;
};

/// `tn.MODULE.RESOURCE` in `[a-z0-9_-]`, group and display name as free text. Refuses `bad_input`.
[[nodiscard]] Result<void> check_own_scope(const OwnScope& scope);

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
