/// One connection to SQLite: bound parameters, cached statements, its errors as ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "daemon/vault/store/value.hpp"

namespace jeton::vault {

/// Not thread-safe. Throws StoreFault where the disk fails or the file is damaged, std::logic_error where a constraint
/// of the schema or the SQL itself is wrong.
class Database {
public:
    /// Opens an existing file for reading and writing, hardened (docs/database.md) and locked for this process alone
    /// from its first read on; a lock held elsewhere is waited for at most 5 s. Closing leaves the files as they are
    /// until `believe` was called.
    explicit Database(const std::filesystem::path& file);
    /// An empty database in memory.
    Database();

    /// A whole copy as a new file with mode 0600, as of this moment; not yet synchronised with the disk. No transaction
    /// may be open. Throws StoreFault: what is there of the copy then is to be removed.
    void copy_to(const std::filesystem::path& file);

    /// The file is ours and of this version: from now on closing moves the write-ahead log into it.
    void believe();

    void run(std::string_view sql, std::initializer_list<Value> parameters = {}) {
        run(sql, std::span{parameters.begin(), parameters.size()});
    }
    void run(std::string_view sql, std::span<const Value> parameters);
    /// Only for SQL that is compiled in: several statements, DDL, pragmas.
    void execute(std::string_view sql);
    [[nodiscard]] std::vector<Record> query(std::string_view sql, std::initializer_list<Value> parameters = {});
    /// Row by row, for results that need not fit into memory. Ends early where `visit` returns false.
    void each(std::string_view sql, std::initializer_list<Value> parameters,
              const std::function<bool(Record&)>& visit) {
        each(sql, std::span{parameters.begin(), parameters.size()}, visit);
    }
    void each(std::string_view sql, std::span<const Value> parameters, const std::function<bool(Record&)>& visit);
    /// The same without a copy: what the cells point to is SQLite's until the next row. For hundreds of thousands of
    /// them, where a copy costs more than to read it.
    void each_in_place(std::string_view sql, const std::function<bool(const Cells&)>& visit);
    /// The first cell of the first row; 0 where there is none.
    [[nodiscard]] std::int64_t number(std::string_view sql, std::initializer_list<Value> parameters = {});

    /// Rows that the last `run` inserted, changed or deleted.
    [[nodiscard]] int changes() const;
    /// No transaction is open: also after SQLite gave one up by itself.
    [[nodiscard]] bool autocommit() const;

private:
    friend struct DatabaseProbe;  ///< tests look at its statements; nothing else defines it
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    SQLite::Statement& prepared(std::string_view sql);

    SQLite::Database handle_;
    std::unordered_map<std::string, SQLite::Statement, TextHash, std::equal_to<>> statements_;
};

}  // namespace jeton::vault
