#include "daemon/exchange/resolver_files.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>

#include <dlfcn.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <fmt/format.h>

namespace jeton::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::array names{"resolv.conf", "hosts", "nsswitch.conf", "gai.conf", "host.conf"};

/// Where resolv.conf may lead to, as written anew by a service whenever the network changes.
constexpr std::array written_by_services{"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
                                         "/run/connman", "/etc/resolvconf/run"};

}  // namespace

void load_resolver_libraries() {
    std::ifstream file{"/etc/nsswitch.conf"};
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string word;
        words >> word;
        if (word != "hosts:") continue;
        while (words >> word) {
            if (word.starts_with('[') || word == "files" || word == "dns") continue;  // part of the C library
            ::dlopen(fmt::format("libnss_{}.so.2", word).c_str(), RTLD_NOW | RTLD_NODELETE);
        }
    }
}

ResolverFiles::ResolverFiles(const fs::path& directory) : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    std::set<fs::path> places{directory};
    for (const auto* name : names) {
        std::error_code ec;
        const auto place = fs::canonical(directory / name, ec).parent_path();
        if (!ec) places.insert(place);
    }
    for (const auto& place : places)
        ::inotify_add_watch(events_.get(), place.c_str(), IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR);
}

std::vector<fs::path> ResolverFiles::readable() {
    std::vector<fs::path> files{"/etc/services", "/etc/protocols", "/etc/mdns.allow"};
    for (const auto* name : names) files.push_back(fs::path{"/etc"} / name);
    files.insert(files.end(), written_by_services.begin(), written_by_services.end());
    return files;
}

bool ResolverFiles::changed() {
    alignas(inotify_event) std::array<char, 4096> events;
    bool found = false;
    for (ssize_t size = 0; (size = ::read(events_.get(), events.data(), events.size())) > 0;) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, events.data() + at, sizeof event);
            // The name, where there is one, is filled up with NULs.
            std::string_view name{events.data() + at + sizeof event, event.len};
            name = name.substr(0, name.find('\0'));
            at += sizeof event + event.len;
            found = found || (event.mask & IN_Q_OVERFLOW) != 0 || std::ranges::count(names, name) > 0;
        }
    }
    return found;
}

}  // namespace jeton::exchange
