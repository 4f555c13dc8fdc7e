#include "cli/import_batch.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t active_secrets_limit = 2;  // the portal's own, which the daemon holds to

RowOutcome refused(const std::string& connection, std::string why, std::string next) {
    return {.connection = connection, .why = std::move(why), .next = std::move(next)};
}

/// As the daemon sees it: a field of the form says for which tenant of a network a token is.
bool may_share_pair(const ImportRow& one, const ImportRow& other) {
    return !one.form_fields.empty() && !other.form_fields.empty() && one.form_fields != other.form_fields;
}

}  // namespace

std::string_view name_of(RowOutcome::Result result) {
    switch (result) {
        case RowOutcome::Result::imported: return "imported";
        case RowOutcome::Result::unchanged: return "unchanged";
        case RowOutcome::Result::refused: return "refused";
    }
    return {};
}

std::string place_of(const ImportRow& row) {
    return fmt::format("{}:{}", row.file == "-" ? "standard input" : printable(row.file), row.line);
}

std::optional<RowOutcome> ImportBatch::add(const ImportRow& row, const RowOutcome& alone) {
    const auto& connection = alone.connection;
    const auto at = connection.rfind('@');
    const auto environment = at == std::string::npos ? std::string{} : connection.substr(at);
    const auto key = std::string{row.client_id.view()} + environment;
    for (auto [other, end] = by_client_id_.equal_range(key); other != end; ++other) {
        const auto& [earlier, owner] = other->second;
        if (owner == connection || may_share_pair(row, *earlier)) continue;
        return refused(connection, fmt::format("its client ID is that of {} ({})", owner, place_of(*earlier)),
                       "each tenant needs its own pair: copy this tenant's from the portal, or correct the tenant ID; "
                       "where one pair serves a network of tenants, each row needs a form field that tells them apart");
    }
    auto& taken = by_connection_[connection];
    for (const auto& earlier : taken) {
        const bool same_id = earlier.row->client_id.view() == row.client_id.view();
        if (!same_id) {
            return refused(connection, fmt::format("{} gives it another client ID", place_of(*earlier.row)),
                           "a tenant has one client ID: take out the row that is out of date");
        }
        if (!row.form_fields.empty() && earlier.row->form_fields != row.form_fields) {
            return refused(connection, fmt::format("{} gives it other form fields", place_of(*earlier.row)),
                           "take out the row that is out of date");
        }
        if (earlier.row->client_secret.view() == row.client_secret.view()) {
            return RowOutcome{.result = RowOutcome::Result::unchanged,
                              .connection = connection,
                              .why = fmt::format("the same pair as {}", place_of(*earlier.row))};
        }
    }
    if (taken.size() >= active_secrets_limit) {
        return refused(connection, "it has two active secrets by then, and only two are allowed at a time",
                       "take out the rows that are out of date");
    }
    taken.push_back({&row, connection});
    by_client_id_.emplace(key, Taken{&row, connection});
    return std::nullopt;
}

}  // namespace jeton::cli
