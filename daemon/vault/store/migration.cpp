#include "daemon/vault/store/migration.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "daemon/base/files.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/store/disk_use.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/schema.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view schema_word = ".schema-";
constexpr std::string_view version_word = "-before-";
constexpr std::string_view unfinished = ".unfinished";
constexpr std::int64_t mebibyte = 1024 * 1024;
/// Beside the copy: the migration itself, and what others on this disk need meanwhile.
constexpr std::int64_t room_to_spare = mebibyte;

Path with(Path file, std::string_view ending) { return file += ending; }

Path name_of_copy(const Path& database, std::int64_t schema) {
    return with(database, fmt::format("{}{}{}{}", schema_word, schema, version_word, protocol::version));
}

std::optional<KeptStore> parse(const Path& database, const Path& file) {
    const auto beginning = database.filename().string() + std::string{schema_word};
    const auto name = file.filename().string();
    if (!name.starts_with(beginning) || name.ends_with(unfinished)) return std::nullopt;
    const auto rest = std::string_view{name}.substr(beginning.size());
    const auto middle = rest.find(version_word);
    if (middle == std::string_view::npos) return std::nullopt;
    std::int64_t schema = 0;
    const auto number = rest.substr(0, middle);
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), schema);
    const auto version = rest.substr(middle + version_word.size());
    if (problem != std::errc{} || end != number.data() + number.size() || schema < 1 || version.empty())
        return std::nullopt;
    // What follows the version is SQLite's: a journal or log of a copy that somebody opened.
    if (version.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz.+~") != std::string_view::npos)
        return std::nullopt;
    struct stat found{};
    if (::lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
    return KeptStore{file, schema, std::string{version}, UtcSeconds{std::chrono::seconds{found.st_mtim.tv_sec}}};
}

void remove_unfinished(const Path& copy) {
    for (const auto* ending : {"", "-journal", "-wal"}) (void)::unlink(with(copy, ending).c_str());
}

/// Throws StoreFault.
void sync_file(const Path& file) {
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!fd || ::fsync(fd.get()) != 0)
        throw StoreFault(fmt::format("cannot synchronise {}: {}", file.string(), std::strerror(errno)));
}

/// Rather than a disk that is filled up and a copy that fails at its end.
void require_room(const Path& file) {
    const auto use = disk_use(file, file.parent_path());
    if (!use.database || !use.free_for_state) return;
    // The copy, and what the new schema's indexes may take, in the log and then in the file.
    const auto needed = *use.database + *use.database / 2 + use.write_ahead_log.value_or(0) + room_to_spare;
    if (*use.free_for_state >= needed) return;
    throw StoreFault(fmt::format("{} MiB are free in {}, and a copy with a migration needs {}",
                                 *use.free_for_state / mebibyte, file.parent_path().string(), needed / mebibyte + 1),
                     true);
}

/// Throws StoreFault.
KeptStore make_copy(Database& database, const Path& file, std::int64_t schema) {
    require_room(file);
    const auto name = name_of_copy(file, schema);
    const auto copy = with(name, unfinished);
    remove_unfinished(copy);
    try {
        database.copy_to(copy);
        sync_file(copy);
        if (::rename(copy.c_str(), name.c_str()) != 0)
            throw StoreFault(fmt::format("cannot rename {}: {}", copy.string(), std::strerror(errno)));
        sync_directory(file.parent_path());
    } catch (const std::system_error& error) {
        throw StoreFault(error.what());
    } catch (const StoreFault&) {
        remove_unfinished(copy);
        throw;
    }
    auto kept = parse(file, name);
    if (!kept) throw StoreFault(fmt::format("{} is not there any more", name.string()));
    return *std::move(kept);
}

void apply_all(Database& database, std::int64_t from) {
    database.execute("BEGIN IMMEDIATE");
    try {
        for (const auto& step : migrations()) {
            if (step.to > from) apply_migration(database, step.to);
        }
        database.execute("COMMIT");
    } catch (...) {
        if (!database.autocommit()) database.execute("ROLLBACK");
        throw;
    }
}

StoreUnusable not_migrated(const Path& file, std::int64_t from, std::string_view why, bool full) {
    return {fmt::format("{} is of schema {} and must become one of schema {}, but {}; nothing was changed",
                        file.string(), from, schema_version, why),
            fmt::format("{} {}, then start the daemon again; or install the version before jeton {} again",
                        full ? "make room in" : "mend that in", file.parent_path().string(), protocol::version)};
}

}  // namespace

std::vector<KeptStore> kept_before_migrations(const Path& database) {
    std::vector<KeptStore> found;
    std::error_code ec;
    std::filesystem::directory_iterator entry{database.parent_path(), ec};
    for (; !ec && entry != std::filesystem::directory_iterator{}; entry.increment(ec)) {
        if (auto kept = parse(database, entry->path())) found.push_back(*std::move(kept));
    }
    std::ranges::sort(found, [](const KeptStore& a, const KeptStore& b) { return a.since > b.since; });
    return found;
}

void remove_outdated_copies(const Path& database, UtcSeconds now) {
    for (const auto& kept : kept_before_migrations(database)) {
        if (kept.since + kept_for > now) continue;
        if (::unlink(kept.file.c_str()) == 0) {
            log::info("{} was kept for {} days after the migration and is removed", kept.file.string(),
                      kept_for.count());
        } else {
            log::warning("cannot remove {}: {}", kept.file.string(), std::strerror(errno));
        }
    }
}

KeptStore migrate(Database& database, const Path& file, std::int64_t from) {
    auto doing = std::string_view{"no copy of it can be made before"};
    try {
        auto kept = make_copy(database, file, from);
        doing = "the migration failed";
        apply_all(database, from);
        log::info("{} was migrated from schema {} to {}; as it was before, it is kept in {} for {} days", file.string(),
                  from, schema_version, kept.file.string(), kept_for.count());
        return kept;
    } catch (const StoreBusy&) {
        throw;
    } catch (const StoreFault& fault) {
        throw not_migrated(file, from, fmt::format("{}: {}", doing, fault.what()), fault.full);
    }
}

void apply_migration(Database& database, std::int64_t to) {
    for (const auto& step : migrations()) {
        if (step.to != to) continue;
        for (const auto statement : step.statements) database.execute(statement);
        // Pragmas take no parameters; both numbers are compiled in.
        database.execute(fmt::format("PRAGMA application_id = {}", application_id));
        database.execute(fmt::format("PRAGMA user_version = {}", to));
    }
}

}  // namespace jeton::vault
