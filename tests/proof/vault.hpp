/// The vault at work, as its own `main` sets it up, without sockets: files in a directory, real cryptography, time
/// turned by hand. The test plays the front.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "daemon/base/clock.hpp"
#include "daemon/base/config.hpp"
#include "daemon/vault/desk.hpp"
#include "daemon/vault/store/engine.hpp"
#include "daemon/vault/store/store.hpp"

namespace jeton::vault {

/// The doors into an open store that tests have.
struct StoreProbe {
    static Engine& engine(Store& store) { return *store.engine_; }
};
struct DatabaseProbe {
    /// As a killed process: what closes it writes nothing.
    static void leave_files(Database& database);
};

}  // namespace jeton::vault

namespace jeton::proof {

namespace json = boost::json;

class HandClock final : public Clock {
public:
    [[nodiscard]] UtcSeconds now() const override { return wall; }
    [[nodiscard]] BootTime boot_time() const override { return boot; }

    UtcSeconds wall{std::chrono::seconds{1'800'000'000}};
    BootTime boot{std::chrono::seconds{1000}};
};

/// Who asks.
struct Person {
    std::int64_t uid = 0;
    std::string_view name;
};

struct Question {
    Person who;
    std::string verb;
    json::object body;
};

/// `error` is empty where it was done.
struct Answer {
    std::string error;
    std::string what;
    json::value done;

    [[nodiscard]] bool is_done() const { return error.empty(); }
    [[nodiscard]] const std::string& word() const;  ///< `done`, or the error's name
};

/// The directories of a vault: `state`, `anchor`, `keys`. Removed with it.
class Place {
public:
    Place();
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    [[nodiscard]] Config config() const;

private:
    std::filesystem::path directory_;
};

/// From start to end. Destroyed without `end` it has been killed: nothing is written.
class Vault {
public:
    Vault(const Place& place, const Clock& clock);
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// All in one turn of the loop. An answer for each question, in their order.
    std::vector<Answer> ask(const std::vector<Question>& questions);
    Answer ask(Question question) { return std::move(ask(std::vector{std::move(question)}).front()); }
    void tick() { (void)desk().tick(); }
    /// As after SIGTERM.
    void end();

    /// What a listing shows this person, whole, without writing anything.
    Answer see(const Person& who, std::string_view verb, const json::object& body = {});
    /// Runs `f(Transaction&)` and keeps nothing of it.
    template <class F>
    auto look(F&& f) {
        auto group = store_.group();
        return group.attempt(std::forward<F>(f));
    }
    /// Every row of every table, as the database has it, but the sealed state, which is another one with each commit.
    [[nodiscard]] std::string dump();
    [[nodiscard]] vault::Store& store() { return store_; }
    [[nodiscard]] vault::Room& room() { return *room_; }
    [[nodiscard]] vault::Engine& engine() { return vault::StoreProbe::engine(store_); }
    /// The last entry of the audit and its hash.
    [[nodiscard]] vault::AuditHead head() { return engine().authority.counters().audit; }

private:
    vault::Desk& desk();  ///< from the first question on: who only looks at a store needs none

    Config config_;
    vault::Store store_;
    bool is_ended_ = false;
    std::unique_ptr<vault::Room> room_;
    std::unique_ptr<vault::Desk> desk_;
    std::vector<json::object> sent_;
};

}  // namespace jeton::proof
