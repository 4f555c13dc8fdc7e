/// What the vault must answer, by the life cycle as it is written down (docs/life-cycle.md, docs/roles.md,
/// docs/oauth.md), in plain values: no row, no key, no transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/proof/life.hpp"
#include "tests/proof/vault.hpp"

namespace jeton::proof {

/// The rules that a test can have wrong on purpose: the vault must be seen to differ.
struct Rules {
    std::size_t active_secrets = 2;      ///< at a time (S17)
    bool pause_stops_tokens = true;      ///< S46
    bool upgrade_needs_allow = true;     ///< new scopes count after Allow only (S42)
    bool passed_stays_passed = true;     ///< a clock that is set back prolongs nothing (T48)
    bool both_work_in_overlap = true;    ///< S17
    bool refused_leaves_nothing = true;  ///< a change that the disk refused
};

class Model {
public:
    enum class State : std::uint8_t { not_connected, connected, disabled };
    using Time = std::int64_t;                                                ///< seconds
    using TenantKey = std::pair<std::size_t, std::size_t>;                    ///< tenant, environment
    using ConnectionKey = std::tuple<std::size_t, std::size_t, std::size_t>;  ///< app, tenant, environment

    struct Secret {
        std::string value;  ///< empty where its answer was lost
        bool ended = false;
        std::optional<Time> ends;
    };
    struct Connection {
        State state = State::not_connected;
        bool listed = true;
        std::size_t version = 0;
        std::string client_id;
        bool tenant_pause = false;
        bool operator_pause = false;
        std::vector<Secret> secrets;
        std::set<std::size_t> revoked = {};  ///< tokens, one by one
        std::size_t void_before = 0;         ///< tokens, all that were given before this one
    };
    struct App {
        bool developer_configures = true;
        std::vector<std::set<std::string_view>> versions;
        std::set<std::size_t> developers;
    };
    struct Pair {
        ConnectionKey of;
        std::size_t worker = 0;
        std::string client_id;
        std::string value;
        std::optional<Time> ends;
        bool revoked = false;
    };
    struct Binding {
        enum class Kind : std::uint8_t { connection, pattern, introspection } kind = Kind::connection;
        ConnectionKey of;  ///< of a pattern: any tenant; of an introspector: any app and tenant
        std::size_t who = 0;
        bool is_default = false;
        std::optional<Time> ends;
        std::string id;
    };
    struct Shown {  ///< once, and presented ever after
        ConnectionKey of;
        std::string client_id;
        std::string value;
    };
    struct Token {
        ConnectionKey of;
        std::string client_id;
        std::string text;
        Time wall_end = 0;
        Time end = 0;
    };
    /// What must be answered; where it is done, what changes with it. The answer may be unknown (lost).
    struct Verdict {
        std::string word;
        std::function<void(const Answer*)> change = {};
    };

    explicit Model(Rules rules = {}) : rules_{rules} {}

    [[nodiscard]] Question question(const Step& step) const;
    [[nodiscard]] Verdict verdict(const Step& step);

    /// The clocks say this now.
    void look_at_clocks(Time wall, Time boot);
    /// The store says that it goes by this time, after a kill; false: it has forgotten what it must not.
    [[nodiscard]] bool restarted(Time store_time, bool cleanly);
    /// What is acknowledged is on the disk, the time with it.
    void committed() { latched_ = time_; }
    /// An end that has passed by now is noted.
    void note_ends();

    [[nodiscard]] std::string token_word(const Step& step) const;
    /// Which connection a token request is for; or its refusal as a client.
    [[nodiscard]] std::string client_of(const Step& step, ConnectionKey& of) const;
    [[nodiscard]] std::string granted_to(const ConnectionKey& key, const Step& step) const;
    [[nodiscard]] bool is_active(const Token& token, std::size_t environment) const;
    [[nodiscard]] bool is_active(const Secret& secret) const { return !secret.ended && !passed(secret.ends); }
    [[nodiscard]] bool passed(const std::optional<Time>& end) const { return end && judged() >= *end; }
    [[nodiscard]] std::string scope_of(const ConnectionKey& key) const;
    [[nodiscard]] bool is_admin_of_any(std::size_t who) const;
    [[nodiscard]] bool administers(std::size_t who, const TenantKey& tenant) const;
    [[nodiscard]] bool sees_app(std::size_t who, std::size_t app) const;
    [[nodiscard]] static std::string name_of(const ConnectionKey& key);

    std::map<ConnectionKey, Connection> connections;
    std::map<std::size_t, App> known_apps;
    std::vector<Pair> pairs;
    std::vector<Binding> bindings;
    std::vector<Shown> shown;
    std::vector<Token> tokens;

private:
    enum class Role : std::uint8_t { anyone, operators, developers, tenant_admins, configurers };

    [[nodiscard]] Time judged() const { return rules_.passed_stays_passed ? time_ : wall_; }
    [[nodiscard]] std::optional<Time> after(std::int64_t life) const {
        return life == 0 ? std::nullopt : std::optional{time_ + life};
    }
    [[nodiscard]] std::string refused_by_role(std::size_t who, Role role) const;
    [[nodiscard]] std::string refused_about_app(const Step& step) const;
    [[nodiscard]] std::string refused_about_connection(const Step& step, Role role, std::set<State> states) const;
    [[nodiscard]] std::string refused_to_configure(const Step& step) const;
    [[nodiscard]] std::string ungranted(const ConnectionKey& key, const Step& step) const;
    [[nodiscard]] const Shown* shown_for(const Step& step) const;
    [[nodiscard]] const Secret* secret_of(const Shown& presented) const;
    [[nodiscard]] std::size_t count_active(const Connection& connection) const;
    void add_secret(const ConnectionKey& key, const Answer* answer);
    void erase(const ConnectionKey& key);
    [[nodiscard]] Verdict add_binding(const Step& step, Binding binding, std::string refusal);

    Rules rules_;
    std::set<std::size_t> environments_;
    std::set<TenantKey> tenants_;
    std::map<std::pair<std::size_t, TenantKey>, std::optional<Time>> admins_;
    Time wall_ = 0;
    Time boot_ = 0;
    Time time_ = 0;     ///< that ends are judged by: the latest seen, never slower than the boot clock
    Time latched_ = 0;  ///< what a crash cannot take back
};

}  // namespace jeton::proof
