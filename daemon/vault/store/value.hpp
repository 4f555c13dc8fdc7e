/// A cell of a table, outside SQLite.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/encoding.hpp"

namespace jeton::vault {

/// NULL, INTEGER, TEXT or BLOB.
using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;
/// The cells of a row in the order of its table's columns.
using Record = std::vector<Value>;

}  // namespace jeton::vault
