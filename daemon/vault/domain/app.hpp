/// What a developer registers (S9–S13), and the numbered, immutable versions of its scopes (S38).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/id.hpp"

namespace jeton::vault {

/// Who configures the credentials within the app (S2, S11).
enum class CredentialsMode { developer, tenant };

[[nodiscard]] std::string_view name_of(CredentialsMode mode);
[[nodiscard]] std::optional<CredentialsMode> credentials_mode(std::string_view name);
/// The portal's own sentence for a mode (S11).
[[nodiscard]] std::string_view sentence_of(CredentialsMode mode);

struct App {
    AppId id;
    std::string name;
    std::string organization;
    std::string homepage;
    CredentialsMode credentials = CredentialsMode::developer;
    std::string app_key;             ///< `jak.` and 25 characters, or the portal's
    std::string external_data_guid;  ///< UUID (RFC 9562), fixed at creation; empty for apps of older stores
    std::int64_t current_version = 1;
    UtcSeconds created_at{};
};

struct AppVersion {
    AppVersionId id;
    AppId app;
    std::int64_t number = 1;
    std::vector<std::string> scopes;  ///< sorted, unique
    UtcSeconds created_at{};
    std::string created_by;  ///< user name, or the uid in digits
};

inline constexpr std::size_t organization_limit = 120;  ///< characters (S10)
inline constexpr std::size_t homepage_limit = 250;      ///< characters (S10)
inline constexpr std::size_t note_limit = 4000;         ///< characters

/// Refuses `bad_input` with the portal's message for each field (S10).
[[nodiscard]] Result<void> check_app_fields(const App& app);

/// A random UUID (RFC 9562, version 4) in lower case.
[[nodiscard]] std::string generate_guid();
/// `text` in lower case, without white space around it. Refuses `bad_input` where it is no UUID (RFC 9562 §4).
[[nodiscard]] Result<std::string> parse_guid(std::string_view text);

}  // namespace jeton::vault
