/// Imports rows one after the other: asks what each would do, spaces those that are tried at the token endpoint, waits
/// where it or the daemon has to be waited for, tells how each ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/import_rows.hpp"

namespace jeton::cli {

struct ImportOptions {
    std::string app;
    std::string environment;              ///< empty: each row says
    std::optional<std::int64_t> version;  ///< that the tenants allowed; nothing: the app's current one
    std::chrono::microseconds spacing{};  ///< between two pairs that are tried
    bool dry_run = false;
    std::chrono::seconds daemon_patience{60};           ///< how long the daemon may be away
    std::chrono::seconds endpoint_patience{60LL * 30};  ///< how long one row may wait for its token endpoint
};

/// A line of stdout for each row, or with --json one array of
/// `{"file","line","connection","result","why","next","steps"}`. The exit code: 0 all are in, 1 a row was refused, 5
/// with `dry_run` where there is something to change, 128 and the signal where it was stopped; 3 or 4 where the daemon
/// is away for too long, or stays sealed. Whenever it ends, the same import goes on where this one stopped: a pair that
/// is in is not asked for again.
[[nodiscard]] int import_rows(Context& context, const ImportOptions& options, const std::vector<ImportRow>& rows);

}  // namespace jeton::cli
