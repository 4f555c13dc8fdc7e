/// A stored value that was changed by somebody without its key.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace jeton::vault {

/// A fault, never a refusal: the store is not what jeton wrote. Names the row, never its content.
struct Tampered : std::runtime_error {
    Tampered(std::string_view table_name, std::string_view row_id, std::string_view how = "was edited outside jeton")
        : std::runtime_error("row " + std::string{row_id} + " of table " + std::string{table_name} + " " +
                             std::string{how}),
          table(table_name),
          id(row_id) {}

    std::string table;
    std::string id;
};

}  // namespace jeton::vault
