/// The host's own files that say how names become addresses: they must be readable for a process that is confined, and
/// a new one that is put in the place of an old one is another file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/base/unique_fd.hpp"

namespace jeton::exchange {

/// Loads the libraries that the host's /etc/nsswitch.conf names for `hosts`, so that none is loaded later (T42).
void load_resolver_libraries();

/// Notices when one of the files is replaced.
class ResolverFiles {
public:
    explicit ResolverFiles(const std::filesystem::path& directory = "/etc");

    /// The files themselves, and the directories that hold those that services write.
    [[nodiscard]] static std::vector<std::filesystem::path> readable();

    /// Readable when something has happened beside the files; -1 where the kernel does not tell.
    [[nodiscard]] int fd() const { return events_.get(); }

    /// Takes what has happened: whether one of the files has changed. Never waits.
    [[nodiscard]] bool changed();

private:
    UniqueFd events_;
};

}  // namespace jeton::exchange
