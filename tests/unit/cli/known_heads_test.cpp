#include "cli/known_heads.hpp"

#include <doctest/doctest.h>

using namespace jeton::cli;

namespace {

const std::string hash(64, 'a');
const std::string signature(128, 'b');
const std::string line =
    "jeton-vault[71]: info: audit head sequence=57 hash=" + hash + " signature=" + signature + " public_key=00";

}  // namespace

TEST_CASE("T27 audit verify --against: heads are found in a log, in journalctl's JSON and in an export") {
    const auto found_in = [](const std::string& text) {
        const auto heads = known_heads(text);
        REQUIRE(heads.size() == 1);
        CHECK(heads.front().sequence == 57);
        CHECK(heads.front().hash == hash);
        return heads.front().signature;
    };
    CHECK(found_in(line) == signature);
    CHECK(found_in("some other line\n" + line + "\nand another\n") == signature);
    CHECK(found_in("Nov 28 20:46:20 host " + line + "\r\n") == signature);
    CHECK(found_in(R"({"__REALTIME_TIMESTAMP":"1","PRIORITY":"6","MESSAGE":")" + line + "\"}\n") == signature);
    CHECK(found_in(R"({"head":{"sequence":57,"hash":")" + hash + R"(","signature":")" + signature +
                   R"(","public_key":"00"}})") == signature);
    CHECK(found_in(R"({"sequence":57,"event":"app.created","hash":")" + hash + "\"}").empty());
}

TEST_CASE("T27 audit verify --against: oldest first, each once, and what is no head is passed over") {
    auto older = line;
    older.replace(older.find("=57"), 3, "=9");
    const auto heads = known_heads(line + "\n" + older + "\n" + line + "\n");
    REQUIRE(heads.size() == 2);
    CHECK(heads[0].sequence == 9);
    for (const auto* text :
         {"", "\n\n", "{", "{}", "[]", "audit head sequence=1", "audit head sequence=x hash=00 signature=00",
          R"({"MESSAGE":[1,2,3]})", R"({"head":null})", R"({"sequence":1,"hash":"short"})"}) {
        CAPTURE(text);
        CHECK(known_heads(text).empty());
    }
    // Anybody who may write to a log can write that; a head of ours carries its signature.
    CHECK(known_heads("audit head sequence=57 hash=" + hash + "\n").empty());
}
