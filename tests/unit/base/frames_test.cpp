#include "daemon/base/frames.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "libclient/protocol/words.hpp"

using namespace jeton;
using namespace std::string_literals;

TEST_CASE("frames: four bytes of length, most significant first, then the payload") {
    CHECK(encode_frame("{}") == "\0\0\0\2{}"s);
    const std::string large(0x010203, 'x');
    CHECK(encode_frame(large).substr(0, 4) == "\0\1\2\3"s);
}

TEST_CASE("frames: cut in any way, they come out whole and in order (T43)") {
    const auto stream = encode_frame("{\"a\":1}") + encode_frame("x") + encode_frame(std::string(5000, 'y'));
    for (const std::size_t step : {1UZ, 3UZ, 7UZ, 4096UZ, stream.size()}) {
        CAPTURE(step);
        FrameDecoder decoder;
        std::vector<std::string> got;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            decoder.feed(std::string_view{stream}.substr(at, step));
            while (auto payload = decoder.next()) got.push_back(std::move(*payload));
        }
        REQUIRE(got.size() == 3);
        CHECK(got[0] == "{\"a\":1}");
        CHECK(got[1] == "x");
        CHECK(got[2] == std::string(5000, 'y'));
    }
}

TEST_CASE("frames: a length of zero or above 1 MiB ends the link") {
    CHECK_THROWS_AS((void)encode_frame(""), FrameFault);
    CHECK_THROWS_AS((void)encode_frame(std::string(protocol::frame_limit + 1, 'x')), FrameFault);
    CHECK(encode_frame(std::string(protocol::frame_limit, 'x')).size() == protocol::frame_limit + 4);
    for (const auto& head : {"\0\0\0\0"s, "\0\x10\0\1"s, "\xff\xff\xff\xff"s}) {
        FrameDecoder decoder;
        decoder.feed(head);
        CHECK_THROWS_AS((void)decoder.next(), FrameFault);
    }
}

TEST_CASE("frames: the largest frame passes in pieces") {
    const std::string payload(protocol::frame_limit, 'z');
    const auto frame = encode_frame(payload);
    FrameDecoder decoder;
    decoder.feed(std::string_view{frame}.substr(0, frame.size() - 1));
    CHECK_FALSE(decoder.next());
    decoder.feed(std::string_view{frame}.substr(frame.size() - 1));
    CHECK(decoder.next() == payload);
    CHECK_FALSE(decoder.next());
}
