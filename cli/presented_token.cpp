#include "cli/presented_token.hpp"

#include <fmt/format.h>

#include "cli/prompt.hpp"
#include "cli/values.hpp"

namespace jeton::cli {

Result<Call> present_token(const Context& context, const std::string& environment, std::string_view endpoint) {
    const auto token = read_secret(context.terminal(), "Token (unseen): ");
    if (!token) return std::unexpected{token.error()};
    if (token->empty()) {
        return refuse("bad_input", "no token came on stdin", fmt::format("jeton {} ENVIRONMENT < FILE", endpoint));
    }
    Call call;
    call.method = "POST";
    call.target = fmt::format("/{}/{}", percent_encoded(environment), endpoint);
    call.content_type = "application/x-www-form-urlencoded";
    auto encoded = percent_encoded(token->view());
    call.body.append("token=");
    call.body.append(encoded);
    client::wipe(encoded);
    call.socket = client::Socket::token;
    return call;
}

}  // namespace jeton::cli
