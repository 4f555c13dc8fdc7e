/// Reads one request: Beast's parser for the head, the gate behind it, the body by its announced length.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

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

    RequestReader(std::pmr::memory_resource* memory, const Limits& limits);

    /// `input` is everything read since the start of this request, each time. `State::complete`: `request()` holds
    /// views into `input` and `memory`.
    [[nodiscard]] State advance(std::string_view input);

    [[nodiscard]] const Request& request() const { return request_; }
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }
    [[nodiscard]] std::size_t size() const { return head_size_ + body_size_; }  ///< bytes of the whole request
    [[nodiscard]] bool keep_alive() const { return keep_alive_; }
    /// The method is HEAD: whatever is answered, a refusal too, has no body. `request()` then asks for GET.
    [[nodiscard]] bool is_head() const { return is_head_; }

private:
    using Allocator = std::pmr::polymorphic_allocator<char>;
    using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body, Allocator>;

    State parse_head(std::string_view input);
    State gate(std::string_view raw);
    State refuse(Refusal refusal);

    Parser parser_;
    std::pmr::vector<Field> fields_;
    Request request_;
    Refusal refusal_{};
    std::size_t head_size_ = 0;
    std::size_t body_size_ = 0;
    bool head_passed_ = false;
    bool keep_alive_ = false;
    bool is_head_ = false;
};

}  // namespace jeton::front
