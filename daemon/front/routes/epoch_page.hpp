/// What people are told of the epoch page: the front alone knows it, so it adds that to what the vault says.
#pragma once

#include "daemon/front/routes/desk.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::front {

/// Adds `epoch_page` to the object of `status.show`: `{"path","state","problem"}`.
void add_page_status(const Desk& desk, protocol::json::value& done);

/// Adds the finding `page` to the list of `doctor.show`.
void add_page_finding(const Desk& desk, protocol::json::value& done);

}  // namespace jeton::front
