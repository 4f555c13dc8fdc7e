/// Files of `NAME=VALUE` lines, as programs keep their settings in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

/// One setting of such a file. The value may be a secret and is wiped with this object.
struct DotenvSetting {
    std::size_t line;  ///< from 1
    std::string name;
    client::WipedText value;
};

/// A name that a shell takes for a variable: `[A-Za-z_][A-Za-z0-9_]*`.
[[nodiscard]] bool is_variable_name(std::string_view text);

/// The settings of `text` in their order; a name may stand more than once. Understood are a byte order mark, CR LF,
/// empty lines, comments, `export`, spaces around name and value, values in single quotes (as they are) and in double
/// quotes (with the escapes \n, \r, \t, \\, \", \$ and \`); behind an unquoted value ` #` begins a comment. Nothing is
/// expanded. Refuses (bad_input) with `file` and the line, never with a value.
[[nodiscard]] Result<std::vector<DotenvSetting>> read_dotenv(std::string_view text, std::string_view file);

}  // namespace jeton::cli
