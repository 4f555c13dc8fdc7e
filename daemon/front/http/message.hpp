/// One request as views, one answer as the bytes that go out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jeton::front {

struct Field {
    std::string_view name;
    std::string_view value;
};

/// A request that has passed the gate. Everything is a view into the session's memory and ends with the answer.
struct Request {
    std::string_view method;
    std::string_view target;  ///< path and query as they came
    std::string_view path;    ///< still percent-encoded
    std::string_view query;   ///< without the question mark
    std::span<const Field> fields;
    std::string_view body;
    std::string_view raw = {};  ///< all of it, as it came
    bool keep_alive = true;     ///< the session goes on behind it

    /// The value of a field, its name in any case; the first where it may stand more than once.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};

/// Head and body in one piece; overwritten when the last holder lets go. Copies share the bytes.
struct Response {
    std::shared_ptr<const std::string> bytes;
};

/// Why a request was not even looked at. Answered, then the session ends.
struct Refusal {
    int status;
    std::string what;
    std::optional<int> retry_after = {};  ///< seconds
    std::string_view next = "send a plain HTTP/1.1 request straight to this socket, from a process that stays alive";
};

/// An answer of this media type; the rest as `json_response`.
[[nodiscard]] Response text_response(int status, std::string_view type, std::string_view body,
                                     std::string_view fields = {});

/// A JSON answer with `Date`, `Content-Length`, `Cache-Control: no-store` and `fields` (whole lines, each ending in
/// CRLF).
[[nodiscard]] Response json_response(int status, std::string_view body, std::string_view fields = {});

/// 204: no body, so neither type nor length (RFC 9110 §8.6); the rest as `json_response`.
[[nodiscard]] Response empty_response(std::string_view fields = {});

/// The same answer without its body, every field as it was: the answer to HEAD (RFC 9110 §9.3.2).
[[nodiscard]] Response without_body(const Response& response);

/// The status in the first line.
[[nodiscard]] int status_in(const Response& response);

/// The same answer with `Connection: close`.
[[nodiscard]] Response with_close(const Response& response);

namespace detail {
/// Of texts of one length.
[[nodiscard]] bool same_letters(std::string_view left, std::string_view right);
}  // namespace detail

/// Compares ASCII text in any case. Each field of a request is held against a dozen names: nearly all have another
/// length or another first letter, and cost no call.
[[nodiscard]] inline bool equal_ignoring_case(std::string_view left, std::string_view right) {
    constexpr unsigned case_bit = 0x20;
    if (left.size() != right.size()) return false;
    if (left.empty()) return true;
    if ((static_cast<unsigned>(left.front() ^ right.front()) & ~case_bit) != 0) return false;
    return detail::same_letters(left, right);
}

}  // namespace jeton::front
