/// Whom an environment trusts to name its token endpoint: the certificates in its CA file.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/error.hpp"

namespace jeton::vault {

/// The certificates in `ca_file` of the environment with this name, read anew at each call so that a renewed file
/// counts; empty where it names none (then the system's authorities are meant). Blocks while it reads. Refuses like
/// `read_certificates`, with the command that names another file in `next`: the fault is this host's, not the
/// endpoint's.
[[nodiscard]] Result<std::string> authorities_of(std::string_view environment, const std::string& ca_file);

}  // namespace jeton::vault
