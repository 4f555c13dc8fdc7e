#include "daemon/vault/verbs/verb.hpp"

#include "daemon/vault/services/proof.hpp"

namespace jeton::vault {

Result<ConnectionName> connection_name(protocol::Fields& in) {
    const auto app = in.text("app");
    const auto tenant = in.text("tenant");
    return parse_connection_name(app + "/" + tenant);
}

Result<std::optional<Outcome>> prove(Call& call, std::string_view proof) {
    const Unlocking with{call.room.guesses, call.stretched, call.room.stretching, call.room.clock};
    auto need = check_proof(call.tx, call.peer, proof, with);
    if (!need) return need.error();
    if (need->empty()) return std::optional<Outcome>{};
    return std::optional{stretch_first(*std::move(need))};
}

std::optional<Outcome> make_pairs_first(const Call& call, std::size_t count) {
    const auto ready = call.key_pairs == nullptr ? count : call.key_pairs->ready();
    if (ready >= count) return std::nullopt;
    Outcome outcome;
    outcome.work.rs256_pairs = count - ready;
    return outcome;
}

bool is_audited(Errc code) {
    switch (code) {
        case Errc::forbidden:
        case Errc::wrong_state:
        case Errc::mismatch:
        case Errc::invalid_client:
        case Errc::unauthorized_client:
        case Errc::invalid_scope:
        case Errc::invalid_target: return true;
        default: return false;
    }
}

}  // namespace jeton::vault
