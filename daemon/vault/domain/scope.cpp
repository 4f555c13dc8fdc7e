#include "daemon/vault/domain/scope.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/log.hpp"
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

std::string nearest_scope(std::string_view scope) {
    std::string best;
    std::size_t best_distance = static_cast<std::size_t>(-1);
    for (const auto& entry : catalogue) {
        for (const std::string_view access : {":r", ":w"}) {
            auto candidate = std::string{entry.name}.append(access);
            if (const auto distance = protocol::spelling_distance(scope, candidate); distance < best_distance) {
                best_distance = distance;
                best = std::move(candidate);
            }
        }
    }
    return best;
}

}  // namespace

std::span<const CatalogueEntry> scope_catalogue() { return catalogue; }

std::optional<ScopeView> view_of(std::string_view scope) {
    if (!scope.ends_with(":r") && !scope.ends_with(":w")) return std::nullopt;
    const auto name = scope.substr(0, scope.size() - 2);
    const auto* entry = std::ranges::find(catalogue, name, &CatalogueEntry::name);
    if (entry == catalogue.end()) return std::nullopt;
    return ScopeView{std::string{scope}, std::string{entry->group}, std::string{entry->display_name}, scope.back()};
}

Result<std::vector<std::string>> check_scopes(std::vector<std::string> scopes) {
    if (scopes.empty()) return refuse(Errc::bad_input, "API Scopes are not selected", "give at least one --scope");
    std::ranges::sort(scopes);
    scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
    for (const auto& scope : scopes) {
        if (view_of(scope)) continue;
        const auto shown = log::escape(scope.substr(0, 80));
        return refuse(Errc::bad_input, fmt::format("the scope {} is not in the catalogue", shown),
                      fmt::format("did you mean {}?", nearest_scope(std::string_view{scope}.substr(0, 80))));
    }
    return scopes;
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
