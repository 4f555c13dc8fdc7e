#include "cli/csv.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace jeton::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

CsvReader::CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
}

bool CsvReader::at_end_of_record() const {
    return text_.empty() || text_.front() == '\n' || text_ == "\r" || text_.starts_with("\r\n");
}

void CsvReader::read_quoted(CsvRecord& record, client::WipedText& cell) {
    text_.remove_prefix(1);
    for (;;) {
        const auto end = text_.find('"');
        const auto part = text_.substr(0, end);
        cell.append(part);
        line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
        if (end == std::string_view::npos) {
            record.problem = "a quote is opened here and not closed: what follows was not read";
            text_ = {};
            return;
        }
        text_.remove_prefix(end + 1);
        if (!text_.starts_with('"')) break;
        cell.append("\"");
        text_.remove_prefix(1);
    }
    if (at_end_of_record() || text_.front() == separator_) return;
    record.problem = "text stands behind a closing quote";
}

void CsvReader::read_cell(CsvRecord& record) {
    client::WipedText cell;
    if (text_.starts_with('"')) read_quoted(record, cell);
    const std::array<char, 3> stops{separator_, '\n', '\r'};
    while (!text_.empty() && text_.front() != separator_ && !at_end_of_record()) {
        // A lone CR is a character like any other.
        const auto size =
            std::max<std::size_t>(1, std::min(text_.find_first_of({stops.data(), stops.size()}), text_.size()));
        cell.append(text_.substr(0, size));
        text_.remove_prefix(size);
    }
    record.cells.push_back(std::move(cell));
}

std::optional<CsvRecord> CsvReader::next() {
    while (!text_.empty()) {
        CsvRecord record{.line = line_, .cells = {}};
        read_cell(record);
        while (!text_.empty() && text_.front() == separator_) {
            text_.remove_prefix(1);
            read_cell(record);
        }
        if (const auto end = text_.find('\n'); end != std::string_view::npos) {
            text_.remove_prefix(end + 1);
            ++line_;
        } else {
            text_ = {};
        }
        const bool is_empty = record.cells.size() == 1 && record.cells.front().empty() && record.problem.empty();
        if (!is_empty) return record;
    }
    return std::nullopt;
}

}  // namespace jeton::cli
