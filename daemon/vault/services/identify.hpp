/// What a value is that was found somewhere: a secret in a log, a ticket in a mail. Never repeats it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.hpp"
#include "daemon/vault/services/standing.hpp"
#include "daemon/vault/store/transaction.hpp"
#include "daemon/vault/store/usage.hpp"

namespace jeton::vault {

/// Empty members: there is nothing to say.
struct Identified {
    std::string_view kind = "unknown";  ///< `client-secret`, `local-pair-secret`, `client-id`, `app-key`, `ticket`
    std::optional<bool> valid_checksum = {};  ///< of values that begin like jeton's own
    std::string connection = {};              ///< `APP/TENANT@ENVIRONMENT`
    std::string prefix = {};                  ///< of a secret
    std::string state = {};                   ///< of the secret, pair or ticket; of the connection for its client ID
    std::optional<UtcSeconds> created_at = {};
    std::optional<Usage> used = {};  ///< the last time
    std::string message = {};        ///< what it is worth, and what to do where it leaked
};

/// White space around `value` is taken off. What `standing` does not see is `unknown`, like what does not exist.
[[nodiscard]] Identified identify(Transaction& tx, const Standing& standing, std::string_view value);

}  // namespace jeton::vault
