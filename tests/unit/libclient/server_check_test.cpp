#include "libclient/http/server_check.hpp"

#include <filesystem>
#include <string>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/libclient/scratch.hpp"

namespace jeton::client {
namespace {

using testing::Scratch;

std::string refusal(const std::string& directory, uid_t self = ::geteuid()) {
    const auto checked = check_directory(directory, self);
    return checked ? "accepted" : checked.error().what;
}

TEST_CASE("directory: one's own, not writable by others, below a sticky one, is accepted (threat: T14)") {
    const Scratch scratch;
    CHECK(refusal(scratch.directory("good", 0755)) == "accepted");
    CHECK(refusal(scratch.directory("private", 0700) + "/") == "accepted");
}

TEST_CASE("directory: one that others may write to is refused with its name, its mode and the way to mend it") {
    const Scratch scratch;
    const auto open = scratch.directory("open", 0757);
    const auto checked = check_directory(open, ::geteuid());
    REQUIRE_FALSE(checked);
    CHECK(checked.error().fault == Fault::untrusted);
    CHECK(checked.error().what.contains(open + " has mode 0757"));
    CHECK(checked.error().next == "chmod go-w " + open);
    CHECK(refusal(scratch.directory("sticky", 01777)).contains("mode 1777"));
}

TEST_CASE("directory: one below a directory that others may write to is refused") {
    const Scratch scratch;
    const auto above = scratch.directory("above", 0777);
    const auto below = scratch.directory("above/below", 0755);
    CHECK(refusal(below).contains(above + " above the socket has mode 0777"));
    ::chmod(above.c_str(), 01777);
    CHECK(refusal(below) == "accepted");
}

TEST_CASE("directory: a symbolic link, a file, a relative path and nothing at all are refused") {
    const Scratch scratch;
    const auto good = scratch.directory("good", 0755);
    std::filesystem::create_directory_symlink(good, scratch.path() + "/link");
    CHECK(refusal(scratch.path() + "/link").contains("symbolic link"));
    CHECK(refusal("good").contains("not an absolute path"));
    CHECK(refusal("").contains("not an absolute path"));
    const auto missing = check_directory(scratch.path() + "/missing", ::geteuid());
    REQUIRE_FALSE(missing);
    CHECK(missing.error().fault == Fault::unreachable);
}

TEST_CASE("directory: behind a link higher up, the place it leads to is checked as well") {
    const Scratch scratch;
    const auto open = scratch.directory("open", 0777);
    (void)scratch.directory("open/jeton", 0755);
    std::filesystem::create_directory_symlink(open, scratch.path() + "/link");
    CHECK(refusal(scratch.path() + "/link/jeton").contains(open + " above the socket has mode 0777"));
    ::chmod(open.c_str(), 0755);
    CHECK(refusal(scratch.path() + "/link/jeton") == "accepted");
}

TEST_CASE("directory: another user's is refused with the owner") {
    if (::geteuid() != 0) return;  // only root can make one
    const Scratch scratch;
    ::chmod(scratch.path().c_str(), 0755);
    const auto foreign = scratch.directory("foreign", 0755);
    REQUIRE(::chown(foreign.c_str(), 12345, 12345) == 0);
    CHECK(refusal(foreign).contains("belongs to uid 12345 (mode 0755), not to root or you"));
    CHECK(refusal(foreign, 12345) == "accepted");
    const auto below = scratch.directory("foreign/below", 0755);
    CHECK(refusal(below).contains("who could replace it"));
}

TEST_CASE("mode: it is shown as chmod takes it") {
    CHECK(mode_text(0755) == "0755");
    CHECK(mode_text(01777) == "1777");
    CHECK(mode_text(0) == "0000");
}

}  // namespace
}  // namespace jeton::client
