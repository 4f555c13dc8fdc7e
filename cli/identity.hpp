/// Local identities, as people type them and as listings show them: a user, a group, a systemd unit.
#pragma once

#include <string>

#include "cli/command_line.hpp"
#include "cli/document.hpp"

namespace jeton::cli {

struct Identity {
    std::string user, group, unit;

    [[nodiscard]] bool empty() const { return user.empty() && group.empty() && unit.empty(); }
};

/// Adds --user and --group, which fill `identity`, to `verb`.
Verb& takes_user_and_group(Verb& verb, Identity& identity);

/// Adds --user, --group and --unit.
Verb& takes_identity(Verb& verb, Identity& identity);

/// The parts that were given, as members "user", "group" and "unit".
void add_identity(json::object& body, const Identity& identity);

/// "user worker and unit worker.service" of an object with such members; empty if it has none.
[[nodiscard]] std::string identity_text(const json::value& row);

/// The unit of a process as the daemon sees it, or why it sees none.
[[nodiscard]] std::string unit_text(const json::value& peer);

/// The first characters of a binding's or ticket's `id`: enough to name it, and what the audit shows.
[[nodiscard]] std::string short_id(const json::value& row);

}  // namespace jeton::cli
