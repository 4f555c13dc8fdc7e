// libjeton as a program sees it, against a daemon of the test's own.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "libclient/include/jeton/jeton.h"
#include "tests/unit/libclient/library/fake_daemon.hpp"

namespace jeton::library {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Daemon;
using testing::Page;
using testing::token_answer;
using Clock = std::chrono::steady_clock;

/// What one call came to.
struct Got {
    int code = JETON_OK;
    std::unique_ptr<jeton_token, decltype(&jeton_token_free)> token{nullptr, jeton_token_free};
    std::unique_ptr<jeton_error, decltype(&jeton_error_free)> error{nullptr, jeton_error_free};

    [[nodiscard]] std::string text() const { return token ? jeton_token_text(token.get()) : ""; }
    [[nodiscard]] std::string what() const { return jeton_error_what(error.get()); }
    [[nodiscard]] std::string next() const { return jeton_error_next(error.get()); }
    [[nodiscard]] std::string word() const { return jeton_error_word(error.get()); }
};

class Opened {
public:
    explicit Opened(const std::string& directory, std::uint32_t flags = 0) {
        jeton_options options = JETON_OPTIONS_INIT;
        options.directory = directory.c_str();
        options.flags = flags;
        REQUIRE(jeton_open(&options, &client_, nullptr) == JETON_OK);
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    ~Opened() { jeton_close(client_); }

    [[nodiscard]] Got get(int timeout_ms = 5000, jeton_request wish = JETON_REQUEST_INIT) const {
        if (wish.connection == nullptr) wish.connection = "app/1@e";
        jeton_token* token = nullptr;
        jeton_error* error = nullptr;
        Got got;
        got.code = jeton_token_get(client_, &wish, timeout_ms, &token, &error);
        got.token.reset(token);
        got.error.reset(error);
        return got;
    }
    [[nodiscard]] jeton_client* client() const { return client_; }

private:
    jeton_client* client_ = nullptr;
};

/// A new token for each request, decided at the epoch that the page says.
struct World {
    std::atomic<std::uint64_t> epoch = 7;
    std::atomic<int> seconds = 600;
    std::atomic<int> made = 0;
    Daemon daemon{[this](std::string_view) { return token_answer("t" + std::to_string(++made), epoch, seconds); }};
    Page page{daemon.directory()};
    World() { page.say(7); }
};

TEST_CASE("libjeton: a token that was fetched is handed out again while the page says so") {
    World world;
    const Opened jeton{world.daemon.directory()};
    const auto first = jeton.get();
    REQUIRE(first.code == JETON_OK);
    CHECK(first.text() == "t1");
    CHECK(jeton_token_expires_in(first.token.get()) >= 890);
    CHECK(std::string{jeton_token_scope(first.token.get())} == "a b");
    CHECK(jeton_token_app_key(first.token.get()) == nullptr);
    CHECK(jeton_token_holds(first.token.get()) == 1);
    CHECK(jeton.get(0).text() == "t1");
    CHECK(world.daemon.requests() == 1);

    SUBCASE("another epoch: it is asked for again") {
        world.page.say(8);
        CHECK(jeton_token_holds(first.token.get()) == 0);
        CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
        world.epoch = 8;
        CHECK(jeton.get().text() == "t2");
        CHECK(jeton.get(0).text() == "t2");
    }
    SUBCASE("a daemon that is gone for more than three seconds") {
        world.page.grow_old(3'100'000'000);
        CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
    }
    SUBCASE("a daemon whose clock is ahead") {
        world.page.grow_old(static_cast<std::uint64_t>(-10'000'000'000));
        CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
    }
    SUBCASE("a void page: it says nothing, until there is another one") {
        world.page.end();
        CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
        const auto second = jeton.get();
        CHECK(second.text() == "t2");
        CHECK(jeton_token_holds(second.token.get()) == 0);
        ::unlink((world.daemon.directory() + "/page/epoch").c_str());
        Page fresh{world.daemon.directory()};
        fresh.say(7);
        CHECK(jeton.get().text() == "t3");
        CHECK(jeton.get(0).text() == "t3");
    }
    SUBCASE("forgotten") {
        jeton_forget(jeton.client());
        CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
        CHECK(first.text() == "t1");
    }
    SUBCASE("the change is told once") {
        CHECK(jeton_changed(jeton.client()) == 0);
        world.page.say(8);
        CHECK(jeton_changed(jeton.client()) == 1);
        CHECK(jeton_changed(jeton.client()) == 0);
    }
    SUBCASE("the change is told though another token has taken the place of the one that ended") {
        world.page.say(8);
        world.epoch = 8;
        CHECK(jeton.get().text() == "t2");
        CHECK(jeton_changed(jeton.client()) == 1);
        CHECK(jeton_changed(jeton.client()) == 0);
        CHECK(jeton.get(0).text() == "t2");
    }
    SUBCASE("another wish is another token") {
        jeton_request wish = JETON_REQUEST_INIT;
        wish.scope = "a";
        CHECK(jeton.get(5000, wish).text() == "t2");
        CHECK(jeton.get(0).text() == "t1");
        CHECK(jeton.get(0, wish).text() == "t2");
    }
    SUBCASE("the rejected one is not handed out to who rejected it") {
        jeton_request wish = JETON_REQUEST_INIT;
        wish.rejected_token = "t1";
        CHECK(jeton.get(0, wish).code == JETON_E_TIMEOUT);
        CHECK(jeton.get(0).text() == "t1");
        CHECK(jeton.get(5000, wish).text() == "t2");
        CHECK(jeton.get(0).text() == "t2");
        CHECK(world.daemon.asked().back().contains("&rejected_token=t1"));
    }
    SUBCASE("more life than it has left") {
        jeton_request wish = JETON_REQUEST_INIT;
        wish.min_ttl = 901;
        CHECK(jeton.get(5000, wish).text() == "t2");
        CHECK(world.daemon.asked().back().contains("&min_ttl=901"));
        wish.min_ttl = 800;
        CHECK(jeton.get(0, wish).text() == "t2");
    }
}

TEST_CASE("libjeton: the seconds of Jeton-Epoch end the reuse, whatever the page says") {
    World world;
    world.seconds = 1;
    const Opened jeton{world.daemon.directory()};
    REQUIRE(jeton.get().text() == "t1");
    CHECK(jeton.get(0).text() == "t1");
    std::this_thread::sleep_for(1100ms);
    world.page.say(7);
    CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
    world.seconds = 0;
    REQUIRE(jeton.get().text() == "t2");
    CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
}

TEST_CASE("libjeton: an answer that was decided before the last change is handed on and not kept") {
    World world;
    world.page.say(8);
    const Opened jeton{world.daemon.directory()};
    CHECK(jeton.get().text() == "t1");
    CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
}

TEST_CASE("libjeton: without the page every call asks, over one session") {
    World world;
    const Opened jeton{world.daemon.directory(), JETON_NO_PAGE};
    CHECK(jeton.get().text() == "t1");
    CHECK(jeton.get().text() == "t2");
    CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
    CHECK(world.daemon.sessions() == 1);
    int fd = 0;
    CHECK(jeton_change_fd(jeton.client(), &fd, nullptr) == JETON_E_INVALID);
    CHECK(fd == -1);
}

TEST_CASE("libjeton: a page that others may write to is not believed") {
    World world;
    ::chmod((world.daemon.directory() + "/page").c_str(), 0777);
    const Opened jeton{world.daemon.directory()};
    CHECK(jeton.get().code == JETON_OK);
    CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
}

TEST_CASE("libjeton: a session that the daemon closed meanwhile is opened again, unseen by the caller") {
    World world;
    const Opened jeton{world.daemon.directory(), JETON_NO_PAGE};
    REQUIRE(jeton.get().text() == "t1");
    world.daemon.hang_up();
    CHECK(jeton.get().text() == "t2");
    CHECK(world.daemon.sessions() == 2);
}

TEST_CASE("libjeton: a daemon that hangs up on the request itself is asked again over a new session, once") {
    std::vector<std::string> told{token_answer("t1", 7), std::string{testing::hang_up_now}, token_answer("t2", 7)};
    std::size_t next = 0;
    Daemon daemon{[&](std::string_view) { return told[next++]; }};
    const Opened jeton{daemon.directory(), JETON_NO_PAGE};
    REQUIRE(jeton.get().text() == "t1");
    CHECK(jeton.get().text() == "t2");
    CHECK(daemon.sessions() == 2);

    told = {std::string{testing::hang_up_now}};
    next = 0;
    jeton_forget(jeton.client());
    CHECK(jeton.get().code == JETON_E_ANSWER);
}

TEST_CASE("libjeton: a daemon that says nothing costs the deadline, no more, and the next call has its own") {
    Daemon silent{[](std::string_view) { return std::string{}; }};
    const Opened jeton{silent.directory()};
    const auto begun = Clock::now();
    const auto got = jeton.get(150);
    CHECK(got.code == JETON_E_TIMEOUT);
    CHECK(got.next().contains("jeton status"));
    CHECK(Clock::now() - begun >= 150ms);
    CHECK(Clock::now() - begun < 2s);
    CHECK(jeton.get(0).code == JETON_E_TIMEOUT);
    CHECK(jeton.get(-1).code == JETON_E_INVALID);
}

TEST_CASE("libjeton: threads that ask at once share one request") {
    std::atomic<int> made = 0;
    Daemon slow{[&](std::string_view) {
        std::this_thread::sleep_for(200ms);
        return token_answer("t" + std::to_string(++made), 7);
    }};
    const auto asked_by_eight = [&](const Opened& jeton) {
        std::vector<std::string> texts(8);
        {
            std::vector<std::jthread> threads;
            for (auto& text : texts) threads.emplace_back([&] { text = jeton.get().text(); });
        }
        return texts;
    };
    SUBCASE("one, where the page says that it still holds when it lands") {
        Page page{slow.directory()};
        page.say(7);
        const Opened jeton{slow.directory()};
        for (const auto& text : asked_by_eight(jeton)) CHECK(text == "t1");
        CHECK(slow.requests() == 1);
    }
    SUBCASE("without a page: who asked after it began waits for the next one, so two") {
        const Opened jeton{slow.directory(), JETON_NO_PAGE};
        for (const auto& text : asked_by_eight(jeton)) CHECK_MESSAGE((text == "t1" || text == "t2"), text);
        CHECK(slow.requests() <= 3);
    }
    SUBCASE("without a page nobody gets what was asked before") {
        const Opened jeton{slow.directory(), JETON_NO_PAGE};
        std::jthread first{[&] { CHECK(jeton.get().text() == "t1"); }};
        while (slow.requests() == 0) std::this_thread::sleep_for(1ms);
        CHECK(jeton.get().text() == "t2");
    }
    SUBCASE("a caller's own deadline is its own") {
        const Opened jeton{slow.directory(), JETON_NO_PAGE};
        std::jthread impatient{[&] { CHECK(jeton.get(50).code == JETON_E_TIMEOUT); }};
        std::this_thread::sleep_for(10ms);
        CHECK(jeton.get().code == JETON_OK);
    }
}

TEST_CASE("libjeton: what the daemon refuses is told with its word, what happened and what to do") {
    const auto refusal = [](std::string_view status, std::string_view word, std::string_view fields = {}) {
        return answer(R"({"error":")" + std::string{word} + R"(","error_description":"why it is so"})", fields, status);
    };
    std::string told;
    Daemon daemon{[&](std::string_view) { return told; }};
    const Opened jeton{daemon.directory()};

    told = refusal("401 Unauthorized", "invalid_client");
    auto got = jeton.get();
    CHECK(got.code == JETON_E_REFUSED);
    CHECK(got.word() == "invalid_client");
    CHECK(got.what() == "why it is so");
    CHECK(got.next() == "jeton explain app/1@e");
    CHECK(jeton_error_retry_after(got.error.get()) == -1);

    told = refusal("503 Service Unavailable", "temporarily_unavailable", "Retry-After: 30\r\n");
    got = jeton.get();
    CHECK(got.code == JETON_E_UNAVAILABLE);
    CHECK(jeton_error_retry_after(got.error.get()) == 30);

    for (const auto& broken : {answer("{}"), answer("[]"), answer("nonsense"), answer(R"({"access_token":"a b"})"),
                               answer("{}", {}, "500 Internal Server Error"), std::string{"HTTP/1.0 200 OK\r\n\r\n"},
                               token_answer("t", 7).replace(9, 3, "999")}) {
        told = broken;
        got = jeton.get();
        CHECK_MESSAGE(got.code == JETON_E_ANSWER, broken);
        CHECK_FALSE(got.what().empty());
    }
}

TEST_CASE("libjeton: T14 a directory that others may write to gets no byte") {
    World world;
    ::chmod(world.daemon.directory().c_str(), 0777);
    const Opened jeton{world.daemon.directory()};
    const auto got = jeton.get();
    CHECK(got.code == JETON_E_UNTRUSTED);
    CHECK(got.what().contains("0777"));
    CHECK(world.daemon.sessions() == 0);
}

TEST_CASE("libjeton: what cannot be asked is refused before anything is sent") {
    World world;
    const Opened jeton{world.daemon.directory()};
    jeton_request wish = JETON_REQUEST_INIT;
    const auto refused = [&](std::string_view word) {
        const auto got = jeton.get(5000, wish);
        CHECK(got.code == JETON_E_INVALID);
        CHECK_MESSAGE(got.what().contains(word), got.what());
        wish = JETON_REQUEST_INIT;
    };
    wish.connection = "a\nb";
    refused("connection");
    wish.environment = "e";
    refused("both");
    wish.min_ttl = 86'401;
    refused("min_ttl");
    wish.size = 3;
    refused("not set up");
    wish.flags = 1;
    refused("libjeton");
    const std::string long_text(20'000, 'x');
    wish.rejected_token = long_text.c_str();
    refused("16 KiB");
    CHECK(world.daemon.requests() == 0);

    jeton_client* client = nullptr;
    jeton_options options = JETON_OPTIONS_INIT;
    options.flags = 0x80;
    CHECK(jeton_open(&options, &client, nullptr) == JETON_E_INVALID);
    CHECK(client == nullptr);
    CHECK(jeton_open(nullptr, nullptr, nullptr) == JETON_E_INVALID);
    jeton_close(nullptr);
    jeton_token_free(nullptr);
    jeton_error_free(nullptr);
    CHECK(jeton_error_code(nullptr) == JETON_OK);
}

TEST_CASE("libjeton: a request of a later release is taken where it asks for nothing new") {
    World world;
    const Opened jeton{world.daemon.directory()};
    struct Later {
        jeton_request known;
        const char* unknown;
    } later{JETON_REQUEST_INIT, nullptr};
    later.known.size = sizeof later;
    jeton_token* token = nullptr;
    CHECK(jeton_token_get(jeton.client(), &later.known, 5000, &token, nullptr) == JETON_OK);
    jeton_token_free(token);
    later.unknown = "x";
    CHECK(jeton_token_get(jeton.client(), &later.known, 5000, &token, nullptr) == JETON_E_INVALID);
}

TEST_CASE("libjeton: a child process starts anew") {
    World world;
    const Opened jeton{world.daemon.directory()};
    const auto parents = jeton.get();
    REQUIRE(parents.text() == "t1");
    const auto child = ::fork();
    if (child == 0) {
        const bool anew = jeton_token_holds(parents.token.get()) == 0 && jeton.get(0).code == JETON_E_TIMEOUT &&
                          jeton.get().text() == "t2" && jeton.get(0).text() == "t2" && parents.text() == "t1";
        ::_exit(anew ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(jeton.get(0).text() == "t1");
    CHECK(world.daemon.sessions() == 2);
}

TEST_CASE("libjeton: a thread that is to be cancelled goes through every function whole, and is cancelled outside") {
    World world;
    struct Shared {
        jeton_client* client = nullptr;
        std::atomic<int> done = 0;
    } shared;
    jeton_options options = JETON_OPTIONS_INIT;
    options.directory = world.daemon.directory().c_str();
    REQUIRE(jeton_open(&options, &shared.client, nullptr) == JETON_OK);
    pthread_t thread{};
    const auto work = [](void* given) -> void* {
        auto& [client, done] = *static_cast<Shared*>(given);
        jeton_request wish = JETON_REQUEST_INIT;
        jeton_token* token = nullptr;
        int fd = -1;
        ::pthread_cancel(::pthread_self());
        done += jeton_token_get(client, &wish, 5000, &token, nullptr) == JETON_OK ? 1 : 0;
        done += jeton_change_fd(client, &fd, nullptr) == JETON_OK ? 1 : 0;
        done += jeton_changed(client) == 0 ? 1 : 0;
        jeton_token_free(token);
        jeton_forget(client);
        jeton_close(client);
        done += 1;
        ::pthread_testcancel();
        done += 1;
        return nullptr;
    };
    REQUIRE(::pthread_create(&thread, nullptr, work, &shared) == 0);
    void* ended = nullptr;
    REQUIRE(::pthread_join(thread, &ended) == 0);
    CHECK(ended == PTHREAD_CANCELED);
    CHECK(shared.done == 4);
}

TEST_CASE("libjeton: a child that is to be cancelled starts anew all the same") {
    World world;
    const Opened jeton{world.daemon.directory()};
    REQUIRE(jeton.get().text() == "t1");
    const auto child = ::fork();
    if (child == 0) {
        ::pthread_cancel(::pthread_self());
        const bool none = jeton_changed(jeton.client()) == 0;
        ::_exit(none ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

/// All memory that malloc gives, until it ends.
class Hoard {
public:
    Hoard() {
        for (std::size_t size = 1U << 20U; size >= sizeof(void*); size /= 2) {
            while (void* room = std::malloc(size)) {
                *static_cast<void**>(room) = last_;
                last_ = room;
            }
        }
    }
    Hoard(const Hoard&) = delete;
    Hoard& operator=(const Hoard&) = delete;
    ~Hoard() {
        while (last_ != nullptr) std::free(std::exchange(last_, *static_cast<void**>(last_)));
    }

private:
    void* last_ = nullptr;
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MEMORY  // which cannot be kept from them
#endif
#endif

#ifndef OWN_MEMORY
TEST_CASE("libjeton: a child without memory says so, and starts anew once there is some") {
    World world;
    const Opened jeton{world.daemon.directory()};
    REQUIRE(jeton.get().text() == "t1");
    const auto child = ::fork();
    if (child == 0) {
        ::alarm(20);  // a call that never comes back is no answer
        const rlimit no_more{0, RLIM_INFINITY};
        ::setrlimit(RLIMIT_AS, &no_more);
        jeton_request wish = JETON_REQUEST_INIT;
        wish.connection = "app/1@e";
        jeton_token* token = nullptr;
        bool said = false;
        {
            const Hoard all;
            said = jeton_token_get(jeton.client(), &wish, 5000, &token, nullptr) == JETON_E_MEMORY &&
                   jeton_token_get(jeton.client(), &wish, 5000, &token, nullptr) == JETON_E_MEMORY;
        }
        const rlimit usual{RLIM_INFINITY, RLIM_INFINITY};
        ::setrlimit(RLIMIT_AS, &usual);
        ::_exit(said && jeton.get().text() == "t2" ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
#endif

TEST_CASE("libjeton: a child of a process whose other thread is asking is not held up by it") {
    std::atomic<bool> asked = false;
    Daemon slow{[&](std::string_view) {
        if (asked.exchange(true)) return token_answer("quick", 7);
        std::this_thread::sleep_for(700ms);
        return token_answer("slow", 7);
    }};
    const Opened jeton{slow.directory()};
    std::jthread other{[&] { CHECK(jeton.get().text() == "slow"); }};
    while (!asked) std::this_thread::sleep_for(5ms);
    const auto child = ::fork();
    if (child == 0) ::_exit(jeton.get(500).text() == "quick" ? 0 : 1);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

}  // namespace
}  // namespace jeton::library
