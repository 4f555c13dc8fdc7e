#include "daemon/front/routes/usage.hpp"

#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {

TEST_CASE("usage: who used what, by what it was granted, and from which program and unit") {
    HandClock clock;
    ScriptedVault vault;
    vault.script = [](const ScriptedVault::Asked&) { return done("{}"); };
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    decisions.enter({"inst", 1});
    const auto keep = [&](unsigned char number, std::optional<std::string> via, Glimpse glimpse) {
        Grant grant;
        grant.connection = "a/t@e";
        grant.expires_in = grant.reuse = std::chrono::seconds{60};
        grant.via = std::move(via);
        decisions.keep(Fingerprint{number}, some_peer(4'000'000'000), std::move(glimpse), std::move(grant),
                       {"inst", 1});
        (void)decisions.find(Fingerprint{number}, some_peer(4'000'000'000));
    };
    const auto report = [&] {
        asio::io_context context{1};
        auto reported = asio::co_spawn(context.get_executor(), report_usage(desk), asio::use_future);
        context.run();
        reported.get();
    };
    SUBCASE("as far as it is known") {
        keep(1, "binding 3f2a9c01", {.command = "python3", .unit = {"worker.service", ""}});
        report();
        REQUIRE(vault.asked.size() == 1);
        CHECK(vault.asked[0].body ==
              R"({"entries":[{"uid":4000000000,"pid":4711,"command":"python3","unit":"worker.service",)"
              R"("connection":"a/t@e","via":"binding 3f2a9c01","count":1,"last_at":1800000000}]})");
    }
    SUBCASE("what is not known is left out") {
        keep(1, std::nullopt, {.command = {}, .unit = no_unit("none")});
        report();
        REQUIRE(vault.asked.size() == 1);
        CHECK(vault.asked[0].body ==
              R"({"entries":[{"uid":4000000000,"pid":4711,"connection":"a/t@e","count":1,"last_at":1800000000}]})");
    }
}

}  // namespace jeton::front::test
