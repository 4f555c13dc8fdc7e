#include "libclient/page/page_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/libclient/scratch.hpp"

using namespace jeton::page;
namespace fs = std::filesystem;

namespace {

constexpr Decided now{{0x9f, 1}, 5};

/// A page's directory with a page in it, as a front leaves it.
struct World {
    World() { write(whole()); }

    /// The bytes of a page that says `now`.
    [[nodiscard]] static std::string whole() {
        EpochPage page{};
        begin_page(page, time_namespace());
        publish(page, now, boot_time());
        return bytes(page);
    }
    [[nodiscard]] static std::string bytes(const EpochPage& page) {
        return {reinterpret_cast<const char*>(&page), sizeof page};
    }
    void write(const std::string& content, mode_t mode = 0444) const {
        fs::remove_all(file());
        std::ofstream{file(), std::ios::binary} << content;
        ::chmod(file().c_str(), mode);
    }
    [[nodiscard]] std::string file() const { return directory + "/epoch"; }
    [[nodiscard]] PageProblem problem() const {
        MappedPage page;
        const auto found = page.open(directory.c_str());
        CHECK((page.get() == nullptr) == (found != PageProblem::none));
        return found;
    }

    jeton::client::testing::Scratch scratch;
    std::string directory = scratch.directory("page", 0755);
};

}  // namespace

TEST_CASE("page file: a page of the daemon's is mapped and read, and outlives its name") {
    const World world;
    MappedPage page;
    REQUIRE(page.open(world.directory.c_str()) == PageProblem::none);
    CHECK(page_says(*page.get(), now));
    fs::remove(world.file());
    CHECK(page_says(*page.get(), now));
    auto moved = std::move(page);
    CHECK(page_says(*moved.get(), now));
    CHECK(moved.open(world.directory.c_str()) == PageProblem::absent);
    CHECK(moved.get() == nullptr);
}

TEST_CASE("threat: a hostile epoch page: modes that let others write, and any mode but its own, are refused") {
    const World world;
    for (const mode_t mode : {0644U, 0664U, 0666U, 0464U, 0446U, 0400U, 0555U, 04444U}) {
        world.write(World::whole(), mode);
        CHECK(world.problem() == PageProblem::untrusted);
    }
    world.write(World::whole());
    for (const mode_t mode : {0775U, 0757U, 0777U, 01777U}) {
        ::chmod(world.directory.c_str(), mode);
        CHECK(world.problem() == PageProblem::untrusted);
    }
    ::chmod(world.directory.c_str(), 0755);
    CHECK(world.problem() == PageProblem::none);
}

TEST_CASE("threat: a hostile epoch page: file and directory of different owners are refused" *
          doctest::skip(::geteuid() != 0)) {
    const World world;
    REQUIRE(::lchown(world.file().c_str(), 12345, 12345) == 0);
    CHECK(world.problem() == PageProblem::untrusted);
    REQUIRE(::lchown(world.directory.c_str(), 12345, 12345) == 0);
    CHECK(world.problem() == PageProblem::none);  // the daemon's own user
    REQUIRE(::lchown(world.file().c_str(), 0, 0) == 0);
    CHECK(world.problem() == PageProblem::untrusted);  // a page of root's that somebody linked into his own directory
}

TEST_CASE("threat: a hostile epoch page: links, pipes, directories and devices in its place are refused at once") {
    const World world;
    const auto elsewhere = world.scratch.directory("elsewhere", 0755);
    fs::rename(world.file(), elsewhere + "/epoch");
    fs::create_symlink(elsewhere + "/epoch", world.file());
    CHECK(world.problem() == PageProblem::untrusted);
    fs::remove(world.file());
    REQUIRE(::mkfifo(world.file().c_str(), 0444) == 0);
    CHECK(world.problem() == PageProblem::untrusted);
    fs::remove(world.file());
    fs::create_directory(world.file());
    CHECK(world.problem() == PageProblem::untrusted);
    fs::remove_all(world.directory);
    fs::create_symlink(elsewhere, world.directory);
    CHECK(world.problem() == PageProblem::untrusted);
    fs::remove(world.directory);
    CHECK(world.problem() == PageProblem::absent);
    std::ofstream{world.directory} << "no directory";
    CHECK(world.problem() == PageProblem::untrusted);
}

TEST_CASE("threat: a hostile epoch page: what is shorter or longer than a page is never mapped") {
    const World world;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, page_size - 1, page_size + 1, 2 * page_size}) {
        auto content = World::whole();
        content.resize(size, '\0');
        world.write(content);
        CHECK(world.problem() == PageProblem::malformed);
    }
}

TEST_CASE("page file: an ended page, one of a later release, and one of another clock are told apart") {
    const World world;
    EpochPage page{};
    begin_page(page, time_namespace());
    void_page(page);
    world.write(World::bytes(page));
    CHECK(world.problem() == PageProblem::ended);
    page.words[0] = page_version + 1;
    world.write(World::bytes(page));
    CHECK(world.problem() == PageProblem::malformed);
    begin_page(page, time_namespace() + 1);
    world.write(World::bytes(page));
    CHECK(world.problem() == PageProblem::other_clock);
    begin_page(page, unknown_time_namespace);  // of a writer that could not see its own
    world.write(World::bytes(page));
    CHECK(world.problem() == PageProblem::other_clock);
}
