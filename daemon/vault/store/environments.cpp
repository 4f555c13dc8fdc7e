#include "daemon/vault/store/environments.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "daemon/vault/store/rows.hpp"

namespace jeton::vault {

template void Transaction::insert(const Environment&);
template void Transaction::update(const Environment&);
template void Transaction::erase(const Environment&);

}  // namespace jeton::vault

namespace jeton::vault::environments {

std::optional<Environment> find(Transaction& tx, std::string_view name) {
    return rows::first<Environment>(tx, "WHERE name = ?", {std::string{name}});
}

std::optional<Environment> get(Transaction& tx, const EnvironmentId& id) {
    return rows::by_id<Environment>(tx, id.text);
}

std::optional<Environment> by_host(Transaction& tx, std::string_view host) {
    const auto same = [host](const std::string& alias) {
        return std::ranges::equal(alias, host,
                                  [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    };
    for (auto& environment : list(tx)) {
        if (std::ranges::any_of(environment.host_aliases, same)) return std::move(environment);
    }
    return std::nullopt;
}

std::vector<Environment> list(Transaction& tx) { return rows::all<Environment>(tx, "ORDER BY name"); }

}  // namespace jeton::vault::environments
