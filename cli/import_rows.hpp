/// The pairs that stand in files of settings, as rows to import: .env files, tables, JSON lines.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

/// One pair. Secrets are wiped with the object.
struct ImportRow {
    std::string file;      ///< as it was named; `-` for stdin
    std::size_t line = 0;  ///< from 1 on
    std::string tenant = {};
    std::string tenant_name = {};  ///< of the organisation; empty: the row does not say
    std::string selector = {};     ///< of the environment: `environment_word` (pair_fields)
    client::WipedText client_id = {};
    client::WipedText client_secret = {};
    client::WipedText app_key = {};
    /// By name, no secrets: what the token endpoint wants in the form beside the pair. Empty: the row does not say.
    std::map<std::string, std::string> form_fields = {};
    std::string problem = {};  ///< why it cannot be imported as it stands; names no value
    std::string next = {};     ///< what to do about it
};

enum class RowFormat { dotenv, csv, json };

/// `dotenv`, `csv` or `json`; nothing for another word.
[[nodiscard]] std::optional<RowFormat> row_format(std::string_view name);
/// By the name of the file, else by how the text begins.
[[nodiscard]] RowFormat format_of(std::string_view file, std::string_view text);

/// How sure it is that a file is about the portal's pairs.
enum class Trust {
    named,  ///< somebody named the file: each client ID and secret in it is meant
    found   ///< found in a directory: only what the portal's own names or shapes tell apart from the rest
};

/// The rows of `text`. A row that cannot be understood is there all the same, with its problem. Empty: there is no pair
/// in it. Refuses (bad_input) a text that is no text of this format at all.
[[nodiscard]] Result<std::vector<ImportRow>> rows_in(std::string_view text, const std::string& file, RowFormat format,
                                                     Trust trust);

}  // namespace jeton::cli
