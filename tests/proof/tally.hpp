/// What a harness of this folder says of each of its tests, how many it was, and meanwhile how far it is.
#pragma once

#include <chrono>
#include <iostream>
#include <string>

namespace jeton::proof {

struct Tally {
    int passed = 0;
    int failed = 0;

    void say(const std::string& name, const std::string& why = {}) {
        ++(why.empty() ? passed : failed);
        std::cout << (why.empty() ? "ok " + name : "FAIL " + name + ": " + why) << std::endl;
    }
};

/// How far it is, once a minute: a release's run takes hours.
class Progress {
public:
    /// `text` makes the words, where it is time for them.
    template <typename Text>
    void tell(const Text& text) {
        const auto now = std::chrono::steady_clock::now();
        if (now < next_) return;
        next_ = now + interval;
        std::cout << "    so far: " << text() << std::endl;
    }

private:
    static constexpr std::chrono::minutes interval{1};
    std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + interval;
};

}  // namespace jeton::proof
