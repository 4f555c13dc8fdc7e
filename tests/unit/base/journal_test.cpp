#include "daemon/base/journal.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace jeton;
using namespace jeton::log;

namespace {

/// Where a journal would listen.
struct Listener {
    Listener() {
        std::string pattern = (std::filesystem::temp_directory_path() / "jeton-journal-XXXXXX").string();
        directory = ::mkdtemp(pattern.data());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        place().native().copy(address.sun_path, sizeof address.sun_path - 1);
        fd = UniqueFd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~Listener() { std::filesystem::remove_all(directory); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] std::filesystem::path place() const { return directory / "socket"; }
    /// The next datagram; empty where there is none.
    [[nodiscard]] std::string next() const {
        std::array<char, 4096> bytes{};
        const auto size = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
        return size <= 0 ? std::string{} : std::string{bytes.data(), static_cast<std::size_t>(size)};
    }

    std::filesystem::path directory;
    UniqueFd fd;
};

}  // namespace

TEST_CASE("journal: an entry has its message, priority, program and fields, and no empty ones") {
    const std::array<Field, 2> fields{{{"JETON_EVENT", "secret.rotated"}, {"JETON_UNIT", ""}}};
    CHECK(journal_entry("jetond", Level::warning, "", fields, "a line") ==
          "MESSAGE=a line\nPRIORITY=4\nSYSLOG_IDENTIFIER=jetond\nJETON_EVENT=secret.rotated\n");
    CHECK(journal_entry("p", Level::error, "abc", {}, "l").find("\nMESSAGE_ID=abc\n") != std::string::npos);
}

TEST_CASE("journal: a value with a line feed cannot become a field of its own") {
    const std::array<Field, 1> fields{{{"JETON_COMMAND", "x\nPRIORITY=0"}}};
    CHECK(journal_entry("p", Level::info, "", fields, "l") ==
          std::string{"MESSAGE=l\nPRIORITY=6\nSYSLOG_IDENTIFIER=p\nJETON_COMMAND\n"} +
              std::string{"\x0c\0\0\0\0\0\0\0", 8} + "x\nPRIORITY=0\n");
}

TEST_CASE("journal: the log is the journal only where the variable names this very stream") {
    struct stat found{};
    REQUIRE(::fstat(STDERR_FILENO, &found) == 0);
    const auto right = fmt::format("{}:{}", found.st_dev, found.st_ino);
    CHECK(is_journal(right.c_str(), STDERR_FILENO));
    CHECK_FALSE(is_journal((right + "1").c_str(), STDERR_FILENO));
    CHECK_FALSE(is_journal("", STDERR_FILENO));
    CHECK_FALSE(is_journal(nullptr, STDERR_FILENO));
    CHECK_FALSE(is_journal(right.c_str(), -1));
}

TEST_CASE("journal: an entry is sent where somebody listens, and refused where nobody does any more") {
    CHECK_FALSE(JournalSocket::connect("/nonexistent/socket"));
    auto listener = std::make_unique<Listener>();
    const auto journal = JournalSocket::connect(listener->place());
    REQUIRE(journal);
    CHECK(journal->send("MESSAGE=hello\n"));
    CHECK(listener->next() == "MESSAGE=hello\n");
    listener.reset();
    CHECK_FALSE(journal->send("MESSAGE=lost\n"));
}

TEST_CASE("journal: what has taken the number of a closed socket is neither written to nor closed") {
    const Listener listener;
    const int number = [] {
        const UniqueFd probe{::open("/dev/null", O_RDWR | O_CLOEXEC)};
        return probe.get();  // the lowest that is free: the next one gets it
    }();
    UniqueFd other;
    {
        auto journal = JournalSocket::connect(listener.place());
        REQUIRE(journal);
        REQUIRE(::close(number) == 0);
        other = UniqueFd{::open((listener.directory / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
        REQUIRE(other.get() == number);
        CHECK_FALSE(journal->send("MESSAGE=into a file\n"));
    }
    struct stat found{};
    REQUIRE(::fstat(other.get(), &found) == 0);
    CHECK(found.st_size == 0);
}

TEST_CASE("log: what is less than the level is not written, but for what is kept as a proof") {
    CHECK(level() == Level::info);
    CHECK_FALSE(is_on(Level::debug));
    set_level(Level::error);
    CHECK_FALSE(is_on(Level::warning));
    CHECK(is_on(Level::error));
    set_level(Level::debug);
    CHECK(is_on(Level::debug));
    set_level(Level::info);
}
