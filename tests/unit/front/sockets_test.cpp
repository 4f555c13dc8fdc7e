#include "daemon/front/sockets.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

namespace fs = std::filesystem;

struct Directory {
    Directory() {
        std::string name = (fs::temp_directory_path() / "jeton-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Directory() { fs::remove_all(path); }
    fs::path path;
};

Config config_in(const fs::path& directory, DaemonMode mode) {
    Config config;
    config.mode = mode;
    config.paths.runtime = config.paths.control = directory;
    return config;
}

mode_t mode_of(const fs::path& path) {
    struct stat found{};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

bool connects(const fs::path& path) {
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

TEST_CASE("sockets: with --user the directory and the control socket are nobody else's") {
    const Directory directory;
    const auto config = config_in(directory.path / "jeton", DaemonMode::user);
    {
        const auto sockets = open_sockets(config);
        REQUIRE(sockets.has_value());
        CHECK(mode_of(config.paths.runtime) == 0700);
        CHECK(mode_of(config.paths.runtime / "token.sock") == 0666);
        CHECK(mode_of(config.paths.runtime / "control.sock") == 0600);
        CHECK(connects(config.paths.runtime / "token.sock"));
    }
    CHECK_FALSE(fs::exists(config.paths.runtime / "token.sock"));
}

TEST_CASE("sockets: in system mode strangers get through to the token socket") {
    const Directory directory;
    const auto config = config_in(directory.path / "run" / "jeton", DaemonMode::system);
    const auto sockets = open_sockets(config);
    REQUIRE(sockets.has_value());
    CHECK(mode_of(directory.path / "run") == 0755);
    CHECK(mode_of(config.paths.runtime) == 0755);
    CHECK(mode_of(config.paths.runtime / "control.sock") == 0660);
}

TEST_CASE("sockets: a living daemon's are not replaced, a dead one's are") {
    const Directory directory;
    const auto config = config_in(directory.path, DaemonMode::user);
    {
        const auto first = open_sockets(config);
        REQUIRE(first.has_value());
        const auto second = open_sockets(config);
        REQUIRE(second.has_error());
        CHECK(second.error().code == Errc::already_exists);
        CHECK(second.error().what.find(std::to_string(::getpid())) != std::string::npos);
        CHECK(connects(directory.path / "token.sock"));
    }
    const UniqueFd stale{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (directory.path / "token.sock").string();
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::bind(stale.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const auto third = open_sockets(config);
    REQUIRE(third.has_value());
    CHECK(connects(path));
}

TEST_CASE("sockets: a path that is too long, or a directory others write to, is refused with the way out") {
    const Directory directory;
    const auto deep = open_sockets(config_in(directory.path / std::string(100, 'x'), DaemonMode::user));
    REQUIRE(deep.has_error());
    CHECK(deep.error().what.find("107") != std::string::npos);
    fs::permissions(directory.path, fs::perms::all);
    const auto open = open_sockets(config_in(directory.path, DaemonMode::user));
    REQUIRE(open.has_error());
    CHECK(open.error().code == Errc::wrong_state);
}

}  // namespace jeton::front::test
