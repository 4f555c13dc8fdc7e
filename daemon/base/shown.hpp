/// What somebody sent, in a text that repeats it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jeton {

/// The first `limit` bytes of `sent`, escaped (log.hpp). What looks like a secret or a token in it is cut behind its
/// eighth character: somebody put it into the wrong place, and no refusal, log line or audit entry repeats it (T26).
/// So looks a run of 20 or more letters and digits behind a short prefix (`jcs.`), and any run of 40 or more.
[[nodiscard]] std::string shown(std::string_view sent, std::size_t limit);

}  // namespace jeton
