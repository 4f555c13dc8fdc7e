/// From what a token endpoint sent to the frame the vault gets: only known members, each of its one type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jeton::exchange {

/// One HTTP answer as it came.
struct HttpAnswer {
    long status = 0;
    std::string body;
    std::string date;         ///< the header's value; empty where absent
    std::string retry_after;  ///< likewise
};

/// The frame for an HTTP answer: `status` and `json`, or `failure` where a success is no JSON object with clean values.
/// A refusal (status ≥ 400) whose body is no JSON object has an empty `json`: its status and Retry-After still count.
/// `secret` is what was sent: words that repeat it are left out, and where what is granted does, it is a `failure`.
/// `now`: seconds since the epoch, for a Retry-After date that comes without `Date`. The caller wipes the result.
[[nodiscard]] std::string frame_of_answer(std::int64_t id, const HttpAnswer& answer, std::string_view host,
                                          std::string_view secret, std::int64_t now);

/// No more requests, please: those that were sent are still answered.
[[nodiscard]] std::string frame_of_ending();

/// The frame for a request without an HTTP answer: `why` in words.
[[nodiscard]] std::string frame_of_failure(std::int64_t id, std::string_view why);
/// The same for a request that was not sent, for want of something here: it says nothing of the endpoint.
[[nodiscard]] std::string frame_of_own_failure(std::int64_t id, std::string_view why);

/// An HTTP date (RFC 9110 §5.6.7) as seconds since the epoch.
[[nodiscard]] std::optional<std::int64_t> read_date(const std::string& text);

/// Retry-After (RFC 9110 §10.2.3) in seconds from `now`; a date that has passed is 0, nonsense is nothing.
[[nodiscard]] std::optional<std::int64_t> read_retry_after(const std::string& text, std::int64_t now);

}  // namespace jeton::exchange
