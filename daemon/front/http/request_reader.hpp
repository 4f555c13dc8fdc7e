/// Reads one request: Beast's parser for the head, the gate behind it, the body by its announced length.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/front/http/head_parser.hpp"
#include "daemon/front/http/limits.hpp"
#include "daemon/front/http/message.hpp"

namespace jeton::front {

/// Works on bytes, not on sockets. Made anew for each request.
class RequestReader {
public:
    enum class State {
        head_incomplete,
        head_done,  ///< returned once, before the body is looked at: the moment to ask who is calling
        body_incomplete,
        complete,
        refused,
    };

    explicit RequestReader(const Limits& limits);

    /// `input` is everything read since the start of this request, each time. `State::complete`: `request()` holds
    /// views into `input`.
    [[nodiscard]] State advance(std::string_view input);
    /// Ends here, for a reason that the bytes do not tell.
    State refuse(Refusal refusal);

    [[nodiscard]] const Request& request() const { return request_; }
    [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
    [[nodiscard]] std::size_t size() const { return parser_.size() + body_size_; }  ///< bytes of the whole request
    [[nodiscard]] bool keep_alive() const { return request_.keep_alive; }
    /// The method is HEAD: whatever is answered, a refusal too, has no body. `request()` then asks for GET.
    [[nodiscard]] bool is_head() const { return is_head_; }

private:
    State parse_head(std::string_view input);
    State gate(std::string_view input);
    void take_head(std::string_view input);

    HeadParser parser_;
    std::vector<Field> fields_;
    Request request_;
    std::optional<Refusal> refusal_;
    std::size_t body_size_ = 0;
    bool head_passed_ = false;
    bool head_may_move_ = false;  ///< more input came behind it
    bool is_head_ = false;
};

}  // namespace jeton::front
