#include "cli/identity.hpp"

#include <array>
#include <string_view>

namespace jeton::cli {
namespace {

constexpr std::size_t short_id_size = 8;

}  // namespace

Verb& takes_user_and_group(Verb& verb, Identity& identity) {
    return verb.option("--user", identity.user, "U", "A user's name or number")
        .option("--group", identity.group, "G", "A group's name or number");
}

Verb& takes_identity(Verb& verb, Identity& identity) {
    return takes_user_and_group(verb, identity)
        .option("--unit", identity.unit, "X", "A systemd unit, such as worker.service");
}

void add_identity(json::object& body, const Identity& identity) {
    add_text(body, "user", identity.user);
    add_text(body, "group", identity.group);
    add_text(body, "unit", identity.unit);
}

std::string identity_text(const json::value& row) {
    std::string text;
    for (const std::string_view part : std::array{"user", "group", "unit"}) {
        const auto value = field(row, part);
        if (value.empty()) continue;
        if (!text.empty()) text += " and ";
        text += part;
        text += " " + value;
    }
    return text;
}

std::string unit_text(const json::value& peer) {
    const auto unit = field(peer, "unit");
    const auto why_not = field(peer, "unit_unknown");
    return unit.empty() && !why_not.empty() ? "unknown: " + why_not : unit;
}

std::string short_id(const json::value& row) { return field(row, "id").substr(0, short_id_size); }

}  // namespace jeton::cli
