/// Feeds a target with the inputs that are kept for it. A plain program: any compiler builds it.
///
/// usage: fuzz-replay FOLDER TARGET     with a folder of that name in it
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/fuzz/target.hpp"

namespace {

std::size_t feed_all(const jeton::fuzz::Target& target, const std::filesystem::path& folder) {
    std::size_t fed = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        std::ifstream file{entry.path(), std::ios::binary};
        const std::string input{std::istreambuf_iterator<char>{file}, {}};
        std::fprintf(stderr, "%s\n", entry.path().c_str());  // the last one named is the one that it died of
        target.feed(input);
        ++fed;
    }
    return fed;
}

}  // namespace

int main(int count, char** words) {
    if (count == 3) {
        for (const auto& target : jeton::fuzz::targets()) {
            if (std::string_view{target.name} != words[2]) continue;
            std::printf("%zu\n", feed_all(target, std::filesystem::path{words[1]} / target.name));
            return 0;
        }
    }
    std::fprintf(stderr, "usage: fuzz-replay FOLDER TARGET\n");
    return 2;
}
