/// Values in a text that are, by shape or by name, parts of a pair. Knows no file.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace jeton::cli {

enum class FoundKind { client_id, client_secret, app_key, ticket };

/// A view into the text that was searched.
struct FoundValue {
    std::size_t line = 0;  ///< from 1 on
    FoundKind kind = FoundKind::client_secret;
    bool is_local = false;  ///< of jeton's own making (`jid.`, `jcs.`, `jak.`, `jtk.`), checksum and all
    std::string_view value;
};

/// The portal's shapes `cid.`, `cs1.`, `ak1.` with at least 20 characters `[0-9a-z]`; jeton's own where their checksum
/// is right; and what is given to a name that ends with CLIENT_SECRET (any case, `=` or `:`, quoted or bare): 16
/// characters or more, with a digit, that are no expression or placeholder. In the order of the text; each place once.
[[nodiscard]] std::vector<FoundValue> find_values(std::string_view text);

}  // namespace jeton::cli
