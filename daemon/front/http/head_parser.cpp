#include "daemon/front/http/head_parser.hpp"

#include <functional>

#include <boost/asio/buffer.hpp>

namespace jeton::front {
namespace {

constexpr std::size_t usual_fields = 16;

}  // namespace

void HeadParser::advance(std::string_view input, Code& ec) {
    input_ = input;
    size_ += put(boost::asio::const_buffer{input.data() + size_, input.size() - size_}, ec);
    input_ = {};
}

/// A value of folded lines stands nowhere in one piece: Beast unfolds it elsewhere, and the gate refuses it.
HeadParser::Part HeadParser::place(Text text) const {
    constexpr std::less<const char*> before;
    const char* end = input_.data() + input_.size();
    if (before(text.data(), input_.data()) || before(end, text.data())) return {};
    return {.begin = static_cast<std::size_t>(text.data() - input_.data()), .size = text.size()};
}

void HeadParser::on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Code& ec) {
    ec = {};
    version_ = static_cast<unsigned>(version);
    method_ = place(method);
    target_ = place(target);
    fields_.reserve(usual_fields);
}

void HeadParser::on_field_impl(boost::beast::http::field, Text name, Text value, Code& ec) {
    ec = {};
    fields_.push_back({.name = place(name), .value = place(value)});
}

}  // namespace jeton::front
