/// Tools of the front's tests: a clock turned by hand, socket pairs, a server on its own thread, a vault that answers
/// by script.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/unique_fd.hpp"
#include "daemon/front/http/responder.hpp"
#include "daemon/front/http/server.hpp"
#include "daemon/front/routes/desk.hpp"

namespace jeton::front::test {

class HandClock final : public Clock {
public:
    [[nodiscard]] UtcSeconds now() const override { return wall; }
    [[nodiscard]] BootTime boot_time() const override { return boot; }
    void advance(std::chrono::seconds time) {
        wall += time;
        boot += time;
    }
    UtcSeconds wall{std::chrono::seconds{1'800'000'000}};
    BootTime boot{std::chrono::hours{1}};
};

[[nodiscard]] std::pair<UniqueFd, UniqueFd> socket_pair();

/// Writes everything and reads until the other side has nothing more to say (at most five seconds).
[[nodiscard]] std::string exchange(int socket, std::string_view bytes);
[[nodiscard]] std::string read_to_end(int socket);
void write_all(int socket, std::string_view bytes);

/// The statuses of the answers in `bytes`, in their order.
[[nodiscard]] std::vector<int> statuses(std::string_view bytes);

/// Runs an io_context on its own thread; what is made with `build` lives there.
class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    asio::io_context& context() { return context_; }
    void start();
    void stop();

private:
    asio::io_context context_{1};
    asio::executor_work_guard<Executor> work_;
    std::thread thread_;
};

/// A peer that nothing attested, as if at the first moment of a HandClock.
[[nodiscard]] Peer some_peer(uid_t uid = 1000);

/// Answers each question by a function and remembers it.
class ScriptedVault final : public Vault {
public:
    struct Asked {
        std::string verb;
        std::string socket;
        std::string body;  ///< JSON
        std::string peer;  ///< JSON
        std::chrono::seconds patience{};
    };
    [[nodiscard]] Task<Answer> ask(Question question) override;
    [[nodiscard]] std::string_view state() const override { return "unsealed"; }
    [[nodiscard]] Details attests() const override { return attest; }

    Details attest{};
    std::function<Answer(const Asked&)> script;
    std::vector<Asked> asked;
};

[[nodiscard]] Answer done(std::string_view json_text, Era era = {"inst", 1});
[[nodiscard]] Answer refused(Error error);

/// What a route of the control socket is given.
struct ControlDesk {
    HandClock clock;
    ScriptedVault vault;
    DecisionCache decisions{clock};
    EpochPageWriter page;
    Desk desk{.clock = clock, .vault = vault, .decisions = decisions, .page = page};
    Caller caller{.socket = -1, .peer = some_peer(), .socket_name = "control"};
};

/// Runs one coroutine to its end.
[[nodiscard]] Response run(Task<Response> task);
[[nodiscard]] std::string body_of(const Response& response);
[[nodiscard]] int status_of(const Response& response);

}  // namespace jeton::front::test
