/// How a token comes in, and how a request without a good one is refused (RFC 6750).
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "http.hpp"

namespace example {

/// A request that gets nothing. `error` is empty where it presented no token at all: then the challenge has no error
/// code (§3.1).
struct Refused {
    http::status status;
    std::string_view error, description, scope;

    /// The value of WWW-Authenticate (§3). Nothing in it comes from the request.
    [[nodiscard]] std::string challenge() const;
};

[[nodiscard]] Refused invalid_token(std::string_view description);

/// The token of a request. Only the header is accepted: a token in the query ends up in logs and histories. One that is
/// nowhere else counts as an authentication that is not supported here, and is not looked at. Throws Refused.
[[nodiscard]] std::string token_of(const Request& request);

/// Throws Refused where `claims` has not got `scope`, which lives as long as the program.
void require_scope(const json::object& claims, std::string_view scope);

/// The string of that name; empty where there is none.
[[nodiscard]] std::string_view text_in(const json::object& object, std::string_view name);

}  // namespace example
