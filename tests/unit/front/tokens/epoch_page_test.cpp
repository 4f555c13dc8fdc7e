#include "daemon/front/tokens/epoch_page.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "daemon/front/routes/epoch_page.hpp"
#include "libclient/page/page_file.hpp"
#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

namespace fs = std::filesystem;
using State = EpochPageWriter::State;
using jeton::page::MappedPage;
using jeton::page::PageProblem;

const std::string instance = "0123456789abcdef0123456789abcdef";
const std::string next_instance = "fedcba9876543210fedcba9876543210";

jeton::page::Decided at(const std::string& of, std::uint64_t epoch) { return {jeton::page::instance_of(of), epoch}; }

struct World {
    World() {
        std::string name = (fs::temp_directory_path() / "jeton-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        config.paths.runtime = name;
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() { fs::remove_all(config.paths.runtime); }

    [[nodiscard]] EpochPageWriter open(bool may_be_new = false) const {
        return EpochPageWriter::open(config, may_be_new);
    }
    [[nodiscard]] fs::path directory() const { return config.paths.runtime / "page"; }
    [[nodiscard]] fs::path file() const { return directory() / "epoch"; }
    [[nodiscard]] PageProblem read(MappedPage& page) const { return page.open(directory().c_str()); }
    [[nodiscard]] MappedPage mapped() const {
        MappedPage page;
        REQUIRE(read(page) == PageProblem::none);
        return page;
    }
    /// A front that says something and is killed.
    void killed_front(const std::string& of, std::uint64_t epoch) const {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto writer = open();
            writer.say({of, epoch});
            ::kill(::getpid(), SIGKILL);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
    }

    Config config;
};

mode_t mode_of(const fs::path& path) {
    struct stat found{};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

}  // namespace

TEST_CASE("epoch page, written: directory and file have their modes, and readers see each change in place") {
    const World world;
    const auto umask_before = ::umask(0077);
    auto writer = world.open();
    ::umask(umask_before);
    CHECK(writer.state() == State::on);
    CHECK_FALSE(writer.earlier_page_lives());
    CHECK(mode_of(world.directory()) == 0755);
    CHECK(mode_of(world.file()) == 0444);
    CHECK(fs::file_size(world.file()) == jeton::page::page_size);
    CHECK(std::distance(fs::directory_iterator{world.directory()}, fs::directory_iterator{}) == 1);
    CHECK(writer.is_in_place());

    const auto page = world.mapped();
    CHECK_FALSE(jeton::page::page_says(*page.get(), at(instance, 5)));
    writer.say({instance, 5});
    CHECK(jeton::page::page_says(*page.get(), at(instance, 5)));
    writer.say({instance, 6});
    CHECK_FALSE(jeton::page::page_says(*page.get(), at(instance, 5)));
    CHECK(jeton::page::page_says(*page.get(), at(instance, 6)));
    writer.say({});  // sealed
    CHECK_FALSE(jeton::page::page_says(*page.get(), at(instance, 6)));
    writer.say({next_instance, 6});
    CHECK(jeton::page::page_says(*page.get(), at(next_instance, 6)));
    writer.say({"inst", 6});  // no instance of ours
    CHECK_FALSE(jeton::page::page_says(*page.get(), at(next_instance, 6)));
}

TEST_CASE("epoch page, written: the one that ends leaves an ended page behind, the next one a new page in its place") {
    const World world;
    MappedPage old;
    {
        auto writer = world.open();
        writer.say({instance, 5});
        old = world.mapped();
        writer.end();
        CHECK_FALSE(jeton::page::page_says(*old.get(), at(instance, 5)));
        writer.say({instance, 5});
        CHECK_FALSE(jeton::page::page_says(*old.get(), at(instance, 5)));
    }
    CHECK(jeton::page::is_void(*old.get()));
    CHECK(fs::exists(world.file()));
    MappedPage page;
    CHECK(world.read(page) == PageProblem::ended);
    auto writer = world.open();
    CHECK_FALSE(writer.earlier_page_lives());
    writer.say({instance, 5});  // however alike: the old mapping stays ended
    CHECK(jeton::page::is_void(*old.get()));
    CHECK(jeton::page::page_says(*world.mapped().get(), at(instance, 5)));
}

TEST_CASE("epoch page, written: the page of a front that was killed is ended in place before the next one's is there") {
    const World world;
    world.killed_front(instance, 5);
    const auto old = world.mapped();
    CHECK(jeton::page::page_says(*old.get(), at(instance, 5)));
    SUBCASE("by a front with a page") {
        const auto writer = world.open();
        CHECK_FALSE(writer.earlier_page_lives());
        CHECK_FALSE(jeton::page::page_says(*old.get(), at(instance, 5)));
        CHECK(jeton::page::is_void(*old.get()));
        CHECK_FALSE(jeton::page::is_void(*world.mapped().get()));
    }
    SUBCASE("by a front that writes none") {
        auto config = world.config;
        config.sockets.epoch_page = false;
        const auto writer = EpochPageWriter::open(config, false);
        CHECK(writer.state() == State::off);
        CHECK_FALSE(writer.earlier_page_lives());
        CHECK(jeton::page::is_void(*old.get()));
        CHECK(mode_of(world.file()) == 0444);
        MappedPage page;
        CHECK(world.read(page) == PageProblem::ended);
    }
}

TEST_CASE("epoch page, switched off: nothing is made") {
    World world;
    world.config.sockets.epoch_page = false;
    auto writer = world.open();
    CHECK(writer.state() == State::off);
    CHECK_FALSE(writer.earlier_page_lives());
    CHECK_FALSE(fs::exists(world.directory()));
    writer.say({instance, 5});
    writer.beat();
    writer.end();
}

TEST_CASE("epoch page, written: what cannot be ended is waited out, whatever is in its place") {
    const World world;
    world.killed_front(instance, 5);
    SUBCASE("the file was removed") { fs::remove(world.file()); }
    SUBCASE("a link is in its place") {
        fs::rename(world.file(), world.config.paths.runtime / "elsewhere");
        fs::create_symlink(world.config.paths.runtime / "elsewhere", world.file());
    }
    SUBCASE("a shorter file is in its place") {
        fs::remove(world.file());
        std::ofstream{world.file()} << "short";
    }
    auto writer = world.open();
    CHECK(writer.earlier_page_lives());
    CHECK(writer.state() == State::on);
    writer.say({instance, 6});
    CHECK(jeton::page::page_says(*world.mapped().get(), at(instance, 6)));
}

TEST_CASE("epoch page, written: a directory that was prepared for the first start is not waited for") {
    const World world;
    fs::create_directory(world.directory());
    CHECK_FALSE(world.open(true).earlier_page_lives());
}

TEST_CASE("threat: epoch page: a directory that others may write to is not used, and serving waits") {
    const World world;
    world.killed_front(instance, 5);
    SUBCASE("mode") { ::chmod(world.directory().c_str(), 0777); }
    SUBCASE("a link") {
        fs::rename(world.directory(), world.config.paths.runtime / "elsewhere");
        fs::create_directory_symlink(world.config.paths.runtime / "elsewhere", world.directory());
    }
    SUBCASE("no directory") {
        fs::remove_all(world.directory());
        std::ofstream{world.directory()} << "a file";
    }
    const auto writer = world.open();
    CHECK(writer.state() == State::failed);
    CHECK(writer.earlier_page_lives());
    CHECK_FALSE(writer.problem().what.empty());
    CHECK_FALSE(writer.problem().next.empty());
}

TEST_CASE("epoch page, written: where no page can be made, a front serves without") {
    const World world;
    fs::create_directories(world.file());  // nothing can be renamed over it
    std::ofstream{world.file() / "full"} << "x";
    auto writer = world.open();
    CHECK(writer.state() == State::failed);
    CHECK(writer.problem().what.find(world.file().string()) != std::string::npos);
    writer.say({instance, 5});
    CHECK_FALSE(writer.is_in_place());
    CHECK_FALSE(fs::exists(world.directory() / ".epoch.new"));
}

TEST_CASE("epoch page, told: status and doctor say where it is, that it is off, and what is wrong") {
    const World world;
    const auto told = [](const EpochPageWriter& page) {
        ControlDesk front;
        const Desk desk{.clock = front.clock, .vault = front.vault, .decisions = front.decisions, .page = page};
        json::value status = json::object{}, findings = json::array{};
        add_page_status(desk, status);
        add_page_finding(desk, findings);
        return std::pair{status.at("epoch_page"), findings.at(0)};
    };
    const auto [off, off_finding] = told(EpochPageWriter{});
    CHECK(off == json::parse(R"({"state":"off","path":null,"problem":null})"));
    CHECK(off_finding.at("severity") == "ok");

    const auto writer = world.open();
    const auto [on, on_finding] = told(writer);
    CHECK(on.at("state") == "on");
    CHECK(on.at("path").as_string() == world.file().c_str());
    CHECK(on.at("problem").is_null());
    CHECK(on_finding.at("severity") == "ok");

    fs::remove(world.file());
    const auto [lost, lost_finding] = told(writer);
    CHECK(lost.at("state") == "failed");
    CHECK(lost_finding.at("severity") == "warning");
    CHECK(lost_finding.at("check") == "page");
    CHECK(lost_finding.at("next") == "start jetond again");
}

}  // namespace jeton::front::test
