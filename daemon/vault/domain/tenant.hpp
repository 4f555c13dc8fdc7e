/// A customer organisation in one environment (S3, S22).
#pragma once

#include <string>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

struct Tenant {
    TenantId id;
    EnvironmentId environment;
    std::string tenant;  ///< the tenant ID as the portal knows it
    std::string name;    ///< of the organisation, for people
    UtcSeconds created_at{};
};

}  // namespace jeton::vault
