/// A directory of one test's own, gone with it; and a listening socket in it.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "libclient/http/unique_handle.hpp"

namespace jeton::client::testing {

class Scratch {
public:
    Scratch() {
        std::string name = std::filesystem::temp_directory_path() / "jeton-client-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch directory");
        path_ = name;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    /// A new directory in it with exactly this mode.
    [[nodiscard]] std::string directory(std::string_view name, mode_t mode) const {
        const auto made = path_ + "/" + std::string{name};
        std::filesystem::create_directories(made);
        ::chmod(made.c_str(), mode);
        return made;
    }

private:
    std::string path_;
};

/// A socket bound to `path`; nobody listens yet.
inline UniqueHandle bound(const std::string& path) {
    UniqueHandle socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot bind " + path);
    }
    return socket;
}

inline UniqueHandle listening(const std::string& path) {
    auto socket = bound(path);
    if (::listen(socket.get(), 8) != 0) throw std::runtime_error("cannot listen on " + path);
    return socket;
}

}  // namespace jeton::client::testing
