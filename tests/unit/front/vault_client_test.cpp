#include "daemon/front/vault_client.hpp"

#include <array>
#include <future>
#include <initializer_list>
#include <string>
#include <thread>

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include "libclient/protocol/fields.hpp"
#include "tests/unit/front/harness.hpp"

namespace jeton::front::test {
namespace {

using namespace std::chrono_literals;

/// The other end of a link, spoken to by hand.
class HandVault {
public:
    explicit HandVault(UniqueFd end) : end_(std::move(end)) {}
    void say(std::string_view payload) { write_all(end_.get(), encode_frame(payload)); }
    /// In one piece: the other side reads them at once.
    void say_together(std::initializer_list<std::string_view> payloads) {
        std::string frames;
        for (const auto payload : payloads) frames += encode_frame(payload);
        write_all(end_.get(), frames);
    }
    /// The id of the next question; its text is kept in `last`.
    std::int64_t hear() {
        for (;;) {
            if (auto payload = decoder_.next()) {
                last = *payload;
                return protocol::parse_strict(last).value().at("id").as_int64();
            }
            std::array<char, 4096> bytes;
            const auto count = ::recv(end_.get(), bytes.data(), bytes.size(), 0);
            REQUIRE(count > 0);
            decoder_.feed({bytes.data(), static_cast<std::size_t>(count)});
        }
    }
    /// Whether nothing comes any more; waits for it.
    bool is_told_that_nothing_comes() {
        char byte = 0;
        return ::recv(end_.get(), &byte, 1, 0) == 0;
    }
    void hang_up() { end_.reset(); }
    std::string last;

private:
    UniqueFd end_;
    FrameDecoder decoder_;
};

struct World {
    World() { loop.start(); }
    ~World() { loop.stop(); }

    HandVault connect() {
        auto [ours, theirs] = socket_pair();
        std::promise<void> taken;
        asio::post(loop.context(), [&, end = ours.release()] {
            client.take_link(UniqueFd{end});
            taken.set_value();
        });
        taken.get_future().get();
        return HandVault{std::move(theirs)};
    }
    std::future<Answer> ask(std::string_view verb, std::chrono::seconds patience = 30s, json::object body = {}) {
        json::object peer;
        peer["uid"] = 1000;
        body["app"] = "x";
        Question question{.peer = std::move(peer),
                          .socket = "control",
                          .verb = verb,
                          .body = json::value(std::move(body)),
                          .patience = patience};
        return asio::co_spawn(loop.context().get_executor(), client.ask(std::move(question)), asio::use_future);
    }

    /// The same; what comes back is noted in `replaced`, among the tokens that are.
    std::future<void> ask_and_note(std::string_view name) {
        const auto noted = [](World& world, std::string done) -> Task<void> {
            Question question{
                .peer = {}, .socket = "token", .verb = "token.issue", .body = json::value(json::object{})};
            (void)co_await world.client.ask(std::move(question));
            world.replaced.push_back(std::move(done));
        };
        return asio::co_spawn(loop.context().get_executor(), noted(*this, std::string{name}), asio::use_future);
    }

    Loop loop;
    std::vector<Era> eras;
    std::vector<bool> open;  ///< with each era
    std::vector<std::string> replaced;
    int ready = 0;
    int lost = 0;
    VaultClient client{loop.context(),
                       {.era_changed =
                            [this](const Era& era, bool unsealed) {
                                eras.push_back(era);
                                open.push_back(unsealed);
                            },
                        .token_replaced = [this](std::string_view connection) { replaced.emplace_back(connection); },
                        .ready = [this] { ++ready; },
                        .lost = [this] { ++lost; }}};
};

constexpr std::string_view hello = R"({"event":"hello","instance":"9f","epoch":1,"state":"unsealed"})";

std::string done_frame(std::int64_t id, std::string_view done) {
    return R"({"id":)" + std::to_string(id) + R"(,"instance":"9f","epoch":1,"done":)" + std::string{done} + "}";
}

}  // namespace

TEST_CASE("vault link: answers are paired by id, in any order; events come before what follows them") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto first = world.ask("app.show");
    const auto first_id = vault.hear();
    CHECK(vault.last.find(R"("peer":{"uid":1000},"socket":"control","verb":"app.show","body":{"app":"x"}})") !=
          std::string::npos);
    auto second = world.ask("app.list");
    const auto second_id = vault.hear();
    vault.say(done_frame(second_id, "[2]"));
    vault.say(R"({"event":"epoch","instance":"9f","epoch":2,"state":"sealed"})");
    vault.say(R"({"event":"token_replaced","connection":"a/t@e"})");
    vault.say(done_frame(first_id, R"({"n":1})"));
    const auto one = first.get();
    CHECK(one.done.at("n").as_int64() == 1);
    CHECK(one.era == Era{"9f", 1});
    CHECK(second.get().done.as_array().size() == 1);
    CHECK(world.eras == std::vector{Era{"9f", 1}, Era{"9f", 2}});
    CHECK(world.open == std::vector{true, false});  // sealed: the epoch page says nothing
    CHECK(world.replaced == std::vector<std::string>{"a/t@e"});
    CHECK(world.client.state() == "sealed");
    CHECK(world.ready == 1);
}

TEST_CASE("vault link: a token that is replaced is seen before it is told to be, though both come in one piece") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto first = world.ask_and_note("old");
    const auto first_id = vault.hear();
    auto second = world.ask_and_note("new");
    const auto second_id = vault.hear();
    vault.say_together({done_frame(first_id, "{}"), R"({"event":"token_replaced","connection":"a/t@e"})",
                        done_frame(second_id, "{}")});
    first.get();
    second.get();
    CHECK(world.replaced == std::vector<std::string>{"old", "a/t@e", "new"});
}

TEST_CASE("vault link: a refusal keeps its word, text and wait") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto asked = world.ask("app.show");
    vault.say(
        R"({"id":)" + std::to_string(vault.hear()) +
        R"(,"instance":"9f","epoch":1,"refused":{"error":"not_found","error_description":"no app","next":"list","retry_after":5}})");
    const auto answer = asked.get();
    REQUIRE(answer.refused.has_value());
    CHECK(answer.refused->code == Errc::not_found);
    CHECK(answer.refused->what == "no app");
    CHECK(answer.refused->next == "list");
    CHECK(answer.refused->retry_after == 5);
}

TEST_CASE(
    "vault link: what is in flight when a vault ends is temporarily unavailable; what comes next waits for another") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto lost = world.ask("app.show");
    (void)vault.hear();
    vault.hang_up();
    const auto answer = lost.get();
    REQUIRE(answer.refused.has_value());
    CHECK(answer.refused->code == Errc::temporarily_unavailable);
    CHECK(answer.refused->retry_after == 1);

    auto waiting = world.ask("app.list");
    auto other = world.connect();
    other.say(hello);
    other.say(done_frame(other.hear(), "{}"));
    CHECK_FALSE(waiting.get().refused.has_value());
    CHECK(world.eras == std::vector{Era{"9f", 1}, Era{}, Era{"9f", 1}});
    CHECK(world.open == std::vector{true, false, true});
    CHECK(world.ready == 1);
}

TEST_CASE("vault link: a token request that a vault leaves unanswered is asked once more, and only once") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto asked = world.ask("token.issue");
    (void)vault.hear();
    const auto question = vault.last;
    vault.hang_up();

    auto second = world.connect();
    second.say(hello);
    SUBCASE("it is answered") {
        second.say(done_frame(second.hear(), "{}"));
        CHECK(second.last == question);
        CHECK_FALSE(asked.get().refused.has_value());
    }
    SUBCASE("one that ends a vault does not end them all") {
        (void)second.hear();
        second.hang_up();
        const auto answer = asked.get();
        CHECK(answer.unsure);
        CHECK(answer.refused.value().code == Errc::temporarily_unavailable);
        CHECK(world.lost >= 1);  // the first link may have had its successor before its end was seen
    }
}

TEST_CASE("vault link: what shows an assertion is asked once: the next vault would take it for a replay") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    json::object shown;
    shown["auth"] = {{"method", "assertion"}, {"client_assertion", "a.b.c"}};
    auto asked = world.ask("token.issue", 30s, std::move(shown));
    (void)vault.hear();
    vault.hang_up();
    const auto answer = asked.get();
    CHECK(answer.refused.value().code == Errc::temporarily_unavailable);
    CHECK(answer.refused->retry_after == 1);
}

TEST_CASE("vault link: a vault that ends answers what it was asked; what comes then is for the next one") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto asked = world.ask("app.create");
    const auto id = vault.hear();
    vault.say(R"({"event":"ending"})");
    CHECK(vault.is_told_that_nothing_comes());
    auto later = world.ask("secret.generate");  // would be unsure, had it been sent
    vault.say(done_frame(id, "{}"));
    CHECK_FALSE(asked.get().refused.has_value());
    std::this_thread::sleep_for(2100ms);  // longer than a question waits without the word of a vault
    vault.hang_up();

    auto next = world.connect();
    next.say(hello);
    next.say(done_frame(next.hear(), "{}"));
    CHECK(next.last.contains("secret.generate"));
    CHECK_FALSE(later.get().refused.has_value());
}

TEST_CASE("vault link: a question does not wait for ever") {
    World world;
    SUBCASE("without a vault") { CHECK(world.ask("app.list").get().refused->code == Errc::temporarily_unavailable); }
    SUBCASE("with a vault that does not answer") {
        auto vault = world.connect();
        vault.say(hello);
        CHECK(world.ask("app.list", 1s).get().refused->code == Errc::temporarily_unavailable);
    }
}

TEST_CASE("vault link: a listing that goes on keeps its cursor") {
    World world;
    auto vault = world.connect();
    vault.say(hello);
    auto first = world.ask("app.list");
    vault.say(R"({"id":)" + std::to_string(vault.hear()) + R"(,"instance":"9f","epoch":1,"done":[1],"next":"a b"})");
    CHECK(first.get().next == "a b");
    auto last = world.ask("app.list");
    vault.say(done_frame(vault.hear(), "[2]"));
    CHECK_FALSE(last.get().next.has_value());
}

TEST_CASE("vault link: everything is attested until a vault says what it asks, and when there is none") {
    constexpr Details everything{.groups = true, .unit = true};
    World world;
    CHECK(world.client.attests() == everything);
    auto vault = world.connect();
    const auto attests_after = [&](std::string_view event) {
        vault.say(event);
        auto asked = world.ask("app.list");
        vault.say(done_frame(vault.hear(), "{}"));
        (void)asked.get();
        return world.client.attests();
    };
    CHECK(attests_after(hello) == Details{});
    CHECK(attests_after(R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":["groups"]})") ==
          Details{.groups = true});
    CHECK(
        attests_after(R"({"event":"epoch","instance":"9f","epoch":3,"state":"unsealed","attest":["unit","groups"]})") ==
        everything);
    CHECK(attests_after(R"({"event":"epoch","instance":"9f","epoch":4,"state":"unsealed","attest":[]})") == Details{});
    auto lost = world.ask("app.list");
    (void)vault.hear();
    vault.hang_up();
    (void)lost.get();
    CHECK(world.client.attests() == everything);
}

TEST_CASE("vault link: who is a stranger is what the vault last said, and nobody while it has said nothing (T18)") {
    World world;
    const auto stranger_after = [&](auto& vault, std::string_view event) {
        vault.say(event);
        auto asked = world.ask("app.list");
        vault.say(done_frame(vault.hear(), "{}"));
        (void)asked.get();
        const auto is_stranger = [&](Peer peer) { return !world.client.knows(peer); };
        const BootTime now{};
        const Peer plain{.uid = 4000, .gid = 4000, .pid = 7, .foreign = false, .attested_at = now};
        auto bound = plain, member = plain, in_unit = plain, in_container = plain;
        bound.uid = 4001;
        member.groups = std::vector<gid_t>{20, 4000};
        in_unit.unit = Unit{.name = "w.service", .unknown = {}};
        in_container = bound;
        in_container.foreign = true;
        return std::array{is_stranger(plain), is_stranger(bound), is_stranger(member), is_stranger(in_unit),
                          is_stranger(in_container)};
    };
    auto vault = world.connect();
    CHECK(stranger_after(vault, hello) == std::array{false, false, false, false, false});
    CHECK(stranger_after(vault, R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":[],"known":)"
                                R"({"users":[4001],"groups":[20],"units":["w.service"],"container_users":[]}})") ==
          std::array{true, false, false, false, true});
    CHECK(stranger_after(vault, R"({"event":"epoch","instance":"9f","epoch":3,"state":"unsealed","attest":[]})") ==
          std::array{true, false, false, false, true});
    CHECK(stranger_after(
              vault, R"({"event":"epoch","instance":"9f","epoch":4,"state":"unsealed","attest":[],"known":null})") ==
          std::array{false, false, false, false, false});
    CHECK(stranger_after(vault, R"({"event":"epoch","instance":"9f","epoch":5,"state":"unsealed","attest":[],"known":)"
                                R"({"users":[],"groups":[],"units":[],"container_users":[]}})") ==
          std::array{true, true, true, true, true});
    CHECK(stranger_after(vault, R"({"event":"epoch","instance":"9f","epoch":6,"state":"sealed","attest":[]})") ==
          std::array{false, false, false, false, false});
}

TEST_CASE("vault link: a frame that breaks the rules ends it") {
    for (const char* frame :
         {"[]", "{", R"({"id":1,"id":2})", R"({"event":"x"})", R"({"event":"hello"})", R"({"id":1.5})",
          R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":["executable"]})",
          R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":"unit"})",
          R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":[1]})",
          R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":[],"known":[]})",
          R"({"event":"epoch","instance":"9f","epoch":2,"state":"unsealed","attest":[],"known":{"users":[-1]}})"}) {
        INFO(std::string{frame});
        World world;
        auto vault = world.connect();
        vault.say(hello);
        auto asked = world.ask("app.list");
        (void)vault.hear();
        vault.say(frame);
        CHECK(asked.get().refused->code == Errc::temporarily_unavailable);
    }
}

}  // namespace jeton::front::test
