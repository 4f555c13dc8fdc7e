#include "daemon/front/http/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "daemon/front/http/gate.hpp"

namespace jeton::front {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t usual_fields = 16;

std::string_view text(boost::beast::string_view view) { return {view.data(), view.size()}; }

Refusal explain(const boost::beast::error_code& ec, std::string_view input) {
    if (ec == beast_http::error::header_limit) return Refusal{431, "the header is longer than 8 KiB"};
    if (ec == beast_http::error::body_limit) return Refusal{413, "the body is longer than 64 KiB"};
    if (ec == beast_http::error::bad_transfer_encoding) {
        return Refusal{501, "transfer codings are not spoken here: send Content-Length"};
    }
    if (ec == beast_http::error::bad_version && names_another_version(input)) {
        return Refusal{505, "only HTTP/1.1 is spoken here"};
    }
    return malformed(ec.message());
}

}  // namespace

RequestReader::RequestReader(std::pmr::memory_resource* memory, const Limits& limits)
    : parser_(std::piecewise_construct, std::make_tuple(), std::make_tuple(Allocator{memory})), fields_(memory) {
    parser_.header_limit(static_cast<std::uint32_t>(limits.header));
    parser_.body_limit(limits.body);
}

RequestReader::State RequestReader::advance(std::string_view input) {
    if (!head_passed_) return parse_head(input);
    if (input.size() < size()) return State::body_incomplete;
    request_.body = input.substr(head_size_, body_size_);
    request_.raw = input.substr(0, size());
    return State::complete;
}

RequestReader::State RequestReader::parse_head(std::string_view input) {
    const auto fresh = input.substr(head_size_);
    if (fresh.empty()) return State::head_incomplete;
    is_head_ = input.starts_with("HEAD ");  // also where the rest cannot be read
    boost::beast::error_code ec;
    head_size_ += parser_.put(boost::asio::const_buffer{fresh.data(), fresh.size()}, ec);
    // Before a version has its eight bytes the parser waits for more, also behind the end of the head.
    if (ec == beast_http::error::need_more && input.contains("\r\n\r\n")) return refuse(malformed("it has no version"));
    if (ec == beast_http::error::need_more) return State::head_incomplete;
    // The parser judges a version as soon as it sees it. What the caller hears must not depend on how its bytes came.
    if (ec == beast_http::error::bad_version && stops_behind_version(input)) return State::head_incomplete;
    if (ec) return refuse(explain(ec, input));
    if (!parser_.is_header_done()) return State::head_incomplete;
    return gate(input.substr(0, head_size_));
}

RequestReader::State RequestReader::gate(std::string_view raw) {
    const auto& message = parser_.get();
    fields_.reserve(usual_fields);
    for (const auto& field : message) fields_.push_back({text(field.name_string()), text(field.value())});
    const auto target = text(message.target());
    const RequestHead head{.raw = raw, .version = message.version(), .target = target, .fields = fields_};
    if (auto refusal = check_head(head)) return refuse(std::move(*refusal));
    // RFC 9110 §9.3.2: HEAD is GET but for the body of its answer, so nobody behind this needs to know of it.
    request_.method = is_head_ ? std::string_view{"GET"} : text(message.method_string());
    request_.target = target;
    const auto mark = target.find('?');
    request_.path = target.substr(0, mark);
    if (mark != std::string_view::npos) request_.query = target.substr(mark + 1);
    request_.fields = fields_;
    body_size_ = static_cast<std::size_t>(parser_.content_length().value_or(0));
    keep_alive_ = parser_.keep_alive();  // which has seen every Connection field, not the first alone
    head_passed_ = true;
    return State::head_done;
}

RequestReader::State RequestReader::refuse(Refusal refusal) {
    refusal_ = std::move(refusal);
    return State::refused;
}

}  // namespace jeton::front
