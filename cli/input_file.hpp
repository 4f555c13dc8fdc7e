/// What a verb takes from a file or, with `-`, from stdin.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/failure.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

/// The whole content of at most `limit` bytes (a multiple of 1 KiB). Fails where it cannot be read, or is larger: then
/// `when_larger` says what to do. No secret is read this way.
[[nodiscard]] Result<std::string> read_input(const std::string& name, std::size_t limit, std::string_view when_larger);

/// The same for what may hold secrets: nothing of it is left in memory behind the text.
[[nodiscard]] Result<client::WipedText> read_secret_input(const std::string& name, std::size_t limit,
                                                          std::string_view when_larger);

}  // namespace jeton::cli
