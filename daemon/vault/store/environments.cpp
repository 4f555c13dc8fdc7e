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

std::int64_t rows_under_older_keys(Transaction& tx, const Environment& environment) {
    constexpr std::string_view sql =
        "SELECT (SELECT count(*) FROM signing_keys WHERE environment = ?1 AND coalesce(key_generation, 1) <> ?2)"
        " + (SELECT count(*) FROM pairs WHERE environment = ?1 AND coalesce(key_generation, 1) <> ?2)"
        " + (SELECT count(*) FROM secrets JOIN connections ON connections.id = secrets.connection"
        " WHERE environment = ?1 AND coalesce(key_generation, 1) <> ?2)"
        " + (SELECT count(*) FROM tickets JOIN connections ON connections.id = tickets.connection"
        " WHERE environment = ?1 AND coalesce(key_generation, 1) <> ?2)";
    return tx.engine().database->number(sql, {environment.id.text, environment.key_generation});
}

}  // namespace jeton::vault::environments
