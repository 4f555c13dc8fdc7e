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
    bool is_expanded = false;  ///< some libraries would put other variables into the value (`${NAME}`): here it is as
                               ///< it stands
    std::string problem = {};  ///< why the value is not sure; only in what `read_foreign_dotenv` gives
};

/// A name that a shell takes for a variable: `[A-Za-z_][A-Za-z0-9_]*`.
[[nodiscard]] bool is_variable_name(std::string_view text);

/// The settings of `text` in their order; a name may stand more than once. Understood are a byte order mark, CR LF,
/// empty lines, comments, `export`, spaces around name and value, values in single quotes and backquotes (as they are)
/// and in double quotes (with the escapes \n, \r, \t, \\, \", \$ and \`), which may go on over lines; behind an
/// unquoted value ` #` begins a comment. Nothing is expanded. Refuses (bad_input) with `file` and the line, never with
/// a value.
[[nodiscard]] Result<std::vector<DotenvSetting>> read_dotenv(std::string_view text, std::string_view file);

/// The same for a file that was written for another program: what is no setting is passed over, and a setting whose
/// value is not sure has its `problem`, for whoever needs just that one.
[[nodiscard]] std::vector<DotenvSetting> read_foreign_dotenv(std::string_view text);

}  // namespace jeton::cli
