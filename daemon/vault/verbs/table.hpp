/// The verbs of the vault: what carries each out, who may, about what, in which state. One table; a verb without a row
/// does not exist, and `jeton role matrix` prints it.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

#include "daemon/vault/domain/connection.hpp"
#include "daemon/vault/domain/role.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault {

/// What a verb is about, and therefore which members of its body name it: `app`, `tenant`, or both for a connection.
enum class About { host, app, tenant, connection };

[[nodiscard]] std::string_view name_of(About about);

/// A set of states of a connection, a value.
class StateSet {
public:
    constexpr StateSet(std::initializer_list<ConnectionState> states) {
        for (const auto state : states) bits_ |= bit(state);
    }
    [[nodiscard]] static constexpr StateSet any() {
        return {ConnectionState::not_connected, ConnectionState::connected, ConnectionState::disabled};
    }
    [[nodiscard]] constexpr bool has(ConnectionState state) const { return (bits_ & bit(state)) != 0; }
    constexpr bool operator==(const StateSet&) const = default;

private:
    static constexpr unsigned bit(ConnectionState state) { return 1U << static_cast<unsigned>(state); }
    unsigned bits_ = 0;
};

struct Verb {
    std::string_view name;     ///< `secret.rotate`: on the wire, in routes and in the audit
    std::string_view command;  ///< `secret rotate`: how people type it; empty: no command of its own
    std::variant<VerbFunction, StoreVerbFunction> function;
    RoleSet roles;  ///< any of them, for the app, tenant or connection it is about
    About about = About::host;
    StateSet states = StateSet::any();  ///< of the connection it is about
    bool for_anyone = false;            ///< asks for no role: the verb itself looks at who asks
    bool shows_usage = false;           ///< what was counted is written down first, so that the answer misses nothing
};

[[nodiscard]] std::span<const Verb> all_verbs();
/// Nothing where there is no such verb.
[[nodiscard]] const Verb* find_verb(std::string_view name);

}  // namespace jeton::vault
