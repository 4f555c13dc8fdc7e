#include "cli/new_file.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/resource.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include "tests/unit/libclient/scratch.hpp"

namespace jeton::cli {
namespace {

using client::testing::Scratch;

/// While it lives, no file of this process can be written to.
class FullDisk {
public:
    FullDisk() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    void (*handler_)(int);
    rlimit before_{};
};

TEST_CASE("new file: it holds what was written, without what was only reserved, and only its owner reads it") {
    const Scratch scratch;
    const auto path = scratch.path() + "/new";
    {
        const auto before = ::umask(0);
        auto file = NewFile::create(path);
        ::umask(before);
        REQUIRE(file);
        CHECK(file->reserve(4096));
        CHECK(file->write("A=1\n"));
        CHECK(file->write("B=2\n"));
        CHECK(file->publish());
    }
    std::ifstream read{path};
    CHECK(std::string{std::istreambuf_iterator<char>{read}, {}} == "A=1\nB=2\n");
    struct stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777U) == 0600U);
}

TEST_CASE("new file: before it is whole nothing has its name, whatever ends the program, and nothing is left of it") {
    const Scratch scratch;
    const auto path = scratch.path() + "/new";
    {
        auto file = NewFile::create(path);
        REQUIRE(file);
        CHECK(file->reserve(4096));
        CHECK(file->write("A=1\n"));
        CHECK_FALSE(std::filesystem::exists(path));
    }
    CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("new file: what the disk does not take is said, and no half secret stays") {
    const Scratch scratch;
    const auto path = scratch.path() + "/new";
    {
        auto file = NewFile::create(path);
        REQUIRE(file);
        const FullDisk full;
        CHECK_FALSE(file->reserve(4096));
        const auto written = file->write("A=1\n");
        REQUIRE_FALSE(written);
        CHECK(written.error().code == "output_failed");
        CHECK(written.error().what.contains(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("new file: nothing that exists is touched, and no link is followed") {
    const Scratch scratch;
    const auto path = scratch.path() + "/link";
    std::filesystem::create_symlink(scratch.path() + "/elsewhere", path);
    const auto file = NewFile::create(path);
    REQUIRE_FALSE(file);
    CHECK(file.error().exit_code == exit_code::refused);
    CHECK(file.error().what == path + " exists already; it was not touched");
    CHECK_FALSE(std::filesystem::exists(scratch.path() + "/elsewhere"));
    CHECK(NewFile::create(scratch.path() + "/no/such").error().what.contains("does not exist"));

    const auto late = scratch.path() + "/late";
    auto slow = NewFile::create(late);
    REQUIRE(slow);
    std::ofstream{late} << "mine";
    CHECK(slow->publish().error().what == late + " exists already; it was not touched");
    CHECK(std::filesystem::file_size(late) == 4);
}

}  // namespace
}  // namespace jeton::cli
