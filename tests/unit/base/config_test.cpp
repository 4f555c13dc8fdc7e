#include "daemon/base/config.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "tests/unit/results.hpp"

using namespace jeton;

namespace {

/// A folder with a `jetond.toml`, and an environment that points into it; both are as before afterwards.
class World {
public:
    World() {
        std::string pattern = (std::filesystem::temp_directory_path() / "jeton-unit-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        for (const auto* name :
             {"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "CREDENTIALS_DIRECTORY"}) {
            const char* value = std::getenv(name);
            before_[name] = value != nullptr ? std::optional<std::string>{value} : std::nullopt;
            ::unsetenv(name);
        }
    }
    ~World() {
        for (const auto& [name, value] : before_) set(name.c_str(), value ? value->c_str() : nullptr);
        std::filesystem::remove_all(folder);
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    static void set(const char* name, const char* value) {
        if (value != nullptr) {
            ::setenv(name, value, 1);
        } else {
            ::unsetenv(name);
        }
    }

    /// Writes `content` and reads it back as `--config` does.
    [[nodiscard]] Result<Config> load(std::string_view content, bool user = false) const {
        std::ofstream{file()} << content;
        ::chmod(file().c_str(), 0644);
        return load_config({.file = file(), .user = user});
    }
    /// What is refused of `content`, without the folder.
    [[nodiscard]] std::string refusal(std::string_view content) const {
        const auto loaded = load(content);
        if (loaded) return "accepted";
        CHECK(loaded.error().what.starts_with(file().string() + ":"));
        return loaded.error().what.substr(file().string().size() + 1) + " / " + loaded.error().next;
    }
    [[nodiscard]] std::filesystem::path file() const { return folder / "jetond.toml"; }

    std::filesystem::path folder;

private:
    std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace

TEST_CASE("config: an empty file, and empty tables, are the system's defaults") {
    const World world;
    for (const auto* content : {"", "[daemon]\n[paths]\n[keys]\n[sockets]\n[audit]\n[limits]\n"}) {
        const auto config = world.load(content);
        REQUIRE(config);
        CHECK(config->mode == DaemonMode::system);
        CHECK(config->paths.runtime == "/run/jeton");
        CHECK(config->paths.control == "/run/jeton-control");
        CHECK(config->paths.state == "/var/lib/jeton");
        CHECK(config->paths.anchor == "/var/lib/jeton-anchor");
        CHECK(config->keys.key_file.empty());
        CHECK(config->sockets.control_group == "jeton");
        CHECK(config->sockets.epoch_page);
        CHECK_FALSE(config->audit.every_token);
        CHECK(config->limits.sessions_per_uid == 1024);
        CHECK(config->database() == "/var/lib/jeton/jeton.db");
    }
}

TEST_CASE("config: every key counts") {
    const World world;
    const auto config = world.load(R"(
        [daemon]
        mode = "user"
        [paths]
        runtime = "/a/run"
        control = "/a/./control"
        state = "/a/state"
        anchor = "/a/anchor"
        [keys]
        key_file = "/a/key"
        credential = "jeton"
        [sockets]
        control_group = "people"
        epoch_page = "no"
        [audit]
        tokens = "every"
        [limits]
        sessions_per_uid = 5
        sessions = 50
        [upstream]
        requests_per_minute = 30
    )");
    REQUIRE(config);
    CHECK(config->mode == DaemonMode::user);
    CHECK(config->paths.runtime == "/a/run");
    CHECK(config->paths.control == "/a/control");
    CHECK(config->keys.key_file == "/a/key");
    CHECK(config->keys.credential == "jeton");
    CHECK(config->keys.credentials_directory.empty());
    CHECK(config->sockets.control_group == "people");
    CHECK_FALSE(config->sockets.epoch_page);
    CHECK(config->audit.every_token);
    CHECK(config->limits.sessions_per_uid == 5);
    CHECK(config->limits.sessions == 50);
    CHECK(config->upstream.requests_per_minute == 30);
}

TEST_CASE("config: systemd says where its credentials are") {
    const World world;
    World::set("CREDENTIALS_DIRECTORY", "/run/credentials/jetond.service");
    CHECK(world.load("")->keys.credentials_directory == "/run/credentials/jetond.service");
    World::set("CREDENTIALS_DIRECTORY", "relative");
    CHECK(world.load("")->keys.credentials_directory.empty());
}

TEST_CASE("config: user mode lives in the XDG directories") {
    const World world;
    World::set("HOME", "/home/alice");
    World::set("XDG_RUNTIME_DIR", "/run/user/1000");
    auto config = load_config({.file = {}, .user = true});
    REQUIRE(config);
    CHECK(config->mode == DaemonMode::user);
    CHECK(config->paths.runtime == "/run/user/1000/jeton");
    CHECK(config->paths.control == "/run/user/1000/jeton");
    CHECK(config->paths.state == "/home/alice/.local/state/jeton");
    CHECK(config->paths.anchor == "/home/alice/.local/state/jeton-anchor");
    CHECK(config->keys.key_file == "/home/alice/.local/state/jeton/root.key");

    World::set("XDG_STATE_HOME", "/s");
    World::set("XDG_CONFIG_HOME", world.folder.c_str());
    std::filesystem::create_directory(world.folder / "jeton");
    std::ofstream{world.folder / "jeton/jetond.toml"} << "[limits]\nsessions = 9\n";
    config = load_config({.file = {}, .user = true});
    REQUIRE(config);
    CHECK(config->paths.state == "/s/jeton");
    CHECK(config->limits.sessions == 9);
}

TEST_CASE("config: a place that cannot be known is said, with what to set") {
    const World world;
    World::set("HOME", "/home/alice");
    auto config = load_config({.file = {}, .user = true});
    REQUIRE_FALSE(config);
    CHECK(config.error().what.find("XDG_RUNTIME_DIR") != std::string::npos);
    World::set("XDG_RUNTIME_DIR", "relative");
    CHECK_FALSE(load_config({.file = {}, .user = true}));
    World::set("XDG_RUNTIME_DIR", "/run/user/1000");
    World::set("HOME", nullptr);
    config = load_config({.file = {}, .user = true});
    REQUIRE_FALSE(config);
    CHECK(config.error().what.find("HOME") != std::string::npos);
    // With all paths in the file, neither is needed.
    CHECK(world.load("[paths]\nruntime=\"/r\"\ncontrol=\"/r\"\nstate=\"/s\"\nanchor=\"/t\"\n", true));
}

TEST_CASE("config: an unknown name is refused with its line and the nearest known one") {
    const World world;
    CHECK(world.refusal("[paths]\nruntme = \"/r\"\n") == "2: unknown key runtme in [paths] / did you mean runtime?");
    CHECK(world.refusal("\n[path]\n") == "2: unknown table [path] / did you mean paths?");
    CHECK(world.refusal("[keys]\npassphrase = \"x\"\n")
              .starts_with("2: unknown key passphrase in [keys] / known are: key_file"));
    CHECK(world.refusal("mode = \"user\"\n").starts_with("1: unknown table [mode]"));
    CHECK(world.refusal("paths = 7\n").starts_with("1: paths must be a table"));
}

TEST_CASE("config: a wrong value is refused with its line") {
    const World world;
    CHECK(world.refusal("[paths]\nstate = \"var/lib\"\n").starts_with("2: paths.state is a relative path"));
    CHECK(world.refusal("[paths]\nstate = \"\"\n").starts_with("2: paths.state must be a text"));
    CHECK(world.refusal("[paths]\nstate = 7\n").starts_with("2: paths.state must be a text"));
    CHECK(world.refusal("[paths]\nstate = \"/a\\u0000b\"\n").starts_with("2: paths.state must be a text"));
    CHECK(world.refusal("[daemon]\nmode = \"both\"\n").starts_with(R"(2: daemon.mode must be "user" or "system")"));
    CHECK(world.refusal("[audit]\ntokens = \"none\"\n").starts_with(R"(2: audit.tokens must be "every" or "usage")"));
    CHECK(world.refusal("[limits]\nsessions = 0\n").starts_with("2: limits.sessions must be an integer"));
    CHECK(world.refusal("[limits]\nsessions = 1.5\n").starts_with("2: limits.sessions must be an integer"));
    CHECK(world.refusal("[limits]\nsessions = \"5\"\n").starts_with("2: limits.sessions must be an integer"));
    CHECK(world.refusal("[limits]\nsessions = 5\nsessions = 6\n").starts_with("3: "));
    CHECK(world.refusal("[limits\n").starts_with("1: "));
    // The first line that is wrong is named, whatever is read first.
    CHECK(world.refusal("[limits]\nsessions = 0\n[daemon]\nmode = 1\n").starts_with("2: "));
}

TEST_CASE("config: contradictions are refused") {
    const World world;
    CHECK(world.load("[daemon]\nmode = \"system\"\n", true).error().what.find("--user was given") != std::string::npos);
    CHECK(world.load("[paths]\nstate = \"/a\"\nanchor = \"/b/../a\"\n").error().what.find("are both /a") !=
          std::string::npos);
}

TEST_CASE("config: a file that others may write is not believed, and one that is named must be there") {
    const World world;
    std::ofstream{world.file()} << "";
    ::chmod(world.file().c_str(), 0666);
    CHECK(load_config({.file = world.file(), .user = false}).error().code == Errc::wrong_state);
    CHECK(load_config({.file = world.folder / "none.toml", .user = false}).error().code == Errc::not_found);
}

TEST_CASE("config: a proxy is where it is and no more") {
    const World world;
    const auto proxy = [&](const std::string& value) {
        return world.load("[exchange]\nproxy = \"" + value + "\"\n", true);
    };
    World::set("XDG_RUNTIME_DIR", world.folder.c_str());
    World::set("HOME", world.folder.c_str());
    CHECK(proxy("http://proxy.example:3128")->exchange.proxy == "http://proxy.example:3128");
    CHECK(proxy("http://[2001:db8::1]:3128"));
    CHECK_FALSE(proxy("http://proxy.example:3128")->exchange.proxy_loopback);
    CHECK(world.load("[exchange]\nproxy_loopback = \"yes\"\n", true)->exchange.proxy_loopback);
    for (const std::string bad : {"proxy.example:3128", "https://proxy.example:3128", "http://proxy.example",
                                  "http://u:p@proxy.example:3128", "http://proxy.example:3128/", "http://:3128",
                                  "http://proxy.example:0", "http://proxy.example:65536", "socks5://proxy:1080"}) {
        CAPTURE(bad);
        const auto refused = proxy(bad);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what.find("exchange.proxy") != std::string::npos);
    }
}
