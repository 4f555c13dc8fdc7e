#include "cli/verbs.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace jeton::cli {
namespace {

/// What adds verbs, and the words that they begin with. In the order in which the help lists them.
struct Verbs {
    void (*add)(CommandLine& line);
    std::array<std::string_view, 4> first_words = {};
};

constexpr std::array all{
    Verbs{add_store_verbs, {"init", "seal", "unseal", "whoami"}},
    Verbs{add_status_verb, {"status"}},
    Verbs{add_doctor_verb, {"doctor"}},
    Verbs{add_key_verbs, {"key"}},
    Verbs{add_role_verbs, {"role"}},
    Verbs{add_environment_verbs, {"environment"}},
    Verbs{add_scope_verbs, {"scope"}},
    Verbs{add_tenant_verbs, {"tenant"}},
    Verbs{add_app_verbs, {"app"}},
    Verbs{add_connection_verbs, {"connection"}},
    Verbs{add_connection_key_verbs, {"connection"}},
    Verbs{add_access_verbs, {"access"}},
    Verbs{add_secret_verbs, {"secret"}},
    Verbs{add_import_verb, {"import"}},
    Verbs{add_apply_verbs, {"apply", "export"}},
    Verbs{add_ticket_verbs, {"ticket"}},
    Verbs{add_pair_verbs, {"pair"}},
    Verbs{add_binding_verbs, {"binding"}},
    Verbs{add_explain_verb, {"explain"}},
    Verbs{add_token_verb, {"token"}},
    Verbs{add_exec_verb, {"exec"}},
    Verbs{add_introspect_verb, {"introspect"}},
    Verbs{add_revoke_verb, {"revoke"}},
    Verbs{add_audit_verbs, {"audit"}},
    Verbs{add_backup_verbs, {"backup", "restore"}},
    Verbs{add_completion_verbs},  // is about all others
};

/// The first word that is no option of the program itself.
std::string_view first_word(std::span<const char* const> words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word{words[i]};
        if (!word.starts_with('-')) return word;
        if (word == "--color") ++i;  // the only one with a value
    }
    return {};
}

}  // namespace

void add_all_verbs(CommandLine& line) {
    for (const auto& verbs : all) verbs.add(line);
}

void add_verbs_for(CommandLine& line, std::span<const char* const> words) {
    const auto first = first_word(words);
    bool is_known = false;
    for (const auto& verbs : all) {
        if (first.empty() || std::ranges::find(verbs.first_words, first) == verbs.first_words.end()) continue;
        verbs.add(line);
        is_known = true;
    }
    if (!is_known) add_all_verbs(line);
}

}  // namespace jeton::cli
