/// The state of the store, how it is opened and closed, and its keys.
#include <array>

#include "daemon/front/routes/epoch_page.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/status", .verb = "status.show", .complete = add_page_status},
    Route{.method = "POST",
          .pattern = "/v1/init",
          .verb = "store.init",
          .slow = true,
          .if_unsure = "jeton status; where it says unsealed, the store was made and its recovery key was not shown: "
                       "print another with jeton key slot add recovery, then remove the first one"},
    Route{.method = "POST", .pattern = "/v1/seal", .verb = "store.seal"},
    Route{.method = "POST",
          .pattern = "/v1/unseal",
          .verb = "store.unseal",
          .slow = true,
          .if_unsure = "what was typed may still be being checked; before you type it again: jeton status --wait "
                       "unsealed"},
    Route{.method = "GET", .pattern = "/v1/key-slots", .verb = "key_slot.list"},
    Route{.method = "POST",
          .pattern = "/v1/key-slots",
          .verb = "key_slot.add",
          .success = 201,
          .slow = true,
          .if_unsure = "jeton key slot list; a recovery key that was not shown opens the store for nobody: remove it "
                       "and add another"},
    Route{.method = "POST",
          .pattern = "/v1/key-slots/test",
          .verb = "key_slot.test",
          .slow = true,
          .if_unsure = "what was typed may still be being checked; wait a minute before you type it again"},
    Route{.method = "POST",
          .pattern = "/v1/key-slots/{slot}/remove",
          .verb = "key_slot.remove",
          .slow = true,
          .if_unsure = "jeton key slot list"},
    Route{.method = "POST",
          .pattern = "/v1/environments/{environment}/key/rotate",
          .verb = "key.rotate",
          .slow = true,
          .if_unsure = "jeton status; jeton audit list"},
    Route{.method = "POST",
          .pattern = "/v1/root-key/rotate",
          .verb = "key.rotate_root",
          .slow = true,
          .if_unsure = "jeton status; jeton audit list"},
};

Routes store_routes() { return table; }

}  // namespace jeton::front
