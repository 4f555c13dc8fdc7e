/// HTTP/1.1 over a Unix socket: one request, one answer, one deadline. Needs nothing but libc.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "libclient/http/error.hpp"
#include "libclient/http/response.hpp"
#include "libclient/http/unique_handle.hpp"

namespace jeton::client {

struct Request {
    std::string_view method;        ///< "GET", "POST", "PATCH" or "DELETE"
    std::string target;             ///< path and query, already percent-encoded
    std::string_view content_type;  ///< empty: no body is sent
    WipedText body;
    std::vector<std::pair<std::string, std::string>> headers;  ///< besides those that every request has
};

/// Connects to `directory`/`name` until `deadline`, without attesting it: good for finding out whether somebody
/// listens.
[[nodiscard]] Result<UniqueHandle> connect_to(const std::string& directory, std::string_view name,
                                              std::chrono::steady_clock::time_point deadline);

/// Attests directory and server as `self` (server_check.hpp), only then sends `request`, and waits for the whole
/// answer. An HTTP status of any kind is an answer, not an error. Only 503 with `Retry-After: 0`, which does
/// nothing and asks to connect again (the daemon of an old kernel, to a process that has hardly begun), is tried again,
/// a few times. `time_limit` covers everything, connecting included.
/// Thread-safe: it shares nothing.
[[nodiscard]] Result<Response> exchange(const std::string& directory, std::string_view name, const Request& request,
                                        std::chrono::milliseconds time_limit, uid_t self);

}  // namespace jeton::client
