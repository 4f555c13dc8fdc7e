#include "cli/pages.hpp"

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

TEST_CASE("pages: the next page is the one that a Link field names so (RFC 8288)") {
    CHECK(next_page_in(R"(</v1/x?after=a%20b>; rel="next")") == "/v1/x?after=a%20b");
    CHECK(next_page_in("</v1/x>;rel=next") == "/v1/x");
    CHECK(next_page_in(R"(</v1/first>; rel="first", </v1/x>; title="a, \"b\"; rel=prev"; rel="last next")") == "/v1/x");
    CHECK_FALSE(next_page_in(""));
    CHECK_FALSE(next_page_in(R"(</v1/x>; rel="prev")"));
    CHECK_FALSE(next_page_in(R"(</v1/x>; title="rel=next")"));
    CHECK_FALSE(next_page_in("</v1/x>"));
    CHECK_FALSE(next_page_in("</v1/x"));
    CHECK_FALSE(next_page_in("/v1/x; rel=next"));
}

TEST_CASE("pages: a link to anywhere but a path of this daemon is none") {
    for (const auto* elsewhere :
         {"https://example.com/v1/x", "//example.com/v1/x", "v1/x", "", "/v1/a b", "/v1/x#y", "/v1/\xc3\xa9"}) {
        CAPTURE(elsewhere);
        CHECK_FALSE(next_page_in("<" + std::string{elsewhere} + ">; rel=next"));
    }
}

TEST_CASE("pages: a limit is asked for as long as one page can hold it") {
    CHECK(with_page_limit("/v1/x", 5) == "/v1/x?limit=5");
    CHECK(with_page_limit("/v1/x?a=b", 5) == "/v1/x?a=b&limit=5");
    CHECK(with_page_limit("/v1/x", 5'000) == "/v1/x?limit=400");
}

Document page(std::string_view text, std::string next = {}) {
    client::WipedText bytes;
    bytes.append(text);
    return {std::move(bytes), *protocol::parse_strict(text, protocol::wiped_storage()), std::move(next)};
}

TEST_CASE("pages: a single whole one stays as it came, several become one array in wiped memory") {
    Pages single{std::nullopt};
    REQUIRE(single.add(page("[ 1, 2 ]")));
    CHECK(single.next().empty());
    CHECK(single.take().text.view() == "[ 1, 2 ]");

    Pages several{std::nullopt};
    REQUIRE(several.add(page("[ 1, 2 ]", "/two")));
    CHECK(several.next() == "/two");
    REQUIRE(several.add(page("[]", "/three")));
    REQUIRE(several.add(page("[{\"a\":\"b\"}]")));
    CHECK(several.next().empty());
    const auto all = several.take();
    CHECK(all.text.view() == R"([1,2,{"a":"b"}])");
    CHECK(all.tree.storage() == protocol::wiped_storage());
    CHECK(all.tree.get_array().size() == 3);
}

TEST_CASE("pages: the limit ends the listing, in the middle of a page too") {
    Pages pages{3};
    REQUIRE(pages.add(page("[1,2]", "/two")));
    CHECK(pages.next() == "/two");
    REQUIRE(pages.add(page("[3,4]", "/three")));
    CHECK(pages.next().empty());
    CHECK(pages.take().text.view() == "[1,2,3]");
    Pages cut{1};
    REQUIRE(cut.add(page("[1,2]")));
    CHECK(cut.take().text.view() == "[1]");
}

}  // namespace
}  // namespace jeton::cli
