#include "daemon/base/private_socket.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "daemon/base/connector.hpp"
#include "daemon/base/pass_fd.hpp"
#include "daemon/base/process.hpp"

using namespace jeton;

namespace {

namespace fs = std::filesystem;

/// A listening socket in a new directory below /tmp.
struct Place {
    Place() {
        std::string name = "/tmp/jeton-private-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory = name;
        listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path().c_str(), path().native().size() + 1);
        REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener.get(), 8) == 0);
        fs::permissions(path(), fs::perms::all);
        fs::permissions(directory, fs::perms{0755});
    }
    ~Place() { fs::remove_all(directory); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] fs::path path() const { return directory / "s"; }

    fs::path directory;
    UniqueFd listener;
};

bool is_root() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("private socket: whoever connects must be the one user; another is closed unread (T14)") {
    const Place place;
    const auto connect = [&] {
        UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, place.path().c_str(), place.path().native().size() + 1);
        REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        return socket;
    };
    CHECK_FALSE(accept_only(place.listener.get(), ::geteuid()));
    const auto mine = connect();
    CHECK(accept_only(place.listener.get(), ::geteuid()));
    const auto other = connect();
    CHECK_FALSE(accept_only(place.listener.get(), ::geteuid() + 1));
    char nothing = 0;
    CHECK(::recv(other.get(), &nothing, 1, 0) == 0);
}

TEST_CASE("private socket: only root's, in directories of root's, is connected to (T14)") {
    const Place place;
    if (!is_root()) {
        CHECK(connect_to_root(place.path()).error().code == Errc::wrong_state);
        return;
    }
    CHECK(connect_to_root(place.path()).has_value());
    SUBCASE("others may write to the directory") {
        fs::permissions(place.directory, fs::perms{0777});
        CHECK(connect_to_root(place.path()).error().code == Errc::wrong_state);
        fs::permissions(place.directory, fs::perms{01777});  // what is not there yet could be made by anybody
        CHECK(connect_to_root(place.path()).error().code == Errc::wrong_state);
    }
    SUBCASE("the directory is another user's") {
        REQUIRE(::chown(place.directory.c_str(), 1, 1) == 0);
        const auto refused = connect_to_root(place.path());
        CHECK(refused.error().what.contains("belongs to uid 1"));
    }
    SUBCASE("nobody listens") {
        CHECK(connect_to_root(place.directory / "other").error().code == Errc::temporarily_unavailable);
    }
    SUBCASE("another user made it") {
        // Who listens is who called listen(2) last.
        REQUIRE(::seteuid(1) == 0);
        REQUIRE(::listen(place.listener.get(), 8) == 0);
        REQUIRE(::seteuid(0) == 0);
        CHECK(connect_to_root(place.path()).error().what.contains("made by uid 1"));
    }
}

TEST_CASE("connector: brings an end at once, and another each time that it is asked") {
    if (!is_root()) return;
    const Place place;
    const auto connector = start_connector("connects", place.path(), 'V');
    const auto receive = [&] {
        for (int i = 0; i < 500; ++i) {
            if (auto passed = receive_fd(connector.link.get())) return passed;
            ::usleep(10'000);
        }
        return std::optional<PassedFd>{};
    };
    for (int i = 0; i < 3; ++i) {
        const auto passed = receive();
        REQUIRE(passed);
        CHECK(passed->tag == 'V');
        auto accepted = accept_only(place.listener.get(), ::geteuid());
        REQUIRE(accepted);
        REQUIRE(::send(passed->fd.get(), "x", 1, 0) == 1);
        char byte = 0;
        CHECK(::recv(accepted->get(), &byte, 1, 0) == 1);
        ask_for_connection(connector.link.get());
    }
}

TEST_CASE("user_number: a user of this host, or a refusal that names it") {
    CHECK(user_number("root").value() == 0);
    CHECK(user_number("no-such-user-here").error().what.contains("no-such-user-here"));
}

TEST_CASE("watchdog: twice in the time that the service manager gives, and never without one") {
    ::unsetenv("WATCHDOG_USEC");
    CHECK_FALSE(watchdog_interval());
    ::setenv("WATCHDOG_USEC", "10000000", 1);
    CHECK(watchdog_interval() == std::chrono::milliseconds{5000});
    ::setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(watchdog_interval());
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
}
