/// Tickets: a secret is handed to the user it was made for, and only when it is claimed.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/tickets", .verb = "ticket.list"},
    Route{.method = "DELETE", .pattern = "/v1/tickets/{ticket}", .verb = "ticket.revoke"},
};

/// On both sockets: whom a ticket is for need not be in the group of the control socket.
static constexpr std::array claim{
    Route{.method = "POST", .pattern = "/v1/tickets/claim", .verb = "ticket.claim", .guessed = true},
};

Routes ticket_routes() { return table; }
Routes ticket_claim_routes() { return claim; }

}  // namespace jeton::front
