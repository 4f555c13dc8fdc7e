// Every order in which the steps of writers and a reader of the epoch page may take effect on a processor that keeps to
// release and acquire; and the same with one step taken out or moved, to see that the search finds what goes wrong
// then. The argument in words: docs/decisions/0033-epoch-page.md.
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "libclient/page/epoch_page.hpp"
#include "tests/unit/libclient/page/weak_memory.hpp"

using namespace jeton;
using namespace jeton::page;
using test::Explorer;
using test::WeakMemory;

namespace {

constexpr std::size_t answer_word = 8;  ///< stands for the socket: what an answer tells, and who hears it
constexpr std::uint64_t second = 1'000'000'000;

constexpr Decided at(std::uint64_t high, std::uint64_t low, std::uint64_t epoch) { return {{high, low}, epoch}; }

/// The page in the modelled memory, as one thread works on it.
class ModelWords {
public:
    ModelWords(WeakMemory& memory, WeakMemory::Thread& thread, bool ordered = true)
        : memory_(&memory), thread_(&thread), ordered_(ordered) {}
    [[nodiscard]] std::uint64_t load(Word word) const {
        return memory_->load(*thread_, static_cast<std::size_t>(word), ordered_);
    }
    void store(Word word, std::uint64_t value) {
        memory_->store(*thread_, static_cast<std::size_t>(word), value, ordered_);
    }

private:
    WeakMemory* memory_;
    WeakMemory::Thread* thread_;
    bool ordered_;
};

/// What is done wrong on purpose.
enum class Broken {
    nothing,
    no_order,             ///< all stores and loads are relaxed
    no_sequence,          ///< the words are written over without saying so
    one_look,             ///< the reader looks at the sequence once
    answer_first,         ///< the page follows the answer
    unordered_heartbeat,  ///< the heartbeat alone is stored relaxed
    no_latch,             ///< a page is ended by its instance alone
};

/// One front, perhaps a second one that ends its page, and a reader.
struct Model {
    Model(Explorer& explorer, Broken what) : memory(explorer), broken(what) {
        auto words = of(front);
        words.store(Word::version, page_version);
    }

    ModelWords of(WeakMemory::Thread& thread) { return {memory, thread, broken != Broken::no_order}; }

    void publish(const Decided& now, std::uint64_t time) {
        auto words = of(front);
        if (broken != Broken::no_sequence) return steps::publish(words, now, time);
        words.store(Word::instance_high, now.instance.high);
        words.store(Word::instance_low, now.instance.low);
        words.store(Word::epoch, now.epoch);
        words.store(Word::heartbeat, time);
    }
    void answer(WeakMemory::Thread& thread, std::uint64_t what) { memory.store(thread, answer_word, what, true); }
    void change(const Decided& now, std::uint64_t time, std::uint64_t number) {
        if (broken == Broken::answer_first) answer(front, number);
        publish(now, time);
        if (broken != Broken::answer_first) answer(front, number);
    }
    void beat(std::uint64_t time) {
        ModelWords words{memory, front, broken != Broken::unordered_heartbeat && broken != Broken::no_order};
        steps::beat(words, time);
    }
    /// By another process, which has found the finished page under its name.
    void end_page() {
        auto words = of(successor);
        if (broken != Broken::no_latch) return steps::make_void(words);
        words.store(Word::instance_high, 0);
        words.store(Word::instance_low, 0);
    }

    std::uint64_t hear() { return memory.load(reader, answer_word, true); }
    bool says(const Decided& wanted, std::uint64_t now) {
        const auto words = of(reader);
        const auto clock = [now] { return now; };
        if (broken != Broken::one_look) return steps::says(words, wanted, clock);
        (void)words.load(Word::sequence);
        return wanted ==
               Decided{{words.load(Word::instance_high), words.load(Word::instance_low)}, words.load(Word::epoch)};
    }

    WeakMemory memory;
    Broken broken;
    WeakMemory::Thread front, successor, reader;
};

/// How many runs of `body`, which gives whether something went wrong, and how many went wrong.
struct Found {
    std::size_t runs = 0;
    std::size_t wrong = 0;
};

template <class Body>
Found search(Broken broken, Body body) {
    Found found;
    Explorer explorer;
    found.runs = explorer.explore([&] {
        Model model{explorer, broken};
        if (body(model, explorer)) ++found.wrong;
    });
    return found;
}

/// Epochs grow, the vault starts again (new instance, same epoch), the epoch grows: a reader may ask at any moment for
/// any instance, whole or put together of two, at any epoch. Wrong: yes to what was never said.
Found search_mixtures(Broken broken) {
    return search(broken, [](Model& model, Explorer& explorer) {
        const std::vector said{at(1, 2, 5), at(1, 2, 6), at(3, 4, 6), at(3, 4, 7)};
        for (const auto& now : said) model.publish(now, second);
        const auto wanted = at(1 + 2 * explorer.choose(2), 2 + 2 * explorer.choose(2), 5 + explorer.choose(3));
        return model.says(wanted, second) && std::ranges::find(said, wanted) == said.end();
    });
}

/// Somebody hears the answer to a change and looks at the page. Wrong: yes to what was decided before that change, or
/// no to the newest once its answer was heard.
Found search_after_answer(Broken broken) {
    return search(broken, [](Model& model, Explorer& explorer) {
        const std::vector said{at(1, 2, 5), at(1, 2, 6), at(0, 0, 0), at(3, 4, 6)};
        for (std::size_t i = 0; i < said.size(); ++i) model.change(said[i], second, i + 1);
        const auto heard = model.hear();
        const auto asked = explorer.choose(said.size());
        const bool says = model.says(said[asked], second);
        if (!said[asked].instance.known()) return says;  // sealed: nobody ever gets a yes
        return asked + 1 < heard ? says : heard == said.size() && !says;
    });
}

/// A reader that has heard nothing: all that it has to go by is how old the heartbeat is. Wrong: a heartbeat of after
/// the change makes it believe what stood there before.
Found search_heartbeats(Broken broken) {
    return search(broken, [](Model& model, Explorer&) {
        model.publish(at(1, 2, 5), 0);
        model.beat(second);
        model.publish(at(1, 2, 6), 10 * second);
        model.beat(11 * second);
        model.beat(12 * second);
        return model.says(at(1, 2, 5), 12 * second);
    });
}

/// Another front ends the page while its writer lives and goes on writing, and then answers. Wrong: yes to anything.
Found search_ended(Broken broken) {
    return search(broken, [](Model& model, Explorer& explorer) {
        const std::vector said{at(1, 2, 5), at(1, 2, 6), at(3, 4, 6)};
        model.successor = model.front;  // it has found the finished page under its name
        model.publish(said[0], second);
        model.end_page();
        model.answer(model.successor, 1);
        model.publish(said[1], second);
        model.beat(second);
        model.publish(said[2], second);
        if (model.hear() != 1) return false;
        return model.says(said[explorer.choose(said.size())], second);
    });
}

}  // namespace

TEST_CASE("epoch page: in no order does a reader find an instance and an epoch that were never said together" *
          doctest::test_suite("exhaustive")) {
    const auto found = search_mixtures(Broken::nothing);
    CHECK(found.wrong == 0);
    CHECK(found.runs > 1000);
    CHECK(search_mixtures(Broken::no_sequence).wrong > 0);
    CHECK(search_mixtures(Broken::one_look).wrong > 0);
    CHECK(search_mixtures(Broken::no_order).wrong > 0);
}

TEST_CASE("epoch page: in no order does what was decided before a change outlive the answer to the change" *
          doctest::test_suite("exhaustive")) {
    const auto found = search_after_answer(Broken::nothing);
    CHECK(found.wrong == 0);
    CHECK(found.runs > 1000);
    CHECK(search_after_answer(Broken::answer_first).wrong > 0);
}

TEST_CASE("epoch page: in no order does a fresh heartbeat vouch for what stood there before it" *
          doctest::test_suite("exhaustive")) {
    const auto found = search_heartbeats(Broken::nothing);
    CHECK(found.wrong == 0);
    CHECK(found.runs > 100);
    CHECK(search_heartbeats(Broken::unordered_heartbeat).wrong > 0);
    CHECK(search_heartbeats(Broken::no_order).wrong > 0);
}

TEST_CASE("epoch page: in no order does a page that was ended come back, though its writer lives" *
          doctest::test_suite("exhaustive")) {
    const auto found = search_ended(Broken::nothing);
    CHECK(found.wrong == 0);
    CHECK(found.runs > 1000);
    CHECK(search_ended(Broken::no_latch).wrong > 0);
}

TEST_CASE("the search itself: what a memory may do that forgets to hand on what was seen") {
    // Message passing: data, then a flag. Relaxed, the flag may be seen without the data; with release and acquire
    // never.
    const auto stale = [](bool ordered) {
        std::size_t wrong = 0;
        Explorer explorer;
        const auto runs = explorer.explore([&] {
            WeakMemory memory{explorer};
            WeakMemory::Thread writer, reader;
            memory.store(writer, 0, 1, ordered);
            memory.store(writer, 1, 1, ordered);
            const auto flag = memory.load(reader, 1, ordered);
            const auto data = memory.load(reader, 0, ordered);
            if (flag == 1 && data == 0) ++wrong;
        });
        CHECK(runs == (ordered ? 3 : 4));
        return wrong;
    };
    CHECK(stale(false) == 1);
    CHECK(stale(true) == 0);
    // Two threads store into the same two words, each in its own order: whose value stays may differ from word to word.
    Explorer explorer;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> last;
    explorer.explore([&] {
        WeakMemory memory{explorer};
        WeakMemory::Thread one, two;
        memory.store(one, 0, 1, true);
        memory.store(one, 1, 2, true);
        memory.store(two, 1, 1, true);
        memory.store(two, 0, 2, true);
        WeakMemory::Thread reader;
        last.emplace_back(memory.load(reader, 0, true), memory.load(reader, 1, true));
    });
    CHECK(std::ranges::find(last, std::pair<std::uint64_t, std::uint64_t>{1, 1}) != last.end());
}
