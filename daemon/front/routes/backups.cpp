/// Backups of the store, and how one takes its place. Both go by pages: neither fits into one body.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "POST", .pattern = "/v1/backups", .verb = "backup.begin", .success = 201, .slow = true},
    Route{.method = "POST", .pattern = "/v1/backups/{backup}/pages", .verb = "backup.page"},
    Route{.method = "DELETE", .pattern = "/v1/backups/{backup}", .verb = "backup.end"},
    Route{.method = "POST", .pattern = "/v1/restores", .verb = "restore.begin", .success = 201, .slow = true},
    Route{.method = "POST", .pattern = "/v1/restores/{restore}/pages", .verb = "restore.page"},
    Route{.method = "POST", .pattern = "/v1/restores/{restore}/check", .verb = "restore.check", .slow = true},
    Route{.method = "GET", .pattern = "/v1/restores/{restore}/changes", .verb = "restore.changes"},
    Route{.method = "POST",
          .pattern = "/v1/restores/{restore}/confirm",
          .verb = "restore.confirm",
          .slow = true,
          .if_unsure = "jeton status; jeton audit list --event store.restored"},
    Route{.method = "DELETE", .pattern = "/v1/restores/{restore}", .verb = "restore.end"},
};

Routes backup_routes() { return table; }

}  // namespace jeton::front
