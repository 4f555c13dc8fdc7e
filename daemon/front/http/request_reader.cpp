#include "daemon/front/http/request_reader.hpp"

#include <boost/beast/http/error.hpp>

#include "daemon/front/http/gate.hpp"

namespace jeton::front {
namespace {

namespace beast_http = boost::beast::http;

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

RequestReader::RequestReader(const Limits& limits) {
    parser_.header_limit(static_cast<std::uint32_t>(limits.header));
    parser_.body_limit(limits.body);
}

RequestReader::State RequestReader::advance(std::string_view input) {
    if (!head_passed_) return parse_head(input);
    if (input.size() < size()) {
        head_may_move_ = true;
        return State::body_incomplete;
    }
    if (head_may_move_) take_head(input);
    request_.body = input.substr(parser_.size(), body_size_);
    request_.raw = input.substr(0, size());
    return State::complete;
}

RequestReader::State RequestReader::parse_head(std::string_view input) {
    if (input.size() <= parser_.size()) return State::head_incomplete;
    is_head_ = input.starts_with("HEAD ");  // also where the rest cannot be read
    boost::beast::error_code ec;
    parser_.advance(input, ec);
    // Before a version has its eight bytes the parser waits for more, also behind the end of the head.
    if (ec == beast_http::error::need_more && input.contains("\r\n\r\n")) return refuse(malformed("it has no version"));
    if (ec == beast_http::error::need_more) return State::head_incomplete;
    // The parser judges a version as soon as it sees it. What the caller hears must not depend on how its bytes came.
    if (ec == beast_http::error::bad_version && stops_behind_version(input)) return State::head_incomplete;
    if (ec) return refuse(explain(ec, input));
    if (!parser_.is_header_done()) return State::head_incomplete;
    return gate(input);
}

RequestReader::State RequestReader::gate(std::string_view input) {
    take_head(input);
    const RequestHead head{.raw = input.substr(0, parser_.size()),
                           .version = parser_.version(),
                           .target = request_.target,
                           .fields = fields_};
    if (auto refusal = check_head(head)) return refuse(std::move(*refusal));
    body_size_ = static_cast<std::size_t>(parser_.content_length().value_or(0));
    request_.keep_alive = parser_.keep_alive();  // which has seen every Connection field, not the first alone
    head_passed_ = true;
    return State::head_done;
}

void RequestReader::take_head(std::string_view input) {
    const auto text = [&](const HeadParser::Part& part) { return input.substr(part.begin, part.size); };
    fields_.clear();
    fields_.reserve(parser_.fields().size());
    for (const auto& field : parser_.fields()) fields_.push_back({text(field.name), text(field.value)});
    // RFC 9110 §9.3.2: HEAD is GET but for the body of its answer, so nobody behind this needs to know of it.
    request_.method = is_head_ ? std::string_view{"GET"} : text(parser_.method());
    request_.target = text(parser_.target());
    const auto mark = request_.target.find('?');
    request_.path = request_.target.substr(0, mark);
    if (mark != std::string_view::npos) request_.query = request_.target.substr(mark + 1);
    request_.fields = fields_;
}

RequestReader::State RequestReader::refuse(Refusal refusal) {
    refusal_ = std::move(refusal);
    return State::refused;
}

}  // namespace jeton::front
