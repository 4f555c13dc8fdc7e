#include "daemon/front/routes/usage.hpp"

#include <algorithm>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

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
        decisions.keep(Fingerprint{.question = {number}}, some_peer(4'000'000'000), std::move(glimpse),
                       std::move(grant), {"inst", 1});
        (void)decisions.find(Fingerprint{.question = {number}}, some_peer(4'000'000'000));
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

TEST_CASE("usage: those that are to be noted at the same time share one question, within one epoch") {
    HandClock clock;
    ScriptedVault vault;
    std::string said = R"({"noted":true})";
    vault.script = [&](const ScriptedVault::Asked& asked) {
        CHECK(asked.verb == "token.repeat");
        return said.empty() ? refused(refuse(Errc::temporarily_unavailable, "the disk is full", "make room"))
                            : done(said);
    };
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    const auto note = [&](const std::vector<std::uint64_t>& epochs, pid_t last = 4711) {
        asio::io_context context{1};
        std::vector<std::future<Result<bool>>> noted;
        for (std::size_t i = 0; i < epochs.size(); ++i) {
            const auto epoch = epochs[i];
            const Usage usage{.uid = 4'000'000'000,
                              .pid = i + 1 == epochs.size() ? last : 4711,
                              .command = {},
                              .unit = {},
                              .connection = "a/t@e",
                              .secret_prefix = {},
                              .via = {},
                              .count = 1,
                              .last_at = clock.now()};
            noted.push_back(
                asio::co_spawn(context.get_executor(), note_use(desk, {{"inst", epoch}, usage}), asio::use_future));
        }
        context.run();
        std::vector<Result<bool>> all;
        for (auto& one : noted) all.push_back(one.get());
        return all;
    };
    const auto are = [](const std::vector<Result<bool>>& all, bool expected) {
        return std::ranges::all_of(all, [&](const auto& one) { return one && *one == expected; });
    };
    const auto entry = [](pid_t pid, int count) {
        return fmt::format(R"({{"uid":4000000000,"pid":{},"connection":"a/t@e","count":{},"last_at":1800000000}})", pid,
                           count);
    };
    const auto entries = [](const std::vector<std::string>& all) {
        return fmt::format(R"("entries":[{}]}})", fmt::join(all, ","));
    };
    SUBCASE("together") {
        CHECK(are(note({1, 1, 1}), true));
        REQUIRE(vault.asked.size() == 1);
        CHECK(vault.asked[0].body.ends_with(entries({entry(4711, 3)})));
        CHECK(are(note({1}), true));
        CHECK(vault.asked.size() == 2);  // those of before are answered
    }
    SUBCASE("each process by itself") {
        CHECK(are(note({1, 1, 1}, 4712), true));
        REQUIRE(vault.asked.size() == 1);
        CHECK(vault.asked[0].body.ends_with(entries({entry(4711, 2), entry(4712, 1)})));
    }
    SUBCASE("each epoch by itself") {
        CHECK(are(note({1, 2, 2}), true));
        CHECK(vault.asked.size() == 2);
    }
    SUBCASE("no more than a frame holds") {
        CHECK(are(note(std::vector<std::uint64_t>(600, 1)), true));
        CHECK(vault.asked.size() == 3);
    }
    SUBCASE("all hear that nothing was written") {
        said = R"({"noted":false})";
        CHECK(are(note({1, 1}), false));
    }
    SUBCASE("all hear why") {
        said.clear();
        for (const auto& one : note({1, 1})) {
            REQUIRE_FALSE(one.has_value());
            CHECK(one.error().code == Errc::temporarily_unavailable);
        }
        CHECK(vault.asked.size() == 1);
    }
}

}  // namespace jeton::front::test
