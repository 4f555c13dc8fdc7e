#include "libclient/protocol/serialize.hpp"

#include <string>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace jeton;

TEST_CASE("serialize: the same text as ever, with room for what is added (T41)") {
    boost::json::object object{{"short", "text"}, {"escaped", "\"\\\n\x01ü"}, {"list", {1, -2, true, nullptr, {}}}};
    CHECK(protocol::serialize_once(object) == boost::json::serialize(object));
    object["long"] = std::string(100'000, 'x') + std::string(10'000, '\n');
    const boost::json::value value(object);
    auto text = protocol::serialize_once(value, 7);
    CHECK(text == boost::json::serialize(value));
    const auto* const before = text.data();
    text += "7 bytes";
    CHECK(text.data() == before);
}
