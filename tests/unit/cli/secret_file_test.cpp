#include "cli/secret_file.hpp"

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

TEST_CASE("secret file: it holds what it was filled with, and only its owner reads it") {
    const Scratch scratch;
    const auto path = scratch.path() + "/new";
    {
        const auto before = ::umask(0);
        auto file = SecretFile::create(path);
        ::umask(before);
        REQUIRE(file);
        CHECK(file->fill("A=1\nB=2\n"));
    }
    std::ifstream read{path};
    CHECK(std::string{std::istreambuf_iterator<char>{read}, {}} == "A=1\nB=2\n");
    struct stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777U) == 0600U);
}

TEST_CASE("secret file: one that was not filled is gone") {
    const Scratch scratch;
    const auto path = scratch.path() + "/new";
    {
        const auto file = SecretFile::create(path);
        REQUIRE(file);
        CHECK(std::filesystem::exists(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("secret file: what the disk does not take is said, and no half secret stays") {
    const Scratch scratch;
    const auto path = scratch.path() + "/new";
    {
        auto file = SecretFile::create(path);
        REQUIRE(file);
        const FullDisk full;
        const auto filled = file->fill("A=1\n");
        REQUIRE_FALSE(filled);
        CHECK(filled.error().code == "output_failed");
        CHECK(filled.error().what.contains(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("secret file: nothing that exists is touched, and no link is followed") {
    const Scratch scratch;
    const auto path = scratch.path() + "/link";
    std::filesystem::create_symlink(scratch.path() + "/elsewhere", path);
    const auto file = SecretFile::create(path);
    REQUIRE_FALSE(file);
    CHECK(file.error().exit_code == exit_code::refused);
    CHECK(file.error().what == path + " exists already; it was not touched");
    CHECK_FALSE(std::filesystem::exists(scratch.path() + "/elsewhere"));
    CHECK(SecretFile::create(scratch.path() + "/no/such").error().what.contains("cannot be made"));
}

}  // namespace
}  // namespace jeton::cli
