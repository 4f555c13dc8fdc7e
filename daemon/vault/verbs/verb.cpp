#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

Result<ConnectionName> connection_name(protocol::Fields& in) {
    const auto app = in.text("app");
    const auto tenant = in.text("tenant");
    return parse_connection_name(app + "/" + tenant);
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
