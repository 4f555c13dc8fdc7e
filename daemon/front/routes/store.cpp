/// The state of the store, how it is opened and closed, and its keys.
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
    Route{.method = "POST", .pattern = "/v1/environments/{environment}/key/rotate", .verb = "key.rotate"},
    Route{.method = "POST", .pattern = "/v1/root-key/rotate", .verb = "key.rotate_root"},
};

Routes store_routes() { return table; }

}  // namespace jeton::front
