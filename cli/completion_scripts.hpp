/// What makes a shell complete the command lines of `jeton`.
#pragma once

#include <string_view>

namespace jeton::cli {

/// The script for `shell`: bash, zsh or fish.
[[nodiscard]] std::string_view completion_script(std::string_view shell);

}  // namespace jeton::cli
