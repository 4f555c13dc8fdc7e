/// What goes wrong below the rules: the disk, the file, the hand of somebody else. Faults, not refusals.
#pragma once

#include <stdexcept>
#include <string>

#include "daemon/vault/keys/tampered.hpp"

namespace jeton::vault {

/// The disk failed or is full. Nothing of the work it ended is durable, except where `stored` says so.
struct StoreFault : std::runtime_error {
    explicit StoreFault(const std::string& text, bool is_full = false, bool is_stored = false)
        : std::runtime_error(text), full(is_full), stored(is_stored) {}

    bool full;    ///< no space left: waiting or making room helps
    bool stored;  ///< the change itself is durable; only the anchor could not be written after it
};

/// The file's content is not what SQLite wrote.
struct StoreDamaged : StoreFault {
    using StoreFault::StoreFault;
};

/// Another process holds the file.
struct StoreBusy : StoreFault {
    using StoreFault::StoreFault;
};

/// The database cannot be used at all: damaged, altered or newer. `what()` says what and what to do now. The files were
/// not changed.
struct StoreUnusable : std::runtime_error {
    StoreUnusable(const std::string& what_happened, const std::string& what_next)
        : std::runtime_error(what_happened + "; " + what_next), next(what_next) {}

    std::string next;
};

/// Another vault holds the database.
struct StoreInUse : StoreUnusable {
    using StoreUnusable::StoreUnusable;
};

}  // namespace jeton::vault
