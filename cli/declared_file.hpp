/// Files that `jeton apply` reads: TOML 1.0, each object an element of an array of tables, `[[app]]`.
#pragma once

#include <string>
#include <string_view>

#include "cli/declared.hpp"
#include "cli/failure.hpp"

namespace jeton::cli {

/// Adds what `text` says to `into`. `file`: its name in messages. Refuses (bad_input, with file and line) what is no
/// TOML, a table or key that is not known (naming the nearest that is), a value of another type, an object that lacks
/// something or was declared before.
[[nodiscard]] Result<void> read_declarations(std::string_view text, const std::string& file, Declarations& into);

/// The same for a file, `-` for stdin, or a directory: its files named *.toml, hidden ones left out, in the order of
/// their names. Refuses (bad_input) one that cannot be read, and a directory without such a file.
[[nodiscard]] Result<Declarations> read_declared(const std::string& path);

/// `objects` as such a file; those of one kind in the order of their names. A kind of `kinds` without an object is
/// named, too, as an empty list. Times are cut to the minute.
[[nodiscard]] std::string declared_text(const Declarations& declarations);

}  // namespace jeton::cli
