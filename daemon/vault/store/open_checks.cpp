#include "daemon/vault/store/open_checks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/base/clock.hpp"
#include "daemon/base/files.hpp"
#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/store/faults.hpp"
#include "daemon/vault/store/schema.hpp"

namespace jeton::vault {
namespace {

constexpr std::string_view restore_backup = "put a backup of it back; jeton never overwrites it";

/// The way on is the newer version, or the store as it was before that one took it over, where the copy is still here.
StoreUnusable newer(const std::filesystem::path& file, std::int64_t version) {
    const auto what = fmt::format("{} was written by a newer jeton (schema {}, this one knows {}) and was not touched",
                                  file.string(), version, schema_version);
    const auto copies = kept_before_migrations(file);
    const auto fitting =
        std::ranges::find_if(copies, [](const KeptStore& kept) { return kept.schema <= schema_version; });
    if (fitting == copies.end())
        return {what,
                "install the version that wrote it again; or restore a backup of this version: jeton restore FILE"};
    return {
        what,
        fmt::format("install jeton {} again, which took it over on {}; or put the store of that day back, which is {}",
                    fitting->version, rfc3339(fitting->since), fitting->file.string())};
}

StoreUnusable damaged(const std::filesystem::path& file, std::string_view how) {
    return {fmt::format("{} is damaged: {}", file.string(), how), std::string{restore_backup}};
}

StoreUnusable foreign(const std::filesystem::path& file, std::string_view how) {
    return {fmt::format("{} is not jeton's database: {}", file.string(), how),
            "name another file, or put a backup of this one back"};
}

std::uint32_t big_endian(const unsigned char* bytes) {
    return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
           static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
}

constexpr std::size_t first_page = 4096;  ///< all that a file holds before its first checkpoint

using Header = std::array<unsigned char, 100>;

/// With nothing but read(2). Nothing for an empty file; one that is shorter than a header begins like no database.
std::optional<Header> read_header(const std::filesystem::path& file) {
    const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    Header header{};
    const auto size = fd ? ::read(fd.get(), header.data(), header.size()) : -1;
    if (size < 0) throw StoreFault(fmt::format("cannot read {}: {}", file.string(), std::strerror(errno)));
    if (size == 0) return std::nullopt;
    return static_cast<std::size_t>(size) < header.size() ? Header{} : header;
}

bool begins_like_a_database(const Header& header) {
    constexpr std::string_view magic{"SQLite format 3\0", 16};
    return std::memcmp(header.data(), magic.data(), magic.size()) == 0;
}

/// A newer file is refused before SQLite has seen it. False for an empty file, and for what a power cut leaves of one
/// that never got its first commit.
bool check_header(const std::filesystem::path& file, bool never_committed) {
    constexpr std::size_t user_version_at = 60;
    constexpr std::size_t application_id_at = 68;
    const auto found = read_header(file);
    if (!found) return false;
    const auto& header = *found;
    if (!begins_like_a_database(header)) {
        std::error_code ec;
        if (never_committed && std::filesystem::file_size(file, ec) <= first_page) return false;
        throw damaged(file, "it does not begin like a database");
    }
    const auto application = big_endian(header.data() + application_id_at);
    const auto version = big_endian(header.data() + user_version_at);
    if (application != 0 && application != application_id) throw foreign(file, "it belongs to another program");
    if (application == application_id && version > schema_version) throw newer(file, version);
    return true;
}

std::vector<Record> schema_of(Database& database) {
    return database.query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
}

/// What the migrations up to `version` make of an empty database. Made once: it takes longer than all else of opening.
const std::vector<Record>& expected_schema(std::int64_t version) {
    static std::map<std::int64_t, std::vector<Record>> known;
    if (const auto at = known.find(version); at != known.end()) return at->second;
    Database reference;
    for (const auto& step : migrations()) {
        if (step.to <= version) apply_migration(reference, step.to);
    }
    return known[version] = schema_of(reference);
}

/// The schema text must be what the migrations make of an empty database, byte by byte. `version` is the last of them.
void check_schema(Database& database, const std::filesystem::path& file, std::int64_t version) {
    const auto& expected = expected_schema(version);
    const auto found = schema_of(database);
    if (found == expected) return;
    const auto name_of = [](const Record& row) {
        const auto* type = std::get_if<std::string>(row.data());
        const auto* name = std::get_if<std::string>(&row[1]);
        return fmt::format("{} {}", type == nullptr ? "object" : *type, name == nullptr ? "without name" : *name);
    };
    for (const auto& row : found) {
        if (std::ranges::find(expected, row) == expected.end()) {
            throw foreign(file, fmt::format("{} in its schema is not jeton's", name_of(row)));
        }
    }
    for (const auto& row : expected) {
        if (std::ranges::find(found, row) == found.end())
            throw foreign(file, fmt::format("{} is missing", name_of(row)));
    }
}

/// Every page that something is decided by. Not the audit's, which may be most of the file: its chain is checked where
/// it is read, and its end at each unseal.
void check_pages(Database& database, const std::filesystem::path& file) {
    for (const auto& table :
         database.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit'")) {
        const auto answer = database.query("PRAGMA quick_check(" + std::get<std::string>(table.front()) + ")");
        const auto* word = answer.empty() ? nullptr : std::get_if<std::string>(answer.front().data());
        if (word == nullptr || *word != "ok") throw damaged(file, word == nullptr ? "no answer" : *word);
    }
}

void use_write_ahead_log(Database& database, const std::filesystem::path& file) {
    const auto mode = database.query("PRAGMA journal_mode = WAL");
    if (mode.empty() || mode.front().empty() || mode.front().front() != Value{std::string{"wal"}}) {
        throw StoreFault(fmt::format("{} cannot have a write-ahead log on this file system", file.string()));
    }
}

/// The checks that SQLite is needed for. False for a file without its first commit.
bool check_content(Database& database, const std::filesystem::path& file, std::optional<KeptStore>& kept) {
    const auto application = database.number("PRAGMA application_id");
    const auto version = database.number("PRAGMA user_version");
    if (version > schema_version) throw newer(file, version);
    if (application == 0 && version == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0) return false;
    if (application != application_id || version < 1) throw foreign(file, "it has other tables");
    check_schema(database, file, version);  // from here on, names are jeton's
    check_pages(database, file);
    if (version < schema_version) {
        kept = migrate(database, file, version);
        check_schema(database, file, schema_version);
    }
    use_write_ahead_log(database, file);
    return true;
}

}  // namespace

OpenedDatabase open_database(const std::filesystem::path& file, bool never_committed) {
    std::error_code ec;
    if (std::filesystem::symlink_status(file, ec).type() == std::filesystem::file_type::not_found) return {};
    if (const auto trusted = check_trusted_file(file, true); !trusted) {
        throw StoreUnusable(trusted.error().what, trusted.error().next);
    }
    if (!check_header(file, never_committed)) return {};
    try {
        auto database = std::make_unique<Database>(file);
        std::optional<KeptStore> kept;
        if (!check_content(*database, file, kept)) return {};
        database->believe();
        return {std::move(database), std::move(kept)};
    } catch (const StoreBusy&) {
        throw StoreInUse(fmt::format("{} is in use by another vault", file.string()),
                         "end the other jetond first, or give this one a paths.state of its own");
    } catch (const StoreDamaged& error) {
        throw damaged(file, error.what());
    } catch (const std::logic_error& error) {
        throw damaged(file, error.what());
    }
}

std::unique_ptr<Database> create_database(const std::filesystem::path& file) {
    {
        const UniqueFd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
        if (!fd) throw StoreFault(fmt::format("cannot create {}: {}", file.string(), std::strerror(errno)));
        const auto left = read_header(file);
        if (left && !begins_like_a_database(*left)) {
            // Of an earlier attempt. SQLite would read its journal into the new file.
            (void)::unlink(std::filesystem::path{file}.concat("-journal").c_str());
            if (::ftruncate(fd.get(), 0) != 0 || ::fsync(fd.get()) != 0)
                throw StoreFault(fmt::format("cannot empty {}: {}", file.string(), std::strerror(errno)));
        }
    }
    sync_directory(file.parent_path());
    auto database = std::make_unique<Database>(file);
    database->believe();
    use_write_ahead_log(*database, file);
    return database;
}

}  // namespace jeton::vault
