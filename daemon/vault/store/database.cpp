#include "daemon/vault/store/database.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <fcntl.h>

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "daemon/base/unique_fd.hpp"
#include "daemon/vault/store/faults.hpp"

namespace jeton::vault {
namespace {

constexpr int lock_wait_ms = 5000;

/// One thread at a time has the database: no call of it needs a lock.
constexpr int open_flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

/// SQLite's error as ours. Its texts name tables and columns, never values.
[[noreturn]] void fail(const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
        case SQLITE_FULL: throw StoreFault("the disk of the database is full", true);
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: throw StoreDamaged(error.what());
        case SQLITE_BUSY:
        case SQLITE_LOCKED: throw StoreBusy("another process uses the database");
        case SQLITE_CONSTRAINT:
        case SQLITE_ERROR:
        case SQLITE_MISMATCH:
        case SQLITE_MISUSE:
        case SQLITE_RANGE: throw std::logic_error(fmt::format("the database refused a statement: {}", error.what()));
        default: throw StoreFault(fmt::format("the database cannot be used: {}", error.what()));
    }
}

template <class F>
auto guarded(F&& work) -> decltype(work()) {
    try {
        return std::forward<F>(work)();
    } catch (const SQLite::Exception& error) {
        fail(error);
    }
}

/// Leaves a cached statement ready for its next use, whatever happened.
class Reset {
public:
    explicit Reset(SQLite::Statement& statement) : statement_(statement) {}
    ~Reset() {
        statement_.tryReset();
        statement_.clearBindings();
    }
    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;

private:
    SQLite::Statement& statement_;
};

void bind(SQLite::Statement& statement, std::span<const Value> parameters) {
    int index = 0;
    for (const auto& value : parameters) {
        ++index;
        std::visit(
            [&](const auto& cell) {
                using T = std::decay_t<decltype(cell)>;
                if constexpr (std::is_same_v<T, std::monostate>) {
                    statement.bind(index);
                } else if constexpr (std::is_same_v<T, Bytes>) {
                    // A null pointer would bind NULL instead of an empty BLOB.
                    statement.bind(index, cell.empty() ? static_cast<const void*>("") : cell.data(),
                                   static_cast<int>(cell.size()));
                } else {
                    statement.bind(index, cell);
                }
            },
            value);
    }
}

Cell cell_at(SQLite::Statement& statement, int index) {
    const auto column = statement.getColumn(index);
    switch (column.getType()) {
        case SQLITE_INTEGER: return column.getInt64();
        case SQLITE_TEXT: {
            const auto* text = column.getText();
            return std::string_view{text, static_cast<std::size_t>(column.getBytes())};
        }
        case SQLITE_BLOB: {
            const auto* data = static_cast<const unsigned char*>(column.getBlob());
            return std::span{data, data == nullptr ? 0 : static_cast<std::size_t>(column.getBytes())};
        }
        case SQLITE_NULL: return {};
        default: throw StoreFault("the database holds a kind of value that jeton never writes");
    }
}

void read_row(SQLite::Statement& statement, Record& record) {
    record.clear();
    const auto columns = statement.getColumnCount();
    record.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
        std::visit(
            [&](const auto& cell) {
                using T = std::decay_t<decltype(cell)>;
                if constexpr (std::is_same_v<T, std::string_view>) {
                    record.emplace_back(std::string{cell});
                } else if constexpr (std::is_same_v<T, std::span<const unsigned char>>) {
                    record.emplace_back(Bytes{cell.begin(), cell.end()});
                } else {
                    record.emplace_back(cell);
                }
            },
            cell_at(statement, i));
    }
}

void configure(sqlite3* handle, int option, int value) {
    if (sqlite3_db_config(handle, option, value, nullptr) != SQLITE_OK) {
        throw std::runtime_error("this SQLite lacks a setting that the store relies on");
    }
}

/// What a hostile file could make SQLite do is switched off before the first byte of it is read (T28).
void harden(sqlite3* handle) {
    configure(handle, SQLITE_DBCONFIG_DEFENSIVE, 1);
    configure(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
    configure(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0);
    configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    configure(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    configure(handle, SQLITE_DBCONFIG_DQS_DML, 0);
    configure(handle, SQLITE_DBCONFIG_DQS_DDL, 0);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

void keep_files(sqlite3* handle, bool keep) {
    configure(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0);
    int persist = keep ? 1 : 0;
    sqlite3_file_control(handle, nullptr, SQLITE_FCNTL_PERSIST_WAL, &persist);
}

}  // namespace

Database::Database(const std::filesystem::path& file)
    : handle_(guarded([&] { return SQLite::Database{file.c_str(), open_flags, lock_wait_ms}; })) {
    harden(handle_.getHandle());
    keep_files(handle_.getHandle(), true);
    execute("PRAGMA locking_mode = EXCLUSIVE");
    execute("PRAGMA cell_size_check = ON");
    execute("PRAGMA mmap_size = 0");
    execute("PRAGMA temp_store = MEMORY");
    execute("PRAGMA foreign_keys = OFF");
}

Database::Database() : handle_(guarded([] { return SQLite::Database{":memory:", SQLite::OPEN_READWRITE}; })) {}

void Database::copy_to(const std::filesystem::path& file) {
    const UniqueFd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!fd)
        throw StoreFault(fmt::format("cannot create {}: {}", file.string(), std::strerror(errno)), errno == ENOSPC);
    guarded([&] {
        SQLite::Database copy{file.c_str(), SQLite::OPEN_READWRITE};
        harden(copy.getHandle());
        SQLite::Backup pages{copy, handle_};
        if (pages.executeStep() != SQLITE_DONE) throw StoreBusy("another process uses the copy");
    });
}

void Database::believe() {
    execute("PRAGMA synchronous = FULL");
    execute("PRAGMA secure_delete = ON");
    keep_files(handle_.getHandle(), false);
}

SQLite::Statement& Database::prepared(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
    std::string text{sql};
    SQLite::Statement statement{handle_, text};
    return statements_.emplace(std::move(text), std::move(statement)).first->second;
}

void Database::run(std::string_view sql, std::span<const Value> parameters) {
    guarded([&] {
        auto& statement = prepared(sql);
        const Reset reset{statement};
        bind(statement, parameters);
        while (statement.executeStep()) {
        }
    });
}

void Database::execute(std::string_view sql) {
    guarded([&] { handle_.exec(std::string{sql}); });
}

void Database::each(std::string_view sql, std::span<const Value> parameters,
                    const std::function<bool(Record&)>& visit) {
    guarded([&] {
        auto& statement = prepared(sql);
        const Reset reset{statement};
        bind(statement, parameters);
        Record record;
        while (statement.executeStep()) {
            read_row(statement, record);
            if (!visit(record)) return;
        }
    });
}

void Database::each_in_place(std::string_view sql, const std::function<bool(const Cells&)>& visit) {
    guarded([&] {
        auto& statement = prepared(sql);
        const Reset reset{statement};
        const Cells cells = [&](std::size_t column) { return cell_at(statement, static_cast<int>(column)); };
        while (statement.executeStep() && visit(cells)) {
        }
    });
}

std::vector<Record> Database::query(std::string_view sql, std::initializer_list<Value> parameters) {
    return guarded([&] {
        auto& statement = prepared(sql);
        const Reset reset{statement};
        bind(statement, {parameters.begin(), parameters.size()});
        std::vector<Record> rows;
        while (statement.executeStep()) read_row(statement, rows.emplace_back());
        return rows;
    });
}

std::int64_t Database::number(std::string_view sql, std::initializer_list<Value> parameters) {
    const auto rows = query(sql, parameters);
    if (rows.empty() || rows.front().empty()) return 0;
    const auto* found = std::get_if<std::int64_t>(&rows.front().front());
    return found == nullptr ? 0 : *found;
}

int Database::changes() const { return sqlite3_changes(handle_.getHandle()); }

bool Database::autocommit() const { return sqlite3_get_autocommit(handle_.getHandle()) != 0; }

}  // namespace jeton::vault
