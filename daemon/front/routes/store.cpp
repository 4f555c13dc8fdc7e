/// The state of the store, and how it is opened and closed.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/status", .verb = "status.show"},
    Route{.method = "POST", .pattern = "/v1/init", .verb = "store.init"},
    Route{.method = "POST", .pattern = "/v1/seal", .verb = "store.seal"},
    Route{.method = "POST", .pattern = "/v1/unseal", .verb = "store.unseal"},
    Route{.method = "GET", .pattern = "/v1/key-slots", .verb = "key_slot.list"},
    Route{.method = "POST", .pattern = "/v1/key-slots", .verb = "key_slot.add", .success = 201},
    Route{.method = "POST", .pattern = "/v1/key-slots/test", .verb = "key_slot.test"},
    Route{.method = "POST", .pattern = "/v1/key-slots/{slot}/remove", .verb = "key_slot.remove"},
};

Routes store_routes() { return table; }

}  // namespace jeton::front
