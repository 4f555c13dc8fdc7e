/// Feeds each target with the inputs that are kept for it. A plain program: any compiler builds it.
///
/// usage: fuzz-replay FOLDER     with a folder for each target in it
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/target.hpp"

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: fuzz-replay FOLDER\n");
        return 2;
    }
    for (const auto& target : jeton::fuzz::targets()) {
        const auto folder = std::filesystem::path{words[1]} / target.name;
        std::size_t fed = 0;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            std::ifstream file{entry.path(), std::ios::binary};
            const std::string input{std::istreambuf_iterator<char>{file}, {}};
            std::fprintf(stderr, "%s\n", entry.path().c_str());  // the last one named is the one that it died of
            target.feed(input);
            ++fed;
        }
        std::printf("%s %zu\n", target.name, fed);
    }
    return 0;
}
