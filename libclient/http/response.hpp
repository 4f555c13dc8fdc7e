/// Reads one HTTP/1.1 answer, byte by byte if it must; strict and bounded (RFC 9112). Knows no socket.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libclient/http/error.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::client {

inline constexpr std::size_t response_head_limit = 16UZ * 1024;             ///< bytes of status line and header
inline constexpr std::size_t response_header_count_limit = 64;              ///< header lines
inline constexpr std::size_t response_body_limit = 16UZ * 1024UZ * 1024UZ;  ///< bytes of the body

struct Response {
    int status = 0;                                            ///< 200 to 599
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    WipedText body;

    /// The value of the header `lower_case_name`; nothing if it was not sent.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_case_name) const;
};

/// Feed it what arrives, tell it when the stream ends, take the answer. Not thread-safe.
class ResponseParser {
public:
    /// Takes the next bytes. An error is final.
    [[nodiscard]] Result<void> feed(std::string_view bytes);
    /// The stream has ended. Refused unless the answer is whole.
    [[nodiscard]] Result<void> end_of_stream();
    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    /// The whole answer; only once `done()`.
    [[nodiscard]] Response take() { return std::move(response_); }

private:
    enum class State { head, body_of_length, body_to_end, done, failed };

    Result<void> read_head(std::string_view head);
    Result<void> read_status_line(std::string_view line);
    Result<void> read_header(std::string_view line);
    Result<void> decide_body();
    Result<void> add_body(std::string_view bytes);
    std::unexpected<Error> fail(std::string what);

    State state_ = State::head;
    WipedText head_;
    std::size_t length_ = 0;
    Response response_;
};

}  // namespace jeton::client
