#include "libclient/http/response.hpp"

#include <algorithm>

#include "libclient/protocol/ascii.hpp"

namespace jeton::client {
namespace {

using protocol::is_token_character;
using protocol::is_value_character;
using protocol::lower_case;
using protocol::trimmed;
using protocol::whole_number;

}  // namespace

std::optional<std::string_view> Response::header(std::string_view lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, &std::pair<std::string, std::string>::first);
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

std::unexpected<Error> ResponseParser::fail(std::string what) {
    state_ = State::failed;
    return refuse(Fault::bad_answer, "the answer cannot be read: " + std::move(what),
                  "check that jetond and this program are of the same release");
}

Result<void> ResponseParser::feed(std::string_view bytes) {
    if (bytes.empty()) return {};
    switch (state_) {
        case State::head: break;
        case State::body_of_length:
        case State::body_to_end: return add_body(bytes);
        case State::done: return fail("bytes follow its end");
        case State::failed: return fail("it was refused before");
    }
    head_.append(bytes);
    const auto end = head_.view().find("\r\n\r\n");
    if (std::min(end, head_.size()) > response_head_limit) return fail("its header is longer than 16 KiB");
    if (end == std::string_view::npos) return {};
    if (auto read = read_head(head_.view().substr(0, end + 2)); !read) return read;
    if (auto decided = decide_body(); !decided) return decided;
    const WipedText rest{std::string{head_.view().substr(end + 4)}};
    head_ = WipedText{};
    return feed(rest.view());
}

Result<void> ResponseParser::end_of_stream() {
    if (state_ == State::body_to_end) state_ = State::done;
    if (state_ == State::done) return {};
    state_ = State::failed;
    return refuse(Fault::bad_answer, "the daemon ended before its answer was whole",
                  "jeton status says how it is; a change that was asked for may have been made");
}

Result<void> ResponseParser::read_head(std::string_view head) {
    auto line_end = head.find("\r\n");
    if (auto read = read_status_line(head.substr(0, line_end)); !read) return read;
    head.remove_prefix(line_end + 2);
    while (!head.empty()) {
        line_end = head.find("\r\n");
        if (auto read = read_header(head.substr(0, line_end)); !read) return read;
        head.remove_prefix(line_end + 2);
    }
    return {};
}

Result<void> ResponseParser::read_status_line(std::string_view line) {
    constexpr std::string_view version = "HTTP/1.1 ";
    const bool shaped =
        line.starts_with(version) && line.size() >= version.size() + 4 && line[version.size() + 3] == ' ';
    if (!shaped || !std::ranges::all_of(line, is_value_character)) return fail("its first line is not HTTP/1.1");
    const auto status = whole_number(line.substr(version.size(), 3));
    if (!status || *status < 200 || *status > 599) return fail("its status is none that ends a request");
    response_.status = static_cast<int>(*status);
    return {};
}

Result<void> ResponseParser::read_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return fail("a header line has no name");
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (!std::ranges::all_of(name, is_token_character)) return fail("a header name has a strange character");
    if (!std::ranges::all_of(value, is_value_character)) return fail("a header value has a control character");
    if (response_.headers.size() == response_header_count_limit) return fail("it has more than 64 header lines");
    response_.headers.emplace_back(lower_case(name), std::string{value});
    return {};
}

Result<void> ResponseParser::decide_body() {
    if (response_.header("transfer-encoding")) return fail("it is sent in chunks");
    const auto lengths =
        std::ranges::count(response_.headers, "content-length", &std::pair<std::string, std::string>::first);
    if (lengths > 1) return fail("it has two lengths");
    if (lengths == 1) {
        const auto length = whole_number(*response_.header("content-length"));
        if (!length) return fail("its length is no number");
        if (*length > response_body_limit) return fail("its body is longer than 16 MiB");
        length_ = *length;
        state_ = length_ == 0 ? State::done : State::body_of_length;
        return {};
    }
    if (response_.status == 204 || response_.status == 304) {
        state_ = State::done;
        return {};
    }
    if (lower_case(response_.header("connection").value_or("")) != "close") return fail("its length is not given");
    state_ = State::body_to_end;
    return {};
}

Result<void> ResponseParser::add_body(std::string_view bytes) {
    const auto limit = state_ == State::body_of_length ? length_ : response_body_limit;
    if (bytes.size() > limit - response_.body.size()) {
        return fail(state_ == State::body_of_length ? "bytes follow its end" : "its body is longer than 16 MiB");
    }
    response_.body.append(bytes);
    if (state_ == State::body_of_length && response_.body.size() == length_) state_ = State::done;
    return {};
}

}  // namespace jeton::client
