#include "daemon/base/helper_process.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

using namespace jeton;
using namespace std::chrono_literals;

namespace {

std::string echo(std::string_view question) {
    if (question == "slow") std::this_thread::sleep_for(300ms);
    if (question == "end") throw std::runtime_error("on purpose");
    return "answer to " + std::string{question};
}

}  // namespace

TEST_CASE("helper process: whoever cannot wait is told so, and nobody else waits for that answer") {
    HelperProcess helper{"jeton-echo", [] {}, echo};
    CHECK(helper.ask("quick", 5s) == "answer to quick");
    CHECK_FALSE(helper.ask("slow", 20ms));
    const auto began = std::chrono::steady_clock::now();
    CHECK_FALSE(helper.ask("quick", 5s));
    CHECK_FALSE(helper.ask("slow", 5s));
    CHECK(std::chrono::steady_clock::now() - began < 200ms);

    std::this_thread::sleep_for(500ms);
    CHECK(helper.ask("quick", 5s) == "answer to quick");
    CHECK(helper.ask("slow", 0ms) == "answer to slow");
    CHECK(helper.ask("slow", 0ms) == "answer to slow");  // as often as it is asked: a request may need it twice
}

TEST_CASE("helper process: whoever waits as long as it takes waits for what was given up before, too") {
    HelperProcess helper{"jeton-echo", [] {}, echo};
    CHECK_FALSE(helper.ask("slow", 20ms));
    CHECK(helper.ask("quick") == "answer to quick");
    CHECK(helper.ask("slow", 0ms) == "answer to slow");
}

TEST_CASE("helper process: one that has ended is told of, at once") {
    HelperProcess helper{"jeton-echo", [] {}, echo};
    CHECK_THROWS_WITH_AS((void)helper.ask("end", 5s), "the process jeton-echo has ended", std::runtime_error);
    CHECK_THROWS_WITH_AS((void)helper.ask("quick"), "the process jeton-echo has ended", std::runtime_error);
}
