#include "daemon/base/file_helper.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "daemon/base/encoding.hpp"
#include "daemon/base/files.hpp"
#include "daemon/base/helper_process.hpp"
#include "daemon/base/landlock.hpp"
#include "tests/unit/base/forked.hpp"
#include "tests/unit/results.hpp"

using namespace jeton;
using test::in_a_child;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "jeton-unit-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::filesystem::path with(const char* name, std::string_view content, mode_t mode) const {
        const auto file = path / name;
        std::ofstream{file} << content;
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        return file;
    }
};

constexpr std::string_view certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

}  // namespace

TEST_CASE("helper process: answers, one question at a time, of any length up to a frame") {
    CHECK(in_a_child([] {
              HelperProcess helper{"jeton-test", [] {},
                                   [](std::string_view question) { return std::string{question} + "!"; }};
              if (helper.ask("") != "!" || helper.ask("who") != "who!") return 1;
              const std::string big(900'000, 'x');
              return helper.ask(big) == big + "!" ? 0 : 2;
          }).status == 0);
}

TEST_CASE("helper process: one that has ended is told by name") {
    CHECK(in_a_child([] {
              HelperProcess helper{"jeton-test", [] {}, [](std::string_view) -> std::string { std::_Exit(0); }};
              try {
                  (void)helper.ask("x");
              } catch (const std::runtime_error& fault) {
                  return std::string_view{fault.what()}.find("jeton-test") != std::string_view::npos ? 0 : 1;
              }
              return 2;
          }).status == 0);
}

TEST_CASE("files: of a PEM file only the certificates count") {
    const Folder folder;
    const std::string key = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n";
    const auto both =
        folder.with("both.pem", "text\n" + key + std::string{certificate} + key + std::string{certificate}, 0644);
    const auto found = read_certificates(both);
    REQUIRE(found);
    CHECK(*found == std::string{certificate} + std::string{certificate});
    CHECK_FALSE(read_certificates(folder.with("key.pem", key, 0644)));
    CHECK_FALSE(read_certificates(folder.with("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", 0644)));
    CHECK_FALSE(read_certificates(folder.path / "missing.pem"));
    CHECK_FALSE(read_certificates(folder.path));
}

TEST_CASE("files: a key file is made with its directories, private, never over another") {
    const Folder folder;
    const auto file = folder.path / "deep/er/root.key";
    REQUIRE(create_key_file(file));
    struct stat found{};
    REQUIRE(::stat(file.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == 0600);
    CHECK(found.st_size == 50);
    const auto again = create_key_file(file);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::already_exists);
}

TEST_CASE("file helper: what a confined process may not open itself it gets by name and kind" *
          doctest::skip(landlock::abi() == 0)) {
    const Folder folder;
    const auto secret = folder.with("secret", "0123456789abcdef0123456789abcdef", 0600);
    const auto open_to_all = folder.with("open", "0123456789abcdef0123456789abcdef", 0644);
    const auto pem = folder.with("ca.pem", std::string{"PRIVATE "} + std::string{certificate}, 0644);
    const auto made = folder.path / "new/root.key";
    CHECK(in_a_child([&] {
              start_file_helper("jeton-test", [] {});
              landlock::restrict_self({});
              if (std::ifstream{secret}.good()) return 1;  // it is confined
              const auto read = read_secret_file(secret);
              if (!read || text_of(read->span()) != "0123456789abcdef0123456789abcdef") return 2;
              const auto loose = read_secret_file(open_to_all);
              if (loose || loose.error().what.find("mode 0644") == std::string::npos) return 3;
              if (!read_trusted_file(open_to_all)) return 4;
              const auto authorities = read_certificates(pem);
              if (!authorities || *authorities != certificate) return 5;
              if (!create_key_file(made) || !read_secret_file(made)) return 6;
              const auto again = create_key_file(made);
              if (again || again.error().code != Errc::already_exists) return 7;
              const auto missing = read_secret_file(folder.path / "missing");
              if (missing || missing.error().code != Errc::not_found) return 8;
              return 0;
          }).status == 0);
}
