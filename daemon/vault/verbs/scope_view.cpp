#include "daemon/vault/verbs/scope_view.hpp"

namespace jeton::vault {

json::array scope_views(const std::vector<ScopeView>& scopes) {
    json::array list;
    for (const auto& scope : scopes) {
        list.push_back({{"name", scope.name},
                        {"group", scope.group},
                        {"display_name", scope.display_name},
                        {"access", std::string(1, scope.access)}});
    }
    return list;
}

}  // namespace jeton::vault
