/// What this host calls itself.
#pragma once

#include <string>

namespace jeton {

/// gethostname(2); "localhost" where the kernel does not say.
[[nodiscard]] std::string host_name();

}  // namespace jeton
