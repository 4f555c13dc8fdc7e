/// Key slots in JSON: one as it is shown, and one as it is asked for.
#pragma once

#include <fmt/format.h>

#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

[[nodiscard]] inline json::object slot_view(const KeySlot& slot) {
    return {{"id", slot.id.text},
            {"kind", name_of(slot.kind)},
            {"label", slot.label},
            {"portable", slot.is_portable()},
            {"created_at", rfc3339(slot.created_at)}};
}

/// What the members `path`, `name`, `passphrase` and `label` say of a slot of kind `kind`. Points into the body.
[[nodiscard]] inline Result<WantedSlot> wanted_slot(protocol::Fields& in, std::string_view kind) {
    WantedSlot wanted;
    wanted.label = in.text_or("label", "");
    const auto path = in.text_or("path", "");
    const auto name = in.text_or("name", "");
    wanted.passphrase = in.optional_secret("passphrase");
    if (auto problem = in.problem()) return bad_body(*std::move(problem));
    const auto known = key_slot_kind(kind);
    if (!known) {
        return refuse(Errc::bad_input, "there is no such kind of key slot",
                      "the kinds are passphrase, key-file, systemd-credential and recovery");
    }
    wanted.kind = *known;
    wanted.of = *known == KeySlotKind::systemd_credential ? name : path;
    const bool has_others = (!path.empty() && *known != KeySlotKind::key_file) ||
                            (!name.empty() && *known != KeySlotKind::systemd_credential) ||
                            (!wanted.passphrase.empty() && *known != KeySlotKind::passphrase);
    if (has_others) {
        return refuse(Errc::bad_input, fmt::format("a key slot of kind {} takes no such member", kind),
                      "path stands with key-file, name with systemd-credential, passphrase with passphrase");
    }
    return wanted;
}

/// A member `warnings`, empty where there is nothing to warn of.
[[nodiscard]] inline json::array warnings_of(const PreparedSlot& prepared) {
    json::array warnings;
    if (!prepared.warning.empty()) warnings.emplace_back(prepared.warning);
    return warnings;
}

[[nodiscard]] inline Unlocking unlocking_of(const StoreCall& call) {
    return {call.room.guesses, call.stretched, call.room.stretching, call.room.clock};
}

}  // namespace jeton::vault
