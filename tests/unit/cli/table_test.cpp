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

TEST_CASE("table: the first column is cut last, and of a name both ends stay") {
    const Table connections{{"CONNECTION", "STATUS"}, {{"dispatcher/1234567@production", "Not Connected Yet"}}};
    CHECK(connections.text(41).contains("dispatcher/1234567@production  Not Conne…\n"));
    CHECK(connections.text(34).contains("dispatcher/1…@production  Not Con…\n"));
    CHECK(connections.text(24).contains("dispatch…duction  Not C…\n"));
}

TEST_CASE("table: short IDs stay whole, times keep the day") {
    const Table secrets{{"CONNECTION", "SECRET", "CREATED", "BY"},
                        {{"dispatcher/1234567@production", "jcs.4k2p...", "2026-01-05T09:30:00Z", "some long name"}}};
    const auto text = secrets.text(50);
    CHECK(text.contains("  jcs.4k2p...  2026-"));
    CHECK(secrets.text(70).contains("2026-01-05T"));
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) CHECK(display_width(line) <= 50);
}

TEST_CASE("table: a terminal narrower than any table is not fought with") { CHECK(table.text(3).contains("dispatc…")); }

TEST_CASE("table: a row may be shorter than the header") {
    const Table ragged{{"A", "B"}, {{"1"}}};
    CHECK(ragged.text(0) == "A  B\n1\n");
}

TEST_CASE("table: columns may be wider than what stands in them") {
    const Table loose{{"A", "B"}, {{"1", "2"}}, {4}};
    CHECK(loose.text(0) == "A     B\n1     2\n");
}

TEST_CASE("pairs: empty values are left out, values stand below each other") {
    CHECK(pairs_text({{"state", "sealed"}, {"reason", ""}, {"version", "1"}}) == "state    sealed\nversion  1\n");
    CHECK(pairs_text({}).empty());
}

}  // namespace
}  // namespace jeton::cli
