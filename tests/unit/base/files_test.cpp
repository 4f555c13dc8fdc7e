#include "daemon/base/files.hpp"

#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;

namespace {

/// A directory that is gone afterwards.
struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "jeton-unit-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

void write_file(const std::filesystem::path& file, std::string_view content, mode_t mode) {
    std::ofstream{file} << content;
    REQUIRE(::chmod(file.c_str(), mode) == 0);
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat found{};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

}  // namespace

TEST_CASE("files: a private directory is made with its parents, and checked where it is there") {
    const Folder folder;
    const auto deep = folder.path / "a/b/c";
    REQUIRE(ensure_private_directory(deep));
    CHECK(mode_of(deep) == 0700);
    CHECK(mode_of(folder.path / "a") == 0700);
    CHECK(ensure_private_directory(deep));

    REQUIRE(::chmod(deep.c_str(), 0770) == 0);
    const auto loose = ensure_private_directory(deep);
    REQUIRE_FALSE(loose);
    CHECK(loose.error().code == Errc::wrong_state);
    CHECK(loose.error().next.find("chmod 0750") != std::string::npos);

    write_file(folder.path / "file", "", 0600);
    CHECK_FALSE(ensure_private_directory(folder.path / "file"));
    std::filesystem::create_directory_symlink(folder.path / "a", folder.path / "link");
    CHECK_FALSE(ensure_private_directory(folder.path / "link"));
}

TEST_CASE("files: a secret file is believed only while nobody else can read or write it") {
    const Folder folder;
    const auto file = folder.path / "key";
    write_file(file, "0123", 0600);
    CHECK(read_secret_file(file)->size() == 4);
    for (const mode_t loose : {0640U, 0604U, 0620U, 0602U}) {
        write_file(file, "0123", loose);
        CAPTURE(loose);
        const auto read = read_secret_file(file);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Errc::wrong_state);
        CHECK_FALSE(check_trusted_file(file, true));
    }
    write_file(file, "0123", 0644);
    CHECK(*read_trusted_file(file) == "0123");
    CHECK(check_trusted_file(file, false));
    write_file(file, "0123", 0664);
    CHECK_FALSE(read_trusted_file(file));
}

TEST_CASE("files: what is absent, no file or too large is said so") {
    const Folder folder;
    CHECK(read_trusted_file(folder.path / "none").error().code == Errc::not_found);
    CHECK(read_trusted_file(folder.path).error().code == Errc::wrong_state);
    REQUIRE(::mkfifo((folder.path / "fifo").c_str(), 0600) == 0);
    CHECK_FALSE(read_trusted_file(folder.path / "fifo"));  // and does not wait for a writer
    write_file(folder.path / "large", std::string(64UZ * 1024 + 1, 'x'), 0600);
    CHECK_FALSE(read_trusted_file(folder.path / "large"));
    write_file(folder.path / "whole", std::string(64UZ * 1024, 'x'), 0600);
    CHECK(read_trusted_file(folder.path / "whole")->size() == 64UZ * 1024);
}

TEST_CASE("files: a credential may be readable by its group, which shows the access control list, and by nobody else") {
    const Folder folder;
    const auto file = folder.path / "credential";
    for (const mode_t mode : {0400U, 0440U, 0600U}) {
        write_file(file, "0123", mode);
        CHECK(read_credential_file(file)->size() == 4);
        std::filesystem::remove(file);
    }
    for (const mode_t mode : {0444U, 0460U, 0604U}) {
        write_file(file, "0123", mode);
        CHECK_FALSE(read_credential_file(file));
        std::filesystem::remove(file);
    }
}

TEST_CASE("threat: a power cut while a key file is written (T32) is not in the way of the next attempt") {
    const Folder folder;
    const auto file = folder.path / "key";
    write_file(folder.path / "key.new", "half", 0600);
    REQUIRE(create_secret_file(file, "content"));
    CHECK(*read_trusted_file(file) == "content");
    CHECK_FALSE(std::filesystem::exists(folder.path / "key.new"));
    write_file(folder.path / "key.new", "half", 0600);
    CHECK(create_secret_file(file, "other").error().code == Errc::already_exists);
    CHECK(*read_trusted_file(file) == "content");
}

TEST_CASE("files: a new secret file is private and replaces nothing") {
    const Folder folder;
    const auto file = folder.path / "key";
    REQUIRE(create_secret_file(file, "content"));
    CHECK(mode_of(file) == 0600);
    CHECK(*read_trusted_file(file) == "content");
    CHECK(create_secret_file(file, "other").error().code == Errc::already_exists);
    CHECK(*read_trusted_file(file) == "content");
}

TEST_CASE("files: a secret file with a name that nothing can have is no file that exists") {
    const Folder folder;
    const auto made = create_secret_file(folder.path / std::string(300, 'x'), "content");
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Errc::wrong_state);
    CHECK(made.error().what.find("cannot create") != std::string::npos);
}
