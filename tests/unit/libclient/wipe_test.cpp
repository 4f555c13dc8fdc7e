#include "libclient/http/wipe.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace jeton::client {
namespace {

TEST_CASE("wiped text: it grows, is cut and moves like a text") {
    WipedText text;
    for (int part = 0; part < 1000; ++part) text.append("secret ");
    CHECK(text.size() == 7000);
    CHECK(text.view().starts_with("secret secret "));
    text.truncate(14);
    text.erase_front(7);
    CHECK(text.view() == "secret ");
    const WipedText moved{std::move(text)};
    CHECK(moved.view() == "secret ");
}

TEST_CASE("wiped text: the text it was made from is wiped") {
    std::string short_text = "short";
    const char* characters = short_text.data();
    const WipedText taken{std::move(short_text)};
    CHECK(taken.view() == "short");
    CHECK(characters[1] == '\0');  // a short text lives inside the string object, so this memory is still there
}

}  // namespace
}  // namespace jeton::client
