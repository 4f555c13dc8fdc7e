/// One token request to the loopback URL of `jeton exec --serve`, read strictly and bounded. Knows no socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libclient/http/wipe.hpp"

namespace jeton::cli {

inline constexpr std::size_t served_head_limit = 16UZ * 1024;  ///< bytes of request line and header
inline constexpr std::size_t served_header_count_limit = 64;   ///< header lines
inline constexpr std::size_t served_body_limit = 64UZ * 1024;  ///< bytes of the form

/// Why a request is not served: an HTTP status and what a person should know. `error` is a word of RFC 6749 §5.2.
struct ServedRefusal {
    int status;
    std::string_view error;
    std::string_view what;
    std::string_view fields = {};  ///< further header lines, each with its CR LF
};

/// Feed it what arrives until `done()` or `refusal()`.
class ServedRequest {
public:
    /// `port`: the one that is served; the Host must name it, so that no web page reaches it by a name of its own.
    explicit ServedRequest(std::uint16_t port) : port_(port) {}

    void feed(std::string_view bytes);
    [[nodiscard]] bool done() const { return state_ == State::done; }
    [[nodiscard]] const std::optional<ServedRefusal>& refusal() const { return refusal_; }

    /// The form as it came; only once `done()`.
    [[nodiscard]] std::string_view form() const { return body_.view(); }
    /// The value of the Authorization header; empty: none.
    [[nodiscard]] std::string_view authorization() const { return authorization_.view(); }

private:
    enum class State { head, body, done, refused };

    void refuse(ServedRefusal refusal);
    void read_head(std::string_view head);
    bool read_request_line(std::string_view line);
    bool read_header(std::string_view line);
    bool judge();

    std::uint16_t port_;
    State state_ = State::head;
    std::optional<ServedRefusal> refusal_;
    client::WipedText head_, body_, authorization_;
    std::vector<std::string> names_;  ///< of the header lines so far, in lower case
    std::string method_, path_, host_, content_type_;
    std::optional<std::size_t> length_;
};

/// A client ID and secret out of a form or a Basic header, and the form without them.
struct ServedCredentials {
    client::WipedText client_id, client_secret;
    client::WipedText form;  ///< what is left: goes to the daemon
    std::string connection;  ///< the form's own; empty: none
    bool basic = false;      ///< they came in the header
};

/// Takes the credentials out. Refuses: no credentials (401), two kinds of them, a parameter that stands twice, anything
/// that is not form-encoded, a client assertion.
[[nodiscard]] std::optional<ServedRefusal> read_served_credentials(std::string_view form,
                                                                   std::string_view authorization,
                                                                   ServedCredentials& into);

/// Compares in a time that depends on `given`'s size alone.
[[nodiscard]] bool equal_in_constant_time(std::string_view given, std::string_view right);

}  // namespace jeton::cli
