/// Random lives of client IDs and secrets: what developers, tenant admins, operators, programs, clocks and power do,
/// one step after the other, by a seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/proof/vault.hpp"

namespace jeton::proof {

enum class Act : std::uint8_t {
    create_environment,
    delete_environment,
    create_tenant,
    create_app,
    delete_app,
    edit_app,
    publish,
    add_tenant,
    remove_tenant,
    allow,
    decline,
    disable,
    enable,
    generate,
    rotate,
    roll_back,
    deactivate,
    create_pair,
    revoke_pair,
    bind,
    bind_pattern,
    bind_introspector,
    unbind,
    grant,
    ungrant,
    ask_by_secret,
    ask_by_pair,
    ask_by_binding,
    revoke_token,
    revoke_all,
    rotate_key,
    wait,
    turn_clock,
    restart,
    kill,
};

/// Plain numbers, so that a step still means something where those before it are left out.
struct Step {
    Act act = Act::wait;
    std::size_t who = 0;  ///< of `people`
    std::size_t app = 0;
    std::size_t tenant = 0;
    std::size_t environment = 0;
    std::size_t n = 0;         ///< which of several: a secret that was shown, a scope, a version …
    std::int64_t seconds = 0;  ///< a life, an overlap, a time that passes; 0: none
    bool flag = false;         ///< on behalf of the tenant; as a default; to be added, not removed …
    long fault = 0;            ///< the operation of the disk that fails meanwhile; 0: none
};

inline constexpr std::array people{Person{0, "root"},    Person{2001, "dora"}, Person{2002, "dan"},
                                   Person{2003, "tina"}, Person{2004, "tom"},  Person{2005, "wanda"},
                                   Person{2006, "will"}, Person{2007, "iris"}};
inline constexpr std::size_t root = 0, dora = 1, dan = 2, tina = 3, tom = 4, wanda = 5, will = 6, iris = 7;
inline constexpr std::array<std::string_view, 2> apps{"dispatcher", "bookings"};
inline constexpr std::array<std::string_view, 2> tenants{"1", "2"};
/// In the first one developers hold secrets (S35, S36).
inline constexpr std::array<std::string_view, 2> environments{"integration", "production"};
inline constexpr std::array<std::string_view, 3> scopes{"tn.crm.customers:r", "tn.crm.customers:w", "tn.jpm.jobs:w"};

[[nodiscard]] std::string_view name_of(Act act);
[[nodiscard]] std::string described(const Step& step);

/// Dora and Dan may create apps, as an operator grants it before anything else.
[[nodiscard]] std::vector<Question> first_grants();
/// What sets the stage: environments, tenants, apps, roles and first connections.
[[nodiscard]] std::vector<Step> beginning();
/// `length` steps behind it. With `faults` the disk fails during some of them.
[[nodiscard]] std::vector<Step> life_of(std::uint64_t seed, std::size_t length, bool faults);

}  // namespace jeton::proof
