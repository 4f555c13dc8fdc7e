/// Fills in what only the host knows of the users, groups, units and processes that a request names: the front asks the
/// host's name service and the kernel, so that neither the vault nor any client program needs them.
#pragma once

#include "daemon/base/error.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front {

// Each is the `prepare` of a route. A member that is filled in here is refused where a request brings it along.

/// Of bindings and pairs: `user` and `group` by name, their numbers as `user_id` and `group_id`. Refuses `bad_input`
/// (no such user, or one for a while only), `wrong_state` where a `unit` is named and no unit can be proven here.
[[nodiscard]] Result<void> name_identity(Desk& desk, const Caller& caller, json::object& body);

/// Of a role that is granted: the same, and `outside_control_group`: true for a user who could not use the role, not
/// being let in at the control socket.
[[nodiscard]] Result<void> name_new_holder(Desk& desk, const Caller& caller, json::object& body);
/// Of a role that is revoked: the same numbers, where the host still knows the name; who has left it can be revoked.
[[nodiscard]] Result<void> name_old_holder(Desk& desk, const Caller& caller, json::object& body);

/// Of a secret that a ticket is made for: `ticket_for` by name, the number as `ticket_for_id`.
[[nodiscard]] Result<void> name_ticket_holder(Desk& desk, const Caller& caller, json::object& body);

/// Of an explanation: the process `pid`, or one made up of `user`, `group` and `unit`, as the peer object `seen` in the
/// place of all four. Where no user is named, it is the caller with what is named. Refuses `not_found` (no such
/// process), `bad_input`.
[[nodiscard]] Result<void> look_at_process(Desk& desk, const Caller& caller, json::object& body);

}  // namespace jeton::front
