#include "daemon/vault/domain/scope.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/domain/names.hpp"
#include "libclient/protocol/spelling.hpp"

namespace jeton::vault {
namespace {

constexpr std::array catalogue{
    CatalogueEntry{"tn.acc.invoices", "Accounting", "Invoices"},
    CatalogueEntry{"tn.crm.bookings", "CRM", "Bookings"},
    CatalogueEntry{"tn.crm.customers", "CRM", "Customers"},
    CatalogueEntry{"tn.inv.purchaseorders", "Inventory", "Purchase Orders"},
    CatalogueEntry{"tn.jpm.appointments", "Job Planning", "Appointments"},
    CatalogueEntry{"tn.jpm.jobs", "Job Planning", "Jobs"},
    CatalogueEntry{"tn.sal.estimates", "SalesTech", "Estimates"},
    CatalogueEntry{"tn.tsm.tasks", "Task Management", "Tasks"},
};

constexpr std::array<std::string_view, 16> groups{
    "Accounting",      "CRM",     "Dispatch",  "Equipment Systems", "Inventory",      "Job Planning",       "Marketing",
    "Memberships",     "Payroll", "Pricebook", "SalesTech",         "Scheduling Pro", "Service Agreements", "Settings",
    "Task Management", "Telecom"};

constexpr std::size_t scope_name_limit = 120;
constexpr std::size_t label_limit = 120;
constexpr std::size_t shown_limit = 80;  ///< characters of a wrong scope that are repeated

bool has_access(std::string_view scope) { return scope.ends_with(":r") || scope.ends_with(":w"); }

bool is_scope_name(std::string_view name) {
    const auto is_part = [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        });
    };
    const auto dot = name.find('.', 3);
    return name.size() <= scope_name_limit && name.starts_with("tn.") && dot != std::string_view::npos &&
           is_part(name.substr(3, dot - 3)) && is_part(name.substr(dot + 1));
}

}  // namespace

std::span<const CatalogueEntry> built_in_scopes() { return catalogue; }

std::span<const std::string_view> scope_groups() { return groups; }

std::optional<CatalogueEntry> Catalogue::find(std::string_view name) const {
    if (const auto* entry = std::ranges::find(catalogue, name, &CatalogueEntry::name); entry != catalogue.end()) {
        return *entry;
    }
    const auto added = std::ranges::find(own_, name, &OwnScope::name);
    if (added == own_.end()) return std::nullopt;
    return CatalogueEntry{added->name, added->group, added->display_name};
}

std::optional<ScopeView> Catalogue::view_of(std::string_view scope) const {
    if (!has_access(scope)) return std::nullopt;
    const auto entry = find(scope.substr(0, scope.size() - 2));
    if (!entry) return std::nullopt;
    return ScopeView{std::string{scope}, std::string{entry->group}, std::string{entry->display_name}, scope.back()};
}

std::vector<ScopeView> Catalogue::views_of(const std::vector<std::string>& scopes) const {
    std::vector<ScopeView> views;
    views.reserve(scopes.size());
    for (const auto& scope : scopes) {
        views.push_back(view_of(scope).value_or(ScopeView{scope, "Other", scope, scope.ends_with('w') ? 'w' : 'r'}));
    }
    return views;
}

std::string Catalogue::nearest(std::string_view scope) const {
    std::string best;
    std::size_t best_distance = static_cast<std::size_t>(-1);
    const auto consider = [&](std::string_view name) {
        for (const std::string_view access : {":r", ":w"}) {
            auto candidate = std::string{name}.append(access);
            if (const auto distance = protocol::spelling_distance(scope, candidate); distance < best_distance) {
                best_distance = distance;
                best = std::move(candidate);
            }
        }
    };
    for (const auto& entry : catalogue) consider(entry.name);
    for (const auto& entry : own_) consider(entry.name);
    return best;
}

Result<std::vector<std::string>> Catalogue::check(std::vector<std::string> scopes) const {
    if (scopes.empty()) return refuse(Errc::bad_input, "API Scopes are not selected", "give at least one --scope");
    std::ranges::sort(scopes);
    scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
    for (const auto& scope : scopes) {
        if (view_of(scope)) continue;
        const auto begin = std::string_view{scope}.substr(0, shown_limit);
        return refuse(Errc::bad_input, fmt::format("the scope {} is not in the catalogue", shown(scope, shown_limit)),
                      fmt::format("did you mean {}? jeton scope list shows all", nearest(begin)));
    }
    return scopes;
}

Result<void> check_own_scope(const OwnScope& scope) {
    if (!is_scope_name(scope.name)) {
        return refuse(Errc::bad_input, fmt::format("{} is no name of a scope", shown(scope.name, shown_limit)),
                      "write it as tn.MODULE.RESOURCE in lower case, without :r or :w");
    }
    if (auto group = check_free_text("group", scope.group, label_limit); !group) return group.error();
    return check_free_text("display name", scope.display_name, label_limit);
}

ScopeDifference difference(const std::vector<std::string>& accepted, const std::vector<std::string>& offered) {
    ScopeDifference result;
    std::ranges::set_difference(offered, accepted, std::back_inserter(result.added));
    std::ranges::set_difference(accepted, offered, std::back_inserter(result.removed));
    return result;
}

std::string join_scope(const std::vector<std::string>& scopes) { return fmt::format("{}", fmt::join(scopes, " ")); }

Result<std::vector<std::string>> split_scope(std::string_view text) {
    std::vector<std::string> scopes;
    std::string current;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == ' ') {
            if (!current.empty()) scopes.push_back(std::exchange(current, {}));
        } else if (byte < 0x21 || byte > 0x7e || c == '"' || c == '\\') {
            return refuse(Errc::invalid_scope, "the scope holds a character that RFC 6749 does not allow",
                          "separate scopes with single blanks");
        } else {
            current.push_back(c);
        }
    }
    if (!current.empty()) scopes.push_back(std::move(current));
    std::ranges::sort(scopes);
    scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
    return scopes;
}

}  // namespace jeton::vault
