/// A connection in a listing: the cells of "View Connections" (S16), and what to do next about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"
#include "cli/document.hpp"
#include "cli/table.hpp"

namespace jeton::cli {

/// The accepted version, or the app's current one where none is accepted yet; behind it a newer one, if there is one.
/// The tag "New Version Available" (S39) is the connection's status.
[[nodiscard]] std::string version_cell(const json::value& connection);

/// "Allowed" or "Disallowed".
[[nodiscard]] std::string allowed_cell(const json::value& connection);

/// "alice at TIME" of the last use; empty: never used.
[[nodiscard]] std::string last_used_text(const json::value& row);

/// The keys of a connection.
[[nodiscard]] Table client_keys_table(const json::value& keys);

/// `Context::confirm`, where connections die with what is deleted: whoever is asked is told how many `listing` lists.
[[nodiscard]] std::optional<Failure> confirm_with_connections(Context& context, std::string question, Call listing);

/// Collects what the rows of a listing advise, each advice once.
class Advice {
public:
    void add(std::string line);
    /// Writes the first few behind the listing, and how many more there are.
    void write(Context& context) const;

private:
    std::vector<std::string> lines_;
};

}  // namespace jeton::cli
