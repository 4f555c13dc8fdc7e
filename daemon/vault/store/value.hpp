/// A cell of a table, outside SQLite.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/encoding.hpp"

namespace jeton::vault {

/// NULL, INTEGER, TEXT or BLOB.
using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;
/// The cells of a row in the order of its table's columns.
using Record = std::vector<Value>;

/// The same, in the order of `Value`'s kinds, where somebody else has it.
using Cell = std::variant<std::monostate, std::int64_t, std::string_view, std::span<const unsigned char>>;
/// The cell of a column.
using Cells = std::function<Cell(std::size_t column)>;

[[nodiscard]] inline Cell cell_of(const Value& value) {
    return std::visit([](const auto& cell) { return Cell{cell}; }, value);
}

}  // namespace jeton::vault
