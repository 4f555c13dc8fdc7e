/// Reads tables of comma-separated values (RFC 4180), record by record. Knows no file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libclient/http/wipe.hpp"

namespace jeton::cli {

struct CsvRecord {
    std::size_t line = 0;  ///< of its first character, from 1 on
    std::vector<client::WipedText> cells;
    std::string problem = {};  ///< why the record is not sure. Names no value
};

/// The text must outlive it. Takes CR LF and LF, a byte order mark, and quotes around cells, with line breaks inside.
class CsvReader {
public:
    CsvReader(std::string_view text, char separator);

    /// The next record that is not an empty line; nothing at the end. Behind a quote that is never closed nothing can
    /// be told apart: that record is the last.
    [[nodiscard]] std::optional<CsvRecord> next();

private:
    void read_cell(CsvRecord& record);
    void read_quoted(CsvRecord& record, client::WipedText& cell);
    [[nodiscard]] bool at_end_of_record() const;

    std::string_view text_;
    char separator_;
    std::size_t line_ = 1;
};

}  // namespace jeton::cli
