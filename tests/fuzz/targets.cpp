#include <array>

#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {

std::span<const Target> targets() {
    static constexpr std::array all{
        Target{"http_request", http_request},
        Target{"form", form},
        Target{"client_authentication", client_authentication},
        Target{"control_group", control_group},
        Target{"inner_frame_of_vault", inner_frame_of_vault},
        Target{"strict_json", strict_json},
        Target{"http_response", http_response},
        Target{"frames", frames},
        Target{"configuration", configuration},
        Target{"inner_frame_of_front", inner_frame_of_front},
        Target{"forwarded_body", forwarded_body},
        Target{"inner_frame_of_exchange", inner_frame_of_exchange},
        Target{"exchange_request", exchange_request},
        Target{"upstream_answer", upstream_answer},
        Target{"key_slot", key_slot},
        Target{"backup_header", backup_header},
        Target{"backup_item", backup_item},
        Target{"audit_row", audit_row},
        Target{"names", names},
        Target{"client_assertion", client_assertion},
        Target{"public_key", public_key},
        Target{"import_file", import_file},
    };
    return all;
}

}  // namespace jeton::fuzz
