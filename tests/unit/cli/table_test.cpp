#include "cli/table.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

const Table table{{"APP", "ORGANIZATION"}, {{"dispatcher", "Example Software of Springfield"}, {"x", "東京"}}};

TEST_CASE("table: columns stand below each other, no line ends in spaces") {
    CHECK(table.text(0) ==
          "APP         ORGANIZATION\n"
          "dispatcher  Example Software of Springfield\n"
          "x           東京\n");
}

TEST_CASE("table: it fits the terminal; the widest column gives way") {
    const auto text = table.text(30);
    CHECK(text.contains("dispatcher  Example Software"));
    CHECK(text.contains("…\n"));
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) CHECK(display_width(line) <= 30);
}

TEST_CASE("table: a terminal narrower than any table is not fought with") { CHECK(table.text(3).contains("dispa…")); }

TEST_CASE("table: a row may be shorter than the header") {
    const Table ragged{{"A", "B"}, {{"1"}}};
    CHECK(ragged.text(0) == "A  B\n1\n");
}

TEST_CASE("pairs: empty values are left out, values stand below each other") {
    CHECK(pairs_text({{"state", "sealed"}, {"reason", ""}, {"version", "1"}}) == "state    sealed\nversion  1\n");
    CHECK(pairs_text({}).empty());
}

}  // namespace
}  // namespace jeton::cli
