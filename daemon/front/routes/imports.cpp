/// Pairs that stood in programs' settings, taken in row by row.
#include <array>

#include "daemon/front/routes/route.hpp"

namespace jeton::front {

static constexpr std::array table{
    Route{.method = "POST", .pattern = "/v1/imports", .verb = "import.row"},
};

Routes import_routes() { return table; }

}  // namespace jeton::front
