/// Beast's parser of a request's head: nothing behind the head is given to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>

namespace jeton::front {

/// Remembers what was found by where it stands: nothing is copied, and the input may move while more of it comes.
class HeadParser final : public boost::beast::http::basic_parser<true> {
public:
    struct Part {
        std::size_t begin, size;
    };
    struct FieldParts {
        Part name, value;
    };

    /// Takes what of `input` is new, which is everything since the start of the head.
    void advance(std::string_view input, boost::beast::error_code& ec);

    [[nodiscard]] std::size_t size() const { return size_; }  ///< bytes of the head as far as it has been read
    [[nodiscard]] unsigned version() const { return version_; }
    [[nodiscard]] const Part& method() const { return method_; }
    [[nodiscard]] const Part& target() const { return target_; }
    [[nodiscard]] const std::vector<FieldParts>& fields() const { return fields_; }

private:
    using Text = boost::beast::string_view;
    using Code = boost::beast::error_code;

    [[nodiscard]] Part place(Text text) const;

    void on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Code& ec) override;
    void on_field_impl(boost::beast::http::field, Text name, Text value, Code& ec) override;
    void on_header_impl(Code& ec) override { ec = {}; }
    void on_finish_impl(Code& ec) override { ec = {}; }
    void on_response_impl(int, Text, int, Code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    std::size_t on_body_impl(Text, Code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text, Code&) override { return 0; }

    std::string_view input_;  ///< while it is being read
    std::size_t size_ = 0;
    unsigned version_ = 0;
    Part method_{}, target_{};
    std::vector<FieldParts> fields_;
};

}  // namespace jeton::front
