#include "daemon/vault/verbs/authorisation.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "daemon/vault/verbs/dispatch.hpp"
#include "tests/unit/results.hpp"

using namespace jeton;
using namespace jeton::vault;

TEST_CASE("threat: a verb without a row (T15): verbs and authorisation table name the same verbs, each once") {
    std::set<std::string_view> allowed;
    for (const auto& row : allowances()) CHECK(allowed.insert(row.verb).second);
    std::set<std::string_view> known;
    for (const auto& verb : all_verbs()) CHECK(known.insert(verb.name).second);
    CHECK(allowed == known);
}

TEST_CASE("T15: every verb × every caller") {
    Peer root;
    root.uid = 0;
    Peer owner;
    owner.uid = 1000;
    owner.daemon_user = true;
    Peer nobody;
    nobody.uid = 1001;
    Peer container_root = root;
    container_root.foreign = true;
    const std::set<std::string_view> open_to_all{"token.issue", "jwks.show",   "metadata.show",
                                                 "whoami.show", "status.show", "usage.report"};
    for (const auto& verb : all_verbs()) {
        INFO(verb.name);
        CHECK(authorise(owner, verb.name).has_value());
        CHECK(authorise(root, verb.name).has_value());
        CHECK(authorise(nobody, verb.name).has_value() == open_to_all.contains(verb.name));
        CHECK(authorise(container_root, verb.name).has_value() == open_to_all.contains(verb.name));
    }
    CHECK_FALSE(authorise(owner, "no.such.verb"));
}
