#include "daemon/exchange/resolver_files.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

using namespace jeton::exchange;

TEST_CASE("resolver files: a new one in the place of an old one is noticed, and nothing else is") {
    std::string pattern = (std::filesystem::temp_directory_path() / "jeton-unit-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(pattern.data());
    std::ofstream{folder / "resolv.conf"} << "nameserver 127.0.0.1\n";
    ResolverFiles files{folder};
    CHECK_FALSE(files.changed());
    std::ofstream{folder / "other"} << "x";
    CHECK_FALSE(files.changed());
    std::ofstream{folder / "resolv.conf.new"} << "nameserver 127.0.0.2\n";
    CHECK_FALSE(files.changed());
    std::filesystem::rename(folder / "resolv.conf.new", folder / "resolv.conf");
    CHECK(files.changed());
    CHECK_FALSE(files.changed());
    std::filesystem::remove_all(folder);
}
