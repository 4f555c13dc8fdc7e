#include "daemon/front/tokens/token_answer.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "libclient/protocol/json.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::front {
namespace {

namespace json = protocol::json;

std::string member(std::string_view name, std::string_view value) {
    return fmt::format(R"("{}":{})", name, json::serialize(json::string_view{value.data(), value.size()}));
}

}  // namespace

Grant::~Grant() { protocol::wipe(access_token); }

Response token_response(const Grant& grant, const Era& era, std::chrono::seconds expires_in,
                        std::chrono::seconds reuse) {
    auto token = member("access_token", grant.access_token);
    auto body = fmt::format(R"({{{},{},"expires_in":{},{},{}{}}})", token, member("token_type", grant.token_type),
                            expires_in.count(), member("scope", grant.scope), member("connection", grant.connection),
                            grant.app_key ? "," + member("app_key", *grant.app_key) : "");
    const auto fields = fmt::format("Pragma: no-cache\r\n{}: {} {} {}\r\n", protocol::epoch_header, era.instance,
                                    era.epoch, grant.callers_reuse(reuse).count());
    auto response = json_response(200, body, fields);
    protocol::wipe(token);
    protocol::wipe(body);
    return response;
}

}  // namespace jeton::front
