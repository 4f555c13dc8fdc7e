#include "cli/proof.hpp"

#include <algorithm>

#include "cli/values.hpp"

namespace jeton::cli {

Result<void> add_proof(Context& context, SecretInput& input, json::object& body) {
    const auto slots = context.ask(Call::get("/v1/key-slots"));
    if (!slots) return std::unexpected{slots.error()};
    const bool has_portable = std::ranges::any_of(elements(slots->tree), [](const json::value& slot) {
        const auto& portable = member(slot, "portable");
        return portable.is_bool() && portable.get_bool();
    });
    if (!has_portable) return {};
    const auto proof = input.next("To prove that you may: a passphrase or a recovery key of this store (unseen): ");
    if (!proof) return std::unexpected{proof.error()};
    add_text(body, "proof", proof->view());
    return {};
}

}  // namespace jeton::cli
