/// Bindings of local users to connections.
#include <array>
#include <string>

#include "daemon/front/peer/users.hpp"
#include "daemon/front/routes/route.hpp"

namespace jeton::front {
namespace {

Result<void> add_user_id(protocol::json::object& body);

constexpr std::array table{
    Route{.method = "GET", .pattern = "/v1/bindings", .verb = "binding.list"},
    Route{.method = "POST", .pattern = "/v1/bindings", .verb = "binding.add", .success = 201, .prepare = add_user_id},
};

/// Names are resolved here, so that no other program needs the host's name service. Both name and number are stored.
Result<void> add_user_id(protocol::json::object& body) {
    if (body.contains("user_id")) {
        return refuse(Errc::bad_input, "member \"user_id\" is filled in by the daemon", "name the user as \"user\"");
    }
    const auto* named = body.if_contains("user");
    if (named == nullptr || named->is_null()) return {};
    const auto* text = named->if_string();
    if (text == nullptr) return refuse(Errc::bad_input, "member \"user\" must be a string", "name a user of this host");
    const auto user = find_user({text->data(), text->size()});
    if (!user) return user.error();
    body["user"] = user->name;
    body["user_id"] = user->uid;
    return {};
}

}  // namespace

Routes binding_routes() { return table; }

}  // namespace jeton::front
