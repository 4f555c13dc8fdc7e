/// Rows that were read and found genuine, kept until a row is changed. Each token asks for the same dozen of them, and
/// to read them and check their MACs again costs more than to sign it (0046).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/vault/store/tables.hpp"
#include "daemon/vault/store/value.hpp"

namespace jeton::vault {

/// Not thread-safe. What it holds is what the tables hold: committed, verified, of this process alone, which has the
/// database for itself.
class KeptRows {
public:
    static constexpr std::size_t limit = 4096;  ///< rows and answers together; some megabytes
    static constexpr std::size_t longest = 64;  ///< rows of one answer: a listing is not asked for each time

    /// What `read` gave for this question, or gives now; throws what it throws. `clause` is compiled in.
    template <class Row, class Read>
    std::shared_ptr<const std::vector<Row>> get(std::string_view clause, std::span<const Value> parameters, Read read) {
        const auto question = question_of(Table<Row>::ordinal, clause, parameters);
        if (const auto known = answers_.find(question); known != answers_.end())
            return std::static_pointer_cast<const std::vector<Row>>(known->second);
        auto rows = std::make_shared<const std::vector<Row>>(read());
        if (!changing_ && rows->size() <= longest) keep(question, rows, rows->size());
        return rows;
    }

    /// A row is about to be changed: all is forgotten, and nothing kept before the next group, because a savepoint may
    /// take the change back.
    void change();
    /// A group begins: all that is in the tables is committed.
    void settle() { changing_ = false; }

private:
    static std::string question_of(std::size_t table, std::string_view clause, std::span<const Value> parameters);
    void keep(const std::string& question, std::shared_ptr<const void> rows, std::size_t count);

    std::unordered_map<std::string, std::shared_ptr<const void>> answers_;
    std::size_t size_ = 0;
    bool changing_ = false;
};

}  // namespace jeton::vault
