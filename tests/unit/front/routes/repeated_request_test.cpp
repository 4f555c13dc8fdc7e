#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include "daemon/front/routes/responders.hpp"
#include "daemon/front/tokens/recurrence.hpp"
#include "tests/unit/front/harness.hpp"
#include "tests/unit/front/peer/processes.hpp"

namespace jeton::front::test {
namespace {

using namespace std::chrono_literals;

/// Sees which requests are read; leaves all else to the responder of the token socket.
class Watched final : public Responder {
public:
    Watched(std::unique_ptr<Responder> responder, int& read) : responder_(std::move(responder)), read_(read) {}
    [[nodiscard]] std::uint64_t caller() const override { return responder_->caller(); }
    [[nodiscard]] bool is_stranger() const override { return responder_->is_stranger(); }
    [[nodiscard]] std::optional<Refusal> admit() override { return responder_->admit(); }
    [[nodiscard]] std::optional<Response> answer_repeated(std::string_view input) override {
        return responder_->answer_repeated(input);
    }
    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        ++read_;
        return responder_->answer_now(request);
    }
    [[nodiscard]] Task<Response> answer(const Request& request) override { return responder_->answer(request); }
    void answered(int status) override { responder_->answered(status); }
    [[nodiscard]] Response refuse(const Refusal& refusal) const override { return responder_->refuse(refusal); }

private:
    std::unique_ptr<Responder> responder_;
    int& read_;
};

/// One whole answer.
std::string receive(int socket) {
    std::string answer;
    for (;;) {
        const auto head = answer.find("\r\n\r\n");
        const auto length = answer.find("Content-Length: ");
        if (head != std::string::npos && length < head &&
            answer.size() >= head + 4 + std::stoul(answer.substr(length + 16)))
            return answer;
        pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 5000) <= 0) return answer + "[no end]";
        std::array<char, 4096> bytes;
        const auto count = ::recv(socket, bytes.data(), bytes.size(), 0);
        if (count <= 0) return answer + "[end]";
        answer.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

std::string token_request(std::string_view number = "1", std::string_view target = "/token",
                          std::string_view more = {}) {
    const auto body = "grant_type=client_credentials" + std::string{more};
    return "POST " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\nX-Number: " + std::string{number} +
           "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// A `token_request` to `/token`, read; a view of it.
Request as_read(std::string_view raw) {
    static constexpr std::array<Field, 2> fields{Field{"Host", "localhost"},
                                                 Field{"Content-Type", "application/x-www-form-urlencoded"}};
    return {.method = "POST",
            .target = "/token",
            .path = "/token",
            .query = {},
            .fields = fields,
            .body = raw.substr(raw.find("\r\n\r\n") + 4),
            .raw = raw};
}

/// The token socket of a daemon whose vault grants "T1" first, then "T2" and so on.
struct World {
    World() {
        decisions.enter({"inst", 1});
        vault.script = [this](const ScriptedVault::Asked&) {
            return done(R"({"access_token":"T)" + std::to_string(vault.asked.size()) +
                            R"(","token_type":"Bearer","expires_in":900,"scope":"s","connection":"a/t@e",
                               "reuse_seconds":600})",
                        era);
        };
        loop.start();
    }
    ~World() { loop.stop(); }

    UniqueFd connect() {
        auto [ours, theirs] = socket_pair();
        on_loop([&] {
            server.serve(std::move(theirs), [this](const Arrival& arrival) {
                return std::make_unique<Watched>(token_socket(desk)(arrival), read);
            });
        });
        return std::move(ours);
    }
    std::string ask(const UniqueFd& session, std::string_view request) {
        write_all(session.get(), request);
        return receive(session.get());
    }
    /// A session whose last request was `token_request()`, from the cache.
    UniqueFd after_one() {
        auto session = connect();
        for (int i = 0; i < 2; ++i) (void)ask(session, token_request());
        read = 0;
        return session;
    }
    void on_loop(const std::function<void()>& step) {
        std::promise<void> finished;
        asio::post(loop.context(), [&] {
            step();
            finished.set_value();
        });
        finished.get_future().wait();
    }
    void enter(Era next) {
        on_loop([&] {
            era = next;
            decisions.enter(next);
        });
    }
    std::uint64_t uses() {
        std::uint64_t count = 0;
        for (const auto& use : decisions.take_usage()) count += use.count;
        return count;
    }

    Era era{"inst", 1};
    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    int read = 0;
    Loop loop;
    Server server{loop.context(), {}};
};

bool holds(const std::string& answer, std::string_view token) {
    return answer.find(R"("access_token":")" + std::string{token} + '"') != std::string::npos;
}

}  // namespace

TEST_CASE("repeated request: it is not read again, and neither answer nor counts tell") {
    World again, anew;
    const auto session = again.connect(), other = anew.connect();
    std::array<std::string, 4> answers, expected;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        answers[i] = again.ask(session, token_request());
        expected[i] = anew.ask(other, token_request(std::to_string(i)));  // a header that decides nothing
    }
    CHECK(again.read == 2);  // the first is asked of the vault, the second finds its decision
    CHECK(anew.read == 4);
    const auto without_date = [](std::string answer) { return answer.erase(answer.find("Date: "), 37); };
    for (std::size_t i = 0; i < answers.size(); ++i) {
        CHECK(holds(answers[i], "T1"));
        CHECK(without_date(answers[i]) == without_date(expected[i]));
    }
    for (World* world : {&again, &anew}) {
        world->loop.stop();
        CHECK(world->vault.asked.size() == 1);
        CHECK(world->uses() == 3);
        CHECK(world->desk.counters->tokens_repeated == 3);
        CHECK(world->desk.counters->tokens_decided == 1);
        CHECK(world->desk.counters->token.answers == std::map<int, std::uint64_t>{{200, 4}});
    }
}

TEST_CASE("repeated request: told with what is left of its life") {
    World world;
    const auto session = world.after_one();
    world.on_loop([&] { world.clock.advance(30s); });
    const auto answer = world.ask(session, token_request());
    CHECK(world.read == 0);
    CHECK(answer.find(R"("expires_in":870)") != std::string::npos);
    CHECK(answer.find("Jeton-Epoch: inst 1 570\r\n") != std::string::npos);
}

TEST_CASE("repeated request: what differs is read") {
    World world;
    const auto session = world.after_one();
    CHECK(holds(world.ask(session, token_request("2")), "T1"));
    CHECK(world.read == 1);
    CHECK(holds(world.ask(session, token_request("2", "/token", "&connection=b/t@e")), "T2"));
    CHECK(world.read == 2);
    CHECK(holds(world.ask(session, token_request("2", "/integration/token", "&connection=b/t@e")), "T3"));
    CHECK(world.read == 3);
    CHECK(holds(world.ask(session, token_request("2", "/token", "&connection=c/t@e")), "T4"));
}

TEST_CASE("repeated request: whatever was asked in between, it gets its own answer") {
    World world;
    const auto session = world.after_one();
    CHECK(statuses(world.ask(session, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")) == std::vector{200});
    CHECK(holds(world.ask(session, token_request()), "T1"));
    CHECK(holds(world.ask(session, token_request("1", "/token", "&connection=b/t@e")), "T2"));
    CHECK(holds(world.ask(session, token_request()), "T1"));
    CHECK(holds(world.ask(session, token_request("1", "/token", "&connection=b/t@e")), "T2"));
    CHECK(world.vault.asked.size() == 2);
}

TEST_CASE("repeated request: those of many connections are known, in every session of the user") {
    World world;
    const auto session = world.connect(), other = world.connect();
    const auto of = [](int number) { return token_request("1", "/token", "&connection=c" + std::to_string(number)); };
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 20; ++i) (void)world.ask(session, of(i));
    }
    world.read = 0;
    for (int i = 0; i < 20; ++i) {
        CHECK(holds(world.ask(session, of(i)), "T" + std::to_string(i + 1)));
        CHECK(holds(world.ask(other, of(i)), "T" + std::to_string(i + 1)));
    }
    CHECK(world.read == 0);
}

TEST_CASE("repeated request: where none came again for long, few are looked for, until one is known") {
    World world;
    const auto session = world.connect();
    for (std::uint32_t i = 0; i <= Recurrence::patience; ++i)
        (void)world.ask(session, token_request(std::to_string(i)));
    world.read = 0;
    for (int i = 0; i < 2; ++i) CHECK(holds(world.ask(session, token_request("again")), "T1"));
    CHECK(world.read == 2);
    for (std::uint32_t i = 0; i < 2 * Recurrence::sample; ++i) (void)world.ask(session, token_request("again"));
    world.read = 0;
    for (std::uint32_t i = 0; i < 2 * Recurrence::sample; ++i) (void)world.ask(session, token_request("again"));
    CHECK(world.read == 0);
    (void)world.ask(session, token_request("another"));
    (void)world.ask(session, token_request("another"));
    CHECK(world.read == 1);
}

TEST_CASE("repeated request: one that ends its session is read, and ends it") {
    World world;
    auto request = token_request();
    request.insert(request.find("X-Number"), "Connection: close\r\n");
    for (int i = 0; i < 4; ++i) {
        const auto session = world.connect();
        const auto said = exchange(session.get(), request);
        CHECK(holds(said, "T1"));
        CHECK(said.find("Connection: close\r\n") != std::string::npos);
    }
    CHECK(world.read == 4);
}

TEST_CASE("repeated request: its bytes are not taken for those that came in place of it while it was read") {
    World world;
    CallingProcess caller;
    const auto one = token_request("1"), two = token_request("2", "/token", "&connection=b/t@e");
    const auto responder = token_socket(world.desk)({.socket = caller.socket()});
    const auto first = as_read(one), second = as_read(two);
    for (const auto* asked : {&first, &second}) (void)run(responder->answer(*asked));
    // Of the second only a beginning had come, as long as the first is: nothing is known by it.
    CHECK_FALSE(responder->answer_repeated(two.substr(0, one.size())).has_value());
    CHECK(responder->answer_now(second).has_value());
    CHECK_FALSE(responder->answer_repeated(two.substr(0, one.size())).has_value());
    // The print of a request is used once.
    CHECK_FALSE(responder->answer_repeated(two).has_value());
    CHECK(responder->answer_now(second).has_value());
    auto longer = first;
    longer.raw = two;
    CHECK(responder->answer_now(longer).has_value());
    const auto again = responder->answer_repeated(two);
    REQUIRE(again.has_value());
    CHECK(holds(*again->bytes, "T2"));
}

TEST_CASE("repeated request: sent together, with others among them, answered in their order") {
    World world;
    const auto session = world.after_one();
    const auto other = token_request("1", "/token", "&connection=b/t@e");
    const auto one = token_request();
    std::string all;
    for (int i = 0; i < 50; ++i) all += one + one + other + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto said = exchange(session.get(), all);
    CHECK(statuses(said) == std::vector(200, 200));
    std::string order;
    for (auto at = said.find("HTTP/1.1"); at != std::string::npos; at = said.find("HTTP/1.1", at + 1)) {
        const auto answer = said.substr(at, said.find("HTTP/1.1", at + 1) - at);
        order += holds(answer, "T1") ? '1' : holds(answer, "T2") ? '2' : 'h';
    }
    std::string expected;
    for (int i = 0; i < 50; ++i) expected += "112h";
    CHECK(order == expected);
    CHECK(world.vault.asked.size() == 2);
}

TEST_CASE("repeated request: it may come in pieces") {
    World world;
    const auto session = world.after_one();
    const auto request = token_request();
    for (const std::size_t cut : {1UZ, 20UZ, request.size() - 1}) {
        write_all(session.get(), request.substr(0, cut));
        std::this_thread::sleep_for(20ms);
        CHECK(holds(world.ask(session, request.substr(cut)), "T1"));
    }
    CHECK(world.vault.asked.size() == 1);
}

TEST_CASE("repeated request: ends with its decision, whatever ends that") {
    World world;
    const auto session = world.after_one();
    CHECK(holds(world.ask(session, token_request()), "T1"));
    CHECK(world.read == 0);
    // Disabling, pausing, rotating, a role or binding less: every change of what is allowed grows the epoch.
    SUBCASE("a change") { world.enter({"inst", 2}); }
    SUBCASE("another start of the vault") { world.enter({"other", 1}); }
    SUBCASE("its time for reuse is over") {
        world.on_loop([&] { world.clock.advance(600s); });
    }
    SUBCASE("a clock was turned") {
        world.on_loop([&] { world.clock.wall += 600s; });
    }
    SUBCASE("its token was replaced") {
        world.on_loop([&] { world.decisions.drop_connection("a/t@e"); });
    }
    CHECK(holds(world.ask(session, token_request()), "T2"));
    CHECK(world.read == 1);
    CHECK(world.vault.asked.size() == 2);
}

TEST_CASE("repeated request: what is refused from now on is refused, and so is everything of a sealed store") {
    World world;
    const auto session = world.after_one();
    SUBCASE("disabled") {
        world.enter({"inst", 2});
        world.vault.script = [](const ScriptedVault::Asked&) {
            return refused(refuse(Errc::unauthorized_client, "the connection is disabled", "ask"));
        };
        CHECK(statuses(world.ask(session, token_request())) == std::vector{400});
    }
    SUBCASE("sealed") {
        world.enter({});
        world.vault.script = [](const ScriptedVault::Asked&) { return refused(refuse(Errc::sealed, "sealed", "ask")); };
        CHECK(statuses(world.ask(session, token_request())) == std::vector{503});
    }
    CHECK(world.vault.asked.size() == 2);
}

TEST_CASE("repeated request: what is never answered out of memory is read each time") {
    for (const char* more : {"&rejected_token=x", "&min_ttl=5",
                             "&client_assertion=a.b.c&client_assertion_type="
                             "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}) {
        World world;
        const auto session = world.connect();
        for (int i = 0; i < 3; ++i) (void)world.ask(session, token_request("1", "/token", more));
        CHECK(world.read == 3);
        CHECK(world.vault.asked.size() == 3);
    }
}

TEST_CASE("T12: repeated request: what came before its sender was attested anew is not known as the new one's") {
    World world;
    CallingProcess caller;
    const auto request = token_request();
    const auto read = as_read(request);
    const auto session = [&] { return token_socket(world.desk)({.socket = caller.socket()}); };
    world.vault.attest.groups = true;
    CHECK(status_of(run(session()->answer(read))) == 200);  // decided for somebody with these groups
    world.vault.attest.groups = false;
    const auto responder = session();
    CHECK_FALSE(responder->answer_repeated(request).has_value());
    world.vault.attest.groups = true;  // a binding for a group was added, and the rest of the request came behind it
    CHECK(responder->answer_now(read).has_value());
    world.vault.attest.groups = false;
    CHECK_FALSE(session()->answer_repeated(request).has_value());
}

TEST_CASE("T12: a repeated request ends with the attestation of who sends it") {
    World world;
    CallingProcess caller;
    const auto request = token_request();
    const auto read = as_read(request);
    const auto responder = token_socket(world.desk)({.socket = caller.socket()});
    CHECK_FALSE(responder->answer_repeated(request).has_value());
    CHECK_FALSE(responder->answer_now(read).has_value());
    CHECK(status_of(run(responder->answer(read))) == 200);
    CHECK_FALSE(responder->answer_repeated(request).has_value());  // nothing was repeated yet
    CHECK(responder->answer_now(read).has_value());
    CHECK(responder->answer_repeated(request).has_value());
    CHECK_FALSE(responder->answer_repeated(request + "and more").has_value());
    SUBCASE("more is asked of peers") {
        world.vault.attest.groups = true;
        CHECK_FALSE(responder->answer_repeated(request).has_value());
        CHECK_FALSE(responder->answer_now(read).has_value());
    }
    SUBCASE("after 60 s it is attested anew") {
        world.clock.advance(60s);
        CHECK(responder->answer_repeated(request).has_value());
    }
    SUBCASE("after 60 s it has ended") {
        caller.end();
        world.clock.advance(60s);
        CHECK_FALSE(responder->answer_repeated(request).has_value());
        CHECK(responder->admit()->status == 403);
        CHECK_FALSE(responder->answer_repeated(request).has_value());
    }
}

}  // namespace jeton::front::test
