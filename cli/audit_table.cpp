#include "cli/audit_table.hpp"

namespace jeton::cli {
namespace {

std::string actor_text(const json::value& actor) {
    const auto user = field(actor, "user");
    return user.empty() ? "uid " + field(actor, "uid") : user;
}

/// With the reason, where it was refused.
std::string result_text(const json::value& entry) {
    auto result = field(entry, "result");
    if (result == "refused" && !field(entry, "detail").empty()) result += ": " + field(entry, "detail");
    return result;
}

}  // namespace

Table audit_table(const json::array& entries) {
    Table table{{"#", "AT", "WHO", "UNIT", "EVENT", "SUBJECT", "VIA", "COUNT", "RESULT"}, {}};
    for (const auto& entry : entries) {
        const auto& actor = member(entry, "actor");
        table.rows.push_back({field(entry, "sequence"), field(entry, "at"), actor_text(actor), field(actor, "unit"),
                              field(entry, "event"), field(entry, "subject"), field(entry, "via"),
                              field(entry, "count"), result_text(entry)});
    }
    return table;
}

}  // namespace jeton::cli
