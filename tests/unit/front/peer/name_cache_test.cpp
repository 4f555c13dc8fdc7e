#include "daemon/front/peer/name_cache.hpp"

#include <chrono>
#include <string>
#include <thread>

#include <doctest/doctest.h>

namespace jeton::front::test {

TEST_CASE("T18: names: who has a name keeps it while the name service is late; nobody is taken for nameless") {
    NameCache<int> names{std::chrono::seconds{0}};
    const auto late = [](int) -> std::optional<std::string> { throw Late("on purpose"); };
    CHECK(names.name_of(1, [](int) { return std::optional<std::string>{"alice"}; }) == "alice");
    CHECK(names.name_of(1, late) == "alice");
    CHECK_THROWS_AS((void)names.name_of(2, late), Late);
    CHECK(names.name_of(2, [](int) { return std::optional<std::string>{"bob"}; }) == "bob");
}

TEST_CASE("T18: names: those of one request are looked up for a while; whoever asks again gets further") {
    using namespace std::chrono_literals;
    constexpr int numbers = 10;
    NameCache<int> names;
    int looked_up = 0;
    const auto slowly = [&](int number) {
        ++looked_up;
        std::this_thread::sleep_for(10ms);
        return std::optional{std::to_string(number)};
    };
    int late = 0;
    for (bool done = false; !done;) {
        const LookUpTime time{25ms};
        try {
            for (int i = 0; i < numbers; ++i) {
                const auto name = names.name_of(i, slowly, time);
                CHECK(name == std::to_string(i));
            }
            done = true;
        } catch (const Late&) {
            ++late;
        }
    }
    CHECK(late >= 2);
    CHECK(looked_up == numbers);
}

TEST_CASE("T18: names: when the time is over, what was remembered before still counts") {
    NameCache<int> names{std::chrono::seconds{0}};
    const auto bob = [](int) { return std::optional<std::string>{"bob"}; };
    CHECK(names.name_of(1, [](int) { return std::optional<std::string>{"alice"}; }) == "alice");
    const LookUpTime over{std::chrono::seconds{0}};
    CHECK(names.name_of(1, bob, over) == "alice");
    CHECK_THROWS_AS((void)names.name_of(2, bob, over), Late);
    CHECK(names.name_of(2, bob) == "bob");
}

}  // namespace jeton::front::test
