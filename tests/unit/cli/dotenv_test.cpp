#include "cli/dotenv.hpp"

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

std::string only_value(std::string_view line) {
    const auto read = read_dotenv(line, "f");
    REQUIRE(read);
    REQUIRE(read->size() == 1);
    return std::string{read->front().value.view()};
}

TEST_CASE("dotenv: names, values and the lines they stand in") {
    const auto read =
        read_dotenv("\xef\xbb\xbf# comment\r\n\r\nexport A=1\r\n  B = two words \n\texport\tC='x'\nD=", ".env");
    REQUIRE(read);
    REQUIRE(read->size() == 4);
    CHECK((*read)[0].name == "A");
    CHECK((*read)[0].line == 3);
    CHECK((*read)[1].value.view() == "two words");
    CHECK((*read)[2].name == "C");
    CHECK((*read)[3].value.view().empty());
    CHECK((*read)[3].line == 6);
}

TEST_CASE("dotenv: quotes, escapes and comments") {
    CHECK(only_value("A=a#b # c") == "a#b");
    CHECK(only_value("A=#c").empty());
    CHECK(only_value("A='a # \\n $B' # c") == "a # \\n $B");
    CHECK(only_value(R"(A="a # \n\t\"\\\$ \q")") == "a # \n\t\"\\$ \\q");
    CHECK(only_value("A=it's") == "it's");
    CHECK(only_value("A=b=c") == "b=c");
    CHECK(only_value("export=1") == "1");  // a variable of that name
}

TEST_CASE("dotenv: what is no setting is refused by its line, without its value") {
    for (const std::string wrong : {"1A=secret", "A B=secret", "secret", "=secret", "A='secret", "A=\"secret",
                                    "A='x'secret", "A=\"x\" secret", "A-B=secret"}) {
        CAPTURE(wrong);
        const auto read = read_dotenv("OK=1\n" + wrong + "\n", "dir/.env");
        REQUIRE_FALSE(read);
        CHECK(read.error().code == "bad_input");
        CHECK(read.error().what.contains("dir/.env, line 2"));
        CHECK_FALSE(read.error().what.contains("secret"));
        CHECK_FALSE(read.error().next.empty());
    }
    CHECK_FALSE(read_dotenv(std::string_view{"A=\0b", 4}, "f"));
}

}  // namespace
}  // namespace jeton::cli
