/// What the settings of programs call the parts of a pair, in .env files, tables and JSON alike.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "libclient/http/wipe.hpp"

namespace jeton::cli {

enum class PairField {
    client_id,
    client_secret,
    app_key,
    tenant,
    tenant_name,
    environment,  ///< `production`, `integration`, or a name of the daemon's
    sandbox,      ///< a truth value: integration, not production
    token_url,
};
inline constexpr std::size_t pair_field_count = 8;

/// A name of settings: what stands before the field (`ST_`, or nothing), and the field.
struct PairName {
    std::string prefix;  ///< in upper case, with its underscore
    PairField field;
};

/// `ST_CLIENT_ID`, `client_secret`, `ACME_SERVICETITAN_TENANT_ID`; nothing for a name of something else.
[[nodiscard]] std::optional<PairName> pair_name(std::string_view name);

/// Whether a prefix says that the value belongs to the portal: `SERVICETITAN_`, `SERVICE_TITAN_`, `ST_`, also behind
/// words of one's own (`REACT_APP_SERVICETITAN_`).
[[nodiscard]] bool is_portal_prefix(std::string_view prefix);

/// A column of a table or a member of a JSON object: `Client ID`, `client_secret`, `ST_APP_KEY`, `Customer`.
[[nodiscard]] std::optional<PairField> column_field(std::string_view name);

/// `text` without white space at both ends, that of pasted pages included (no-break and zero-width spaces) (P9).
[[nodiscard]] std::string_view without_white_space(std::string_view text);

/// The parts of one pair as they were read. Wiped with the object.
class PairValues {
public:
    [[nodiscard]] client::WipedText& operator[](PairField field) { return values_[static_cast<std::size_t>(field)]; }
    /// Without white space around it; empty where it was not there.
    [[nodiscard]] std::string_view of(PairField field) const {
        return without_white_space(values_[static_cast<std::size_t>(field)].view());
    }

private:
    std::array<client::WipedText, pair_field_count> values_;
};

/// What `values` say of their environment, in one word: the name as it was written (`prod`), in small letters; else
/// `production`, `integration` or the host of a token URL; empty where they say nothing. Nothing where they contradict
/// each other, or cannot be understood.
[[nodiscard]] std::optional<std::string> environment_word(const PairValues& values);

}  // namespace jeton::cli
