/// What the rows of one import are to each other: a dry run changes nothing, so the daemon cannot tell.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/import_rows.hpp"

namespace jeton::cli {

/// How a row ended, or would.
struct RowOutcome {
    enum class Result { imported, unchanged, refused };
    Result result = Result::refused;
    std::string connection = {};          ///< empty: it is not known
    std::string why = {};                 ///< empty: there is nothing to say
    std::string next = {};                ///< of what is refused
    std::vector<std::string> steps = {};  ///< what was done, or would be, for the row
};

[[nodiscard]] std::string_view name_of(RowOutcome::Result result);

/// `FILE:LINE` for a person.
[[nodiscard]] std::string place_of(const ImportRow& row);

/// The rows that a dry run has found good so far. They must outlive it.
class ImportBatch {
public:
    /// Takes in a row that the daemon would import on its own. What an earlier row makes of it, where it does.
    [[nodiscard]] std::optional<RowOutcome> add(const ImportRow& row, const RowOutcome& alone);

private:
    struct Taken {
        const ImportRow* row;
        std::string connection;
    };
    std::map<std::string, std::vector<Taken>, std::less<>> by_connection_;
    std::multimap<std::string, Taken, std::less<>> by_client_id_;  ///< and environment
};

}  // namespace jeton::cli
