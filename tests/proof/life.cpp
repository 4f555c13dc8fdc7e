#include "tests/proof/life.hpp"

#include <random>

#include <fmt/format.h>

namespace jeton::proof {
namespace {

struct Kind {
    Act act;
    std::string_view name;
    unsigned weight;  ///< how often it comes
};

constexpr std::array kinds{Kind{Act::create_environment, "create environment", 1},
                           Kind{Act::delete_environment, "delete environment", 1},
                           Kind{Act::create_tenant, "create tenant", 2},
                           Kind{Act::create_app, "create app", 3},
                           Kind{Act::delete_app, "delete app", 1},
                           Kind{Act::edit_app, "edit app", 3},
                           Kind{Act::publish, "publish", 5},
                           Kind{Act::add_tenant, "add tenant", 6},
                           Kind{Act::remove_tenant, "remove tenant", 3},
                           Kind{Act::allow, "allow", 12},
                           Kind{Act::decline, "decline", 2},
                           Kind{Act::disable, "disable", 5},
                           Kind{Act::enable, "enable", 7},
                           Kind{Act::generate, "generate", 12},
                           Kind{Act::rotate, "rotate", 9},
                           Kind{Act::roll_back, "roll back", 4},
                           Kind{Act::deactivate, "deactivate", 5},
                           Kind{Act::create_pair, "create pair", 4},
                           Kind{Act::revoke_pair, "revoke pair", 2},
                           Kind{Act::bind, "bind", 6},
                           Kind{Act::bind_pattern, "bind pattern", 2},
                           Kind{Act::bind_introspector, "bind introspector", 2},
                           Kind{Act::unbind, "unbind", 3},
                           Kind{Act::grant, "grant", 4},
                           Kind{Act::ungrant, "ungrant", 1},
                           Kind{Act::ask_by_secret, "ask by secret", 10},
                           Kind{Act::ask_by_pair, "ask by pair", 4},
                           Kind{Act::ask_by_binding, "ask by binding", 5},
                           Kind{Act::revoke_token, "revoke token", 4},
                           Kind{Act::revoke_all, "revoke all tokens", 2},
                           Kind{Act::rotate_key, "rotate key", 2},
                           Kind{Act::wait, "wait", 7},
                           Kind{Act::turn_clock, "turn clock", 3},
                           Kind{Act::restart, "restart", 2},
                           Kind{Act::kill, "kill", 2}};

constexpr std::array<std::int64_t, 7> lives{60, 300, 900, 3600, 86400, 7 * 86400, 0};
constexpr std::array<std::int64_t, 8> waits{1, 30, 60, 300, 890, 900, 3600, 86400};

/// Who may do this, as the stage is set; often enough somebody else tries.
std::size_t usual_actor(const Step& step, std::mt19937_64& dice) {
    const auto developer = step.app == 0 ? dora : dan;
    const auto admin = step.tenant == 0 ? tina : tom;
    switch (step.act) {
        case Act::create_app:
        case Act::delete_app:
        case Act::edit_app:
        case Act::publish:
        case Act::add_tenant:
        case Act::remove_tenant: return developer;
        case Act::allow:
        case Act::decline:
        case Act::disable:
        case Act::enable: return dice() % 4 == 0 ? root : admin;
        case Act::generate:
        case Act::rotate:
        case Act::roll_back:
        case Act::deactivate:
        case Act::revoke_all: return dice() % 3 == 0 ? root : dice() % 2 == 0 ? admin : developer;
        case Act::ask_by_secret:
        case Act::ask_by_pair:
        case Act::ask_by_binding:
        case Act::revoke_token: return dice() % 2 == 0 ? wanda : will;
        default: return root;
    }
}

Step random_step(std::mt19937_64& dice, bool faults) {
    unsigned all = 0;
    for (const auto& kind : kinds) all += kind.weight;
    auto left = static_cast<unsigned>(dice() % all);
    const auto* kind = kinds.data();
    while (left >= kind->weight) left -= kind++->weight;
    Step step;
    step.act = kind->act;
    step.app = dice() % apps.size();
    step.tenant = dice() % 4 == 0 ? 1 : 0;
    step.environment = dice() % 4 == 0 ? 1 : 0;
    step.who = dice() % 10 == 0 ? dice() % people.size() : usual_actor(step, dice);
    step.n = dice() % 1000;
    step.seconds = lives[dice() % lives.size()];
    step.flag = dice() % 2 == 0;
    if (step.act == Act::wait) step.seconds = waits[dice() % waits.size()];
    if (step.act == Act::turn_clock) step.seconds = waits[dice() % waits.size()] * (dice() % 2 == 0 ? 1 : -1);
    if (step.act == Act::rotate && dice() % 4 == 0) step.seconds = 0;
    if (faults && dice() % 6 == 0) step.fault = static_cast<long>(dice() % 30) + 1;
    return step;
}

}  // namespace

std::string_view name_of(Act act) {
    for (const auto& kind : kinds) {
        if (kind.act == act) return kind.name;
    }
    return "?";
}

std::string described(const Step& step) {
    return fmt::format("{} by {}: {}/{}@{} n={} seconds={} flag={}{}", name_of(step.act), people[step.who].name,
                       apps[step.app], tenants[step.tenant], environments[step.environment], step.n, step.seconds,
                       step.flag, step.fault == 0 ? "" : fmt::format(" (operation {} of the disk fails)", step.fault));
}

std::vector<Question> first_grants() {
    std::vector<Question> questions;
    for (const auto who : {dora, dan}) {
        questions.push_back({people[root],
                             "role.grant",
                             {{"role", "developer"}, {"user", people[who].name}, {"user_id", people[who].uid}}});
    }
    return questions;
}

std::vector<Step> beginning() {
    std::vector<Step> steps;
    for (std::size_t e = 0; e < environments.size(); ++e) {
        steps.push_back({.act = Act::create_environment, .environment = e});
        steps.push_back({.act = Act::bind_introspector, .who = root, .environment = e, .n = iris});
        for (std::size_t t = 0; t < tenants.size(); ++t) {
            steps.push_back({.act = Act::create_tenant, .tenant = t, .environment = e});
            steps.push_back({.act = Act::grant, .tenant = t, .environment = e, .n = t});
        }
    }
    steps.push_back({.act = Act::create_app, .who = dora, .app = 0, .flag = true});
    steps.push_back({.act = Act::create_app, .who = dan, .app = 1, .flag = false});
    for (std::size_t a = 0; a < apps.size(); ++a) {
        steps.push_back({.act = Act::add_tenant, .who = a == 0 ? dora : dan, .app = a});
        steps.push_back({.act = Act::add_tenant, .who = a == 0 ? dora : dan, .app = a, .tenant = 1});
        steps.push_back({.act = Act::allow, .who = tina, .app = a});
        steps.push_back({.act = Act::generate, .who = root, .app = a});
    }
    steps.push_back({.act = Act::bind, .app = 0, .n = 0, .flag = true});
    return steps;
}

std::vector<Step> life_of(std::uint64_t seed, std::size_t length, bool faults) {
    std::mt19937_64 dice{seed};
    std::vector<Step> steps;
    while (length-- > 0) steps.push_back(random_step(dice, faults));
    return steps;
}

}  // namespace jeton::proof
