/// A memory that may do whatever release and acquire order allow, and an explorer that makes it do all of it.
///
/// Each word has a history: the order in which its values come about. Each thread has a view: how far into each history
/// it must have seen. A load may give any value that is not older than the thread's view; a release store hands the
/// storing thread's view on, an acquire load of it takes that over; a relaxed one does not. A store may come about
/// anywhere in the history behind the thread's view, because nobody else's stores are ordered with it. So store
/// buffers, reordered loads and reordered stores to different words are all there, on any processor that keeps to the
/// C++ memory model (the "views" of Kang, Hur, Lahav, Vafeiadis and Dreyer, POPL 2017, without promises: our readers
/// store nothing, so that no value can depend on a load to come).
///
/// The threads here are run one after the other, writers first. That leaves out no interleaving: writers load nothing
/// that others store, so what they do is the same whenever it is done, and a reader that comes last may still load
/// every older value that its view allows.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace jeton::test {

/// Answers "which of these?" differently in each run until every sequence of answers was given.
class Explorer {
public:
    std::size_t choose(std::size_t count) {
        if (count == 1) return 0;
        if (depth_ == path_.size()) path_.push_back({0, count});
        return path_[depth_++].taken;
    }

    /// Runs `body` with every sequence of choices; the number of runs.
    std::size_t explore(const std::function<void()>& body) {
        std::size_t runs = 0;
        do {
            depth_ = 0;
            body();
            ++runs;
        } while (advance());
        return runs;
    }

private:
    struct Choice {
        std::size_t taken;
        std::size_t count;
    };

    bool advance() {
        while (!path_.empty() && ++path_.back().taken == path_.back().count) path_.pop_back();
        return !path_.empty();
    }

    std::vector<Choice> path_;
    std::size_t depth_ = 0;
};

/// Words are numbered; the first eight stand for the page's.
class WeakMemory {
public:
    static constexpr std::size_t words = 10;
    /// Of each word, the number of the store that must have been seen.
    using View = std::array<std::size_t, words>;

    struct Thread {
        View view{};
    };

    explicit WeakMemory(Explorer& explorer) : explorer_(explorer), histories_(words) {
        for (auto& history : histories_) history.push_back({0, 0, {}});
    }

    void store(Thread& thread, std::size_t word, std::uint64_t value, bool release) {
        auto& history = histories_[word];
        const auto first = place(history, thread.view[word]) + 1;
        const auto at = first + explorer_.choose(history.size() - first + 1);
        const auto number = ++stores_;
        thread.view[word] = number;
        history.insert(history.begin() + static_cast<std::ptrdiff_t>(at),
                       Message{number, value, release ? thread.view : View{}});
    }

    std::uint64_t load(Thread& thread, std::size_t word, bool acquire) {
        const auto& history = histories_[word];
        const auto first = place(history, thread.view[word]);
        const auto& message = history[first + explorer_.choose(history.size() - first)];
        thread.view[word] = message.number;
        if (acquire) {
            for (std::size_t i = 0; i < words; ++i) {
                if (place(histories_[i], message.view[i]) > place(histories_[i], thread.view[i]))
                    thread.view[i] = message.view[i];
            }
        }
        return message.value;
    }

private:
    struct Message {
        std::size_t number;  ///< 0: what was there at first
        std::uint64_t value;
        View view;
    };
    using History = std::vector<Message>;

    static std::size_t place(const History& history, std::size_t number) {
        const auto found = std::ranges::find(history, number, &Message::number);
        return static_cast<std::size_t>(found - history.begin());
    }

    Explorer& explorer_;
    std::vector<History> histories_;
    std::size_t stores_ = 0;
};

}  // namespace jeton::test
