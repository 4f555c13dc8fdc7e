#include "libclient/library/sessions.hpp"

#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "libclient/library/wish.hpp"
#include "tests/unit/libclient/library/fake_daemon.hpp"

namespace jeton::library {
namespace {

using namespace std::chrono_literals;
using testing::Daemon;
using testing::token_answer;

client::Result<Sessions::Answered> ask(Sessions& sessions) {
    return sessions.ask(request_of(Wish{}), std::chrono::steady_clock::now() + 5s, ::geteuid());
}

TEST_CASE("sessions: a preferred directory that is not to be trusted is told of, not passed over") {
    Daemon theirs{[](std::string_view) { return token_answer("theirs", 7); }};
    ::chmod(theirs.directory().c_str(), 0777);
    Daemon systems{[](std::string_view) { return token_answer("ours", 7); }};

    Sessions sessions{{theirs.directory(), systems.directory()}};
    const auto answered = ask(sessions);
    REQUIRE_FALSE(answered);
    CHECK(answered.error().fault == client::Fault::untrusted);
    CHECK(theirs.sessions() + systems.sessions() == 0);
}

TEST_CASE("sessions: who answered first is asked from then on") {
    const client::testing::Scratch empty;
    Daemon systems{[](std::string_view) { return token_answer("t", 7); }};
    Sessions sessions{{empty.path(), systems.directory()}};
    REQUIRE(ask(sessions));
    const auto late = client::testing::listening(empty.path() + "/token.sock");
    sessions.clear();
    const auto answered = ask(sessions);
    REQUIRE(answered);
    CHECK(answered->directory == systems.directory());
}

}  // namespace
}  // namespace jeton::library
