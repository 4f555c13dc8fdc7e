#include "daemon/base/landlock.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/base/forked.hpp"

using namespace jeton;
using test::in_a_child;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "jeton-unit-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
        std::filesystem::create_directory(path / "own");
        std::filesystem::create_directory(path / "other");
        std::ofstream{path / "own/file"} << "own";
        std::ofstream{path / "other/file"} << "other";
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

/// 0 where it can be opened, else errno.
int opening(const std::filesystem::path& file, int flags) {
    const int fd = ::open(file.c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    ::close(fd);
    return 0;
}

/// What `work` returns in a child that is confined by `rules`.
int confined(const landlock::Rules& rules, const std::function<int()>& work) {
    return in_a_child([&] {
               landlock::restrict_self(rules);
               return work();
           })
        .status;
}

int binding() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int error = ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 ? 0 : errno;
    ::close(fd);
    return error;
}

}  // namespace

TEST_SUITE("confinement" * doctest::skip(landlock::abi() == 0)) {
    TEST_CASE("landlock: a directory of its own may be used as it likes, all else is closed") {
        const Folder folder;
        const landlock::Rules rules{.files = {{folder.path / "own", landlock::own}}};
        const auto open_in = [&](const char* name, int flags) {
            return confined(rules, [&] { return opening(folder.path / name, flags); });
        };
        CHECK(open_in("own/file", O_RDONLY) == 0);
        CHECK(open_in("own/file", O_RDWR) == 0);
        CHECK(open_in("own/new", O_RDWR | O_CREAT) == 0);
        CHECK(open_in("other/file", O_RDONLY) == EACCES);
        CHECK(open_in("other/new", O_RDWR | O_CREAT) == EACCES);
        CHECK(open_in("/etc/passwd", O_RDONLY) == EACCES);
        CHECK(confined(rules, [&] { return ::unlink((folder.path / "own/new").c_str()) == 0 ? 0 : errno; }) == 0);
        CHECK(confined(rules, [&] { return ::unlink((folder.path / "other/file").c_str()) == 0 ? 0 : errno; }) ==
              EACCES);
        CHECK(opening(folder.path / "other/file", O_RDONLY) == 0);  // whoever did not confine itself is not concerned
    }

    TEST_CASE("landlock: reading is not writing") {
        const Folder folder;
        const landlock::Rules rules{.files = {{folder.path, landlock::read_only}}};
        CHECK(confined(rules, [&] { return opening(folder.path / "own/file", O_RDONLY); }) == 0);
        CHECK(confined(rules, [&] { return opening(folder.path / "own/file", O_WRONLY); }) == EACCES);
        CHECK(confined(rules, [&] { return opening(folder.path / "own/new", O_WRONLY | O_CREAT); }) == EACCES);
    }

    TEST_CASE("landlock: a single file, and a path that is not there") {
        const Folder folder;
        const landlock::Rules rules{
            .files = {{folder.path / "own/file", landlock::own}, {folder.path / "missing/file", landlock::own}}};
        CHECK(confined(rules, [&] { return opening(folder.path / "own/file", O_RDWR); }) == 0);
        CHECK(confined(rules, [&] { return opening(folder.path / "other/file", O_RDONLY); }) == EACCES);
    }

    TEST_CASE("landlock: what is put in the place of a file later is another file") {
        const Folder folder;
        const auto own = folder.path / "own/file";
        const landlock::Rules rules{.files = {{own, landlock::read_only}}};
        const auto ended = in_a_child([&] {
            std::array<int, 2> go{};
            if (::pipe(go.data()) != 0) return 1;
            const pid_t other = ::fork();
            if (other == 0) {  // not confined: puts another file there when it is told to
                char word = 0;
                ::close(go[1]);
                (void)!::read(go[0], &word, 1);
                std::filesystem::rename(folder.path / "other/file", own);
                std::_Exit(0);
            }
            landlock::restrict_self(rules);
            if (opening(own, O_RDONLY) != 0) return 2;
            ::close(go[1]);
            ::waitpid(other, nullptr, 0);
            return opening(own, O_RDONLY);
        });
        CHECK(ended.status == EACCES);
    }

    TEST_CASE("landlock: only what is governed is taken away") {
        const Folder folder;
        const landlock::Rules rules{.governed = landlock::execute, .files = {}};
        CHECK(confined(rules, [&] { return opening(folder.path / "own/file", O_RDWR); }) == 0);
        CHECK(confined(rules, [] {
                  ::execl("/bin/true", "true", nullptr);
                  return errno;
              }) == EACCES);
    }

    TEST_CASE("landlock: no server on TCP without leave" * doctest::skip(landlock::abi() < 4)) {
        CHECK(confined({}, binding) == EACCES);
        landlock::Rules rules;
        rules.tcp_bind = true;
        CHECK(confined(rules, binding) == 0);
    }

    TEST_CASE("landlock: no signal to others without leave" * doctest::skip(landlock::abi() < 6)) {
        const auto signalling = [] { return ::kill(::getppid(), 0) == 0 ? 0 : errno; };
        CHECK(confined({}, signalling) == EPERM);
        landlock::Rules rules;
        rules.signals = true;
        CHECK(confined(rules, signalling) == 0);
    }
}
