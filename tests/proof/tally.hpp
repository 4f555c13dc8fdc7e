/// What a harness of this folder says of each of its tests, and how many it was.
#pragma once

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

}  // namespace jeton::proof
