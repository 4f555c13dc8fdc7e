/// Pairs that were left behind in files: doctor --find-pairs PATH (P12).
#pragma once

#include <string>

#include "cli/context.hpp"

namespace jeton::cli {

/// Looks through the files at or below `path` for client IDs, client secrets and app keys (cli/found_values) and asks
/// the daemon which of them it knows; no value is shown or leaves the daemon. Shows a row for each: file and line, what
/// it is, who may read the file, what to do. With --json
/// `[{"file","line","kind","connection","state","mode","readable_by_others","what","next"}]`. The exit code: 0 where
/// all was read and no secret found, `refused` where one was; of the failure where `path` cannot be read. What was not
/// read, and a daemon that does not answer, is a failure, too (incomplete, `refused`), beside what was found all the
/// same.
[[nodiscard]] int find_pairs(Context& context, const std::string& path);

}  // namespace jeton::cli
