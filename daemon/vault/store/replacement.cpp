#include "daemon/vault/store/replacement.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "daemon/base/files.hpp"
#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/store/faults.hpp"

namespace jeton::vault::replacement {
namespace {

using Path = std::filesystem::path;

Path with(Path file, std::string_view ending) { return file += ending; }

Path decided_database(const StoreFiles& files) { return with(files.database, ".restored"); }
Path new_anchor(const StoreFiles& files) { return files.anchor_directory / new_anchor_name; }
Path decided_anchor(const StoreFiles& files) { return files.anchor_directory / "anchor.restored"; }
Path anchor(const StoreFiles& files) { return files.anchor_directory / "anchor"; }

bool is_there(const Path& file) {
    struct stat found{};
    return ::lstat(file.c_str(), &found) == 0;
}

[[noreturn]] void fail(std::string_view what, const Path& file) {
    const int problem = errno;
    throw StoreFault(fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(problem)), problem == ENOSPC);
}

void rename_file(const Path& from, const Path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail("rename", from);
}

void remove_file(const Path& file) {
    // Looked for first: on a file system that is read-only for now, a start must not fail for nothing.
    if (is_there(file) && ::unlink(file.c_str()) != 0) fail("remove", file);
}

void sync_file(const Path& file) {
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!fd || ::fsync(fd.get()) != 0) fail("synchronise", file);
}

void sync(const Path& directory) try { sync_directory(directory); } catch (const std::system_error& error) {
    throw StoreFault(error.what());
}

/// Of the moment of the restore, so that it is the same when an interrupted one is finished.
Path aside(const StoreFiles& files) {
    struct stat restored{};
    if (::lstat(decided_database(files).c_str(), &restored) != 0) fail("find", decided_database(files));
    const auto stamp = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(restored.st_mtim.tv_sec));
    const auto name = with(files.database, ".before-restore-" + stamp);
    auto free = name;
    for (int i = 2; is_there(free); ++i) free = with(name, fmt::format("-{}", i));
    return free;
}

}  // namespace

Path new_database(const StoreFiles& files) { return with(files.database, ".restoring"); }

void discard(const StoreFiles& files) {
    remove_file(new_database(files));
    remove_file(with(new_database(files), "-wal"));
    remove_file(new_anchor(files));
    if (!is_decided(files)) remove_file(decided_anchor(files));
}

void decide(const StoreFiles& files) {
    sync_file(new_database(files));
    rename_file(new_anchor(files), decided_anchor(files));
    sync(files.anchor_directory);
    rename_file(new_database(files), decided_database(files));
    try {
        sync(files.database.parent_path());
    } catch (const StoreFault&) {
        rename_file(decided_database(files), new_database(files));
        throw;
    }
}

bool is_decided(const StoreFiles& files) { return is_there(decided_database(files)); }

std::optional<Path> finish(const StoreFiles& files) {
    if (is_there(decided_anchor(files))) {
        rename_file(decided_anchor(files), anchor(files));
        sync(files.anchor_directory);
    }
    std::optional<Path> kept;
    const auto log = with(files.database, "-wal");
    const auto name = aside(files);
    // Never the new database beside the old one's log: SQLite would write the one into the other.
    if (is_there(log)) rename_file(log, with(name, "-wal"));
    if (is_there(files.database)) {
        rename_file(files.database, name);
        kept = name;
    }
    sync(files.database.parent_path());
    rename_file(decided_database(files), files.database);
    sync(files.database.parent_path());
    return kept;
}

}  // namespace jeton::vault::replacement
