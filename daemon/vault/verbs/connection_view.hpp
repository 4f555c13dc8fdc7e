/// How a connection stands in "View Connections" and in every other listing (S16).
#pragma once

#include <string>

#include "daemon/vault/services/find.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// The developer's note is shown to those who see the app, not to the tenant that it is about.
[[nodiscard]] json::object connection_view(Call& call, const FoundConnection& found);

/// "Not Connected Yet" (S19), "Disabled", "New Version Available" (S39) or "Connected".
[[nodiscard]] std::string status_of(const FoundConnection& found);

/// Who allowed it, when, on whose behalf and why; null before that (S33).
[[nodiscard]] json::value consent_view(const Connection& connection);
/// Who keeps it disabled, and why.
[[nodiscard]] json::array pauses_view(const Connection& connection);

}  // namespace jeton::vault
