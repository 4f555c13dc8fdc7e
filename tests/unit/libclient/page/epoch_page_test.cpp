#include "libclient/page/epoch_page.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace jeton::page;

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr Instance one{0x9f, 1}, other{0x9f, 2};

auto clock_at(std::uint64_t now) {
    return [now] { return now; };
}

}  // namespace

TEST_CASE("epoch page: its bytes are what other languages may read") {
    EpochPage page{};
    begin_page(page, 4026531834);
    publish(page, {{0x0123456789abcdef, 0xfedcba9876543210}, 42}, 7 * second);
    CHECK(page.words[0] == 0x4a45544f4e455031);  // "JETONEP1"
    CHECK(page.words[1] == 2);
    CHECK(page.words[2] == 0x0123456789abcdef);
    CHECK(page.words[3] == 0xfedcba9876543210);
    CHECK(page.words[4] == 42);
    CHECK(page.words[5] == 7 * second);
    CHECK(page.words[6] == 4026531834);
    CHECK(instance_of("0123456789abcdeffedcba9876543210") == Instance{0x0123456789abcdef, 0xfedcba9876543210});
}

TEST_CASE("epoch page: an instance is 32 lower-case hex digits, and anything else is none") {
    for (const auto* text : {"", "9f", "0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcde",
                             "0123456789abcdef0123456789abcdef0", "0123456789abcdef-123456789abcdef"}) {
        CHECK_FALSE(instance_of(text).known());
    }
    CHECK(instance_of("00000000000000000000000000000001").known());
}

TEST_CASE("epoch page: it says exactly one instance and epoch, and only while its heart beats") {
    EpochPage page{};
    begin_page(page, 1);
    CHECK_FALSE(page_says(page, {}, clock_at(0)));  // nothing published yet
    publish(page, {one, 5}, 100 * second);
    CHECK(page_says(page, {one, 5}, clock_at(100 * second)));
    CHECK(page_says(page, {one, 5}, clock_at(103 * second)));
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(103 * second + 1)));
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(100 * second - 1)));  // another boot's, or another namespace's clock
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(0)));                 // a clock that cannot be read
    CHECK_FALSE(page_says(page, {one, 4}, clock_at(100 * second)));
    CHECK_FALSE(page_says(page, {one, 6}, clock_at(100 * second)));
    CHECK_FALSE(page_says(page, {other, 5}, clock_at(100 * second)));
    beat(page, 104 * second);
    CHECK(page_says(page, {one, 5}, clock_at(104 * second)));
    publish(page, {one, 6}, 105 * second);
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(105 * second)));
    CHECK(page_says(page, {one, 6}, clock_at(105 * second)));
}

TEST_CASE("epoch page: a sealed or missing vault is said, and taken back; nobody gets a yes for it") {
    EpochPage page{};
    begin_page(page, 1);
    publish(page, {one, 5}, second);
    publish(page, {}, second);
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(second)));
    CHECK_FALSE(page_says(page, {}, clock_at(second)));
    CHECK_FALSE(is_void(page));
    publish(page, {other, 5}, second);
    CHECK(page_says(page, {other, 5}, clock_at(second)));
}

TEST_CASE("epoch page: once ended it stays so, whatever its writer goes on writing") {
    EpochPage page{};
    begin_page(page, 1);
    publish(page, {one, 5}, second);
    void_page(page);
    CHECK(is_void(page));
    beat(page, second);
    publish(page, {one, 6}, second);
    CHECK(is_void(page));
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(second)));
    CHECK_FALSE(page_says(page, {one, 6}, clock_at(second)));
}

TEST_CASE("epoch page: a writer that was killed in the middle of a change leaves a page that says nothing") {
    EpochPage page{};
    begin_page(page, 1);
    publish(page, {one, 5}, second);
    WritableWords words{page};
    words.store(Word::sequence, words.load(Word::sequence) + 1);
    CHECK_FALSE(page_says(page, {one, 5}, clock_at(second)));
    words.store(Word::epoch, 6);
    CHECK_FALSE(page_says(page, {one, 6}, clock_at(second)));
}

TEST_CASE("epoch page: the clock is read last, so that a reader that was stopped finds the page older, never younger") {
    struct Watched {
        [[nodiscard]] std::uint64_t load(Word word) const {
            order->push_back(static_cast<int>(word));
            return MappedWords{*page}.load(word);
        }
        const EpochPage* page;
        std::vector<int>* order;
    };
    EpochPage page{};
    begin_page(page, 1);
    publish(page, {one, 5}, second);
    std::vector<int> order;
    const auto clock = [&order]() -> std::uint64_t {
        order.push_back(-1);
        return second;
    };
    CHECK(steps::says(Watched{&page, &order}, {one, 5}, clock));
    REQUIRE(order.size() == 8);
    CHECK(order.front() == static_cast<int>(Word::sequence));
    CHECK(order[6] == static_cast<int>(Word::sequence));
    CHECK(order.back() == -1);
}
