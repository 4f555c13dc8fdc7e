/// What was kept of the audit off this host: exports, and the signed heads that the daemon writes to its log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jeton::cli {

struct KnownHead {
    std::int64_t sequence = 0;
    std::string hash;       ///< 64 hexadecimal digits
    std::string signature;  ///< 128 of them, of a head; empty for an entry of an export
};

/// Those in `text`, oldest first, each once. Reads line by line, and passes over what it does not know: the lines of
/// `jeton audit export`, of `journalctl -o json`, and of a log as it stands in a file.
[[nodiscard]] std::vector<KnownHead> known_heads(std::string_view text);

}  // namespace jeton::cli
