#include "daemon/vault/store/key_slots.hpp"

#include <algorithm>
#include <fstream>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "daemon/vault/desk.hpp"
#include "daemon/vault/worker.hpp"
#include "tests/unit/vault/world.hpp"

using namespace jeton;
using namespace jeton::vault;
using namespace jeton::vault::test;

namespace {

constexpr const char* passphrase = "correct horse battery staple";
constexpr const char* other_passphrase = "four wrong words together";

/// A desk whose front is played by the test, with passphrases that cost next to nothing.
struct Vault : World {
    explicit Vault(Desk::Defer defer = {})
        : room{config, clock, store()},
          desk{room, 1000, [this](std::string payload) { sent.push_back(json::parse(payload).as_object()); },
               std::move(defer)} {
        room.stretching = {3, 64};
        desk.greet();
        sent.clear();
    }
    void send(std::string_view verb, json::object body, int id = 1) {
        desk.take({json::serialize(json::value{{"id", id},
                                               {"peer", {{"uid", 1000}, {"gid", 1000}, {"pid", 5}, {"user", "alice"}}},
                                               {"socket", "control"},
                                               {"verb", verb},
                                               {"body", std::move(body)}})});
    }
    /// The answer to it.
    json::object ask(std::string_view verb, json::object body) {
        sent.clear();
        send(verb, std::move(body));
        const auto answer = std::ranges::find_if(sent, [](const auto& frame) { return frame.contains("id"); });
        REQUIRE(answer != sent.end());
        return *answer;
    }
    json::value done(std::string_view verb, json::object body) {
        const auto answer = ask(verb, std::move(body));
        INFO(json::serialize(answer));
        REQUIRE(answer.contains("done"));
        return answer.at("done");
    }
    std::string refused(std::string_view verb, json::object body) {
        const auto answer = ask(verb, std::move(body));
        INFO(json::serialize(answer));
        REQUIRE(answer.contains("refused"));
        return std::string{answer.at("refused").at("error").as_string()};
    }
    std::string recovery_key() {
        return std::string{done("key_slot.add", {{"kind", "recovery"}}).at("recovery_key").as_string()};
    }
    std::size_t slots() { return done("key_slot.list", {}).as_array().size(); }
    std::string key_file(const char* name, const std::string& content) {
        const auto file = directory() / name;
        std::ofstream{file} << content;
        std::filesystem::permissions(file, std::filesystem::perms{0600});
        return file.string();
    }

    Config config;
    Room room;
    std::vector<json::object> sent;
    Desk desk;
};

}  // namespace

TEST_CASE("a front that ends while the worker is busy: what it asked is done, and its answer is no other front's") {
    std::optional<std::pair<std::uint64_t, SlowWork>> deferred;
    Vault vault{[&](std::uint64_t number, SlowWork work) { deferred.emplace(number, std::move(work)); }};
    vault.send("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}}, 7);
    REQUIRE(deferred);
    vault.desk.greet();
    vault.sent.clear();
    vault.desk.worked(deferred->first, do_slow_work(deferred->second));
    CHECK(std::ranges::none_of(vault.sent, [](const auto& frame) { return frame.contains("id"); }));
    CHECK(vault.slots() > 1);
}

TEST_CASE("key slot add: the first that a person can carry needs no proof, every other one does") {
    Vault vault;
    // Nothing to prove with yet, and a key file is none.
    CHECK(vault.refused("key_slot.add", {{"kind", "key-file"}, {"path", vault.key_file("k", std::string(20, 'x'))}}) ==
          "wrong_state");
    const auto key = vault.recovery_key();
    CHECK(vault.slots() == 2);
    CHECK(vault.refused("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}}) == "forbidden");
    CHECK(vault.refused("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}, {"proof", "wrong"}}) ==
          "forbidden");
    CHECK(vault.slots() == 2);
    const auto added = vault.done("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}, {"proof", key}});
    CHECK(added.at("label") == "passphrase");
    CHECK(added.at("portable") == true);
    CHECK_FALSE(added.as_object().contains("recovery_key"));
    // One passphrase proves another.
    vault.done("key_slot.add",
               {{"kind", "passphrase"}, {"passphrase", other_passphrase}, {"proof", passphrase}, {"label", "Bob's"}});
    CHECK(vault.slots() == 4);
}

TEST_CASE("key slot add: what cannot be a slot is refused before anything is changed") {
    Vault vault;
    CHECK(vault.refused("key_slot.add", {{"kind", "passphrase"}, {"passphrase", "too short"}}) == "bad_input");
    CHECK(vault.refused("key_slot.add", {{"kind", "passphrase"}}) == "bad_input");
    CHECK(vault.refused("key_slot.add", {{"kind", "tpm"}}) == "bad_input");
    CHECK(vault.refused("key_slot.add", {{"kind", "recovery"}, {"path", "/x"}}) == "bad_input");
    const auto key = vault.recovery_key();
    const auto add = [&](json::object body) {
        body["proof"] = key;
        return vault.refused("key_slot.add", std::move(body));
    };
    CHECK(add({{"kind", "key-file"}, {"path", "relative"}}) == "bad_input");
    CHECK(add({{"kind", "key-file"}, {"path", vault.key_file("short", "short")}}) == "wrong_state");
    CHECK(add({{"kind", "systemd-credential"}, {"name", "../x"}}) == "bad_input");
    CHECK(add({{"kind", "systemd-credential"}, {"name", "jeton"}}) == "wrong_state");
    CHECK(add({{"kind", "recovery"}}) == "already_exists");
    CHECK(add({{"kind", "recovery"}, {"label", "two\nlines"}}) == "bad_input");
    CHECK(vault.slots() == 2);
    for (int i = 3; i <= 8; ++i) {
        vault.done("key_slot.add", {{"kind", "recovery"}, {"label", "key " + std::to_string(i)}, {"proof", key}});
    }
    CHECK(add({{"kind", "recovery"}, {"label", "key 9"}}) == "wrong_state");
}

TEST_CASE("key slot add: a key file or credential that a restart would not find is warned of") {
    Vault vault;
    const auto key = vault.recovery_key();
    const auto file = vault.key_file("elsewhere", std::string(20, 'x'));
    vault.key_file("jeton", std::string(20, 'y'));
    vault.config.keys.credentials_directory = vault.directory();
    const auto warned = [&](json::object body) {
        body["proof"] = key;
        return json::serialize(vault.done("key_slot.add", std::move(body)).at("warnings"));
    };
    CHECK(warned({{"kind", "key-file"}, {"path", file}}).find("key_file = ") != std::string::npos);
    CHECK(warned({{"kind", "systemd-credential"}, {"name", "jeton"}}).find("credential = ") != std::string::npos);
    vault.config.keys.credential = "jeton";
    CHECK(warned({{"kind", "systemd-credential"}, {"name", "jeton"}, {"label", "again"}}) == "[]");
    const auto trials = vault.done("key_slot.test", {}).as_array();
    REQUIRE(trials.size() == 1);
    CHECK(trials[0].at("tried") == "credential jeton");
    CHECK(trials[0].at("slot").at("kind") == "systemd-credential");
}

TEST_CASE("key slot remove: with proof, never the last that a person can carry; the others open the new root key") {
    Vault vault;
    const auto key = vault.recovery_key();
    vault.done("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}, {"proof", key}});
    const auto removed = vault.run([](Transaction& tx) { return key_slots::list(tx).front(); });  // the key file
    CHECK(vault.refused("key_slot.remove", {{"slot", removed.label}}) == "forbidden");
    CHECK(vault.refused("key_slot.remove", {{"slot", removed.label}, {"proof", "wrong"}}) == "forbidden");
    CHECK(vault.refused("key_slot.remove", {{"slot", "nothing"}, {"proof", key}}) == "not_found");
    CHECK(vault.refused("key_slot.remove", {{"slot", ""}, {"proof", key}}) == "not_found");
    vault.done("key_slot.remove", {{"slot", "recovery key"}, {"proof", passphrase}});
    CHECK(vault.refused("key_slot.remove", {{"slot", "passphrase"}, {"proof", passphrase}}) == "wrong_state");
    CHECK(vault.slots() == 2);  // the key file would be left, but nobody could prove anything
    vault.done("key_slot.remove", {{"slot", removed.id.text.substr(0, 8)}, {"proof", passphrase}});
    CHECK(vault.refused("key_slot.remove", {{"slot", "passphrase"}, {"proof", passphrase}}) == "wrong_state");
    CHECK(vault.slots() == 1);
    vault.done("store.seal", {});
    CHECK(vault.refused("store.unseal", {{"secret", key}}) == "forbidden");
    vault.done("store.unseal", {{"secret", passphrase}});
    // What the removed slot held is another root key by now.
    const auto old_root = open_slot(removed, SlotSecret{SecretBytes{32}});
    REQUIRE(old_root);
    vault.done("store.seal", {});
    CHECK_FALSE(vault.store().unseal(old_root->copy(), true));
}

TEST_CASE("unseal: of an open store checks what was typed, and changes nothing") {
    Vault vault;
    const auto key = vault.recovery_key();
    CHECK(vault.refused("store.unseal", {{"secret", "wrong"}}) == "forbidden");
    CHECK(vault.done("store.unseal", {{"secret", key}}).at("changed") == false);
    CHECK(vault.done("store.unseal", {}).at("changed") == false);
    CHECK(vault.store().state() == StoreState::unsealed);
}

TEST_CASE("unseal: by passphrase or recovery key, whichever is typed; wrong ones are told in the audit afterwards") {
    Vault vault;
    const auto key = vault.recovery_key();
    vault.done("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}, {"proof", key}});
    for (const std::string& typed : {key, std::string{passphrase}}) {
        vault.done("store.seal", {});
        CHECK(vault.refused("store.unseal", {{"secret", "wrong"}}) == "forbidden");
        CHECK(vault.refused("store.unseal", {}) == "sealed");  // nothing is configured
        vault.done("store.unseal", {{"secret", typed}});
        CHECK(vault.store().state() == StoreState::unsealed);
        const auto list = vault.done("audit.list", {{"event", "store.unsealed"}, {"newest", 1}}).as_array();
        REQUIRE_FALSE(list.empty());
        CHECK(json::serialize(list.back()).find("1 wrong passphrases or recovery keys before") != std::string::npos);
    }
}

TEST_CASE("threat: guessing (T16): a wrong passphrase makes the right one wait, sealed or not") {
    Vault vault;
    const auto key = vault.recovery_key();
    vault.done("store.seal", {});
    for (int i = 0; i < 3; ++i) CHECK(vault.refused("store.unseal", {{"secret", "wrong"}}) == "forbidden");
    const auto refused = vault.ask("store.unseal", {{"secret", key}});
    CHECK(refused.at("refused").at("error") == "temporarily_unavailable");
    CHECK(refused.at("refused").at("retry_after").as_int64() == 1);
    vault.clock.advance(1s);
    vault.done("store.unseal", {{"secret", key}});
    // Tried against the slots alone, it is a guess as well.
    for (int i = 0; i < 3; ++i) CHECK(vault.refused("key_slot.test", {{"secret", "wrong"}}) == "forbidden");
    CHECK(vault.refused("key_slot.add", {{"kind", "recovery"}, {"label", "b"}, {"proof", key}}) ==
          "temporarily_unavailable");
}

TEST_CASE("a passphrase is stretched beside the loop: others are answered meanwhile, then the verb runs again") {
    std::vector<SlowWork> needs;
    Vault vault{[&](std::uint64_t number, SlowWork work) {
        CHECK(number == needs.size() + 1);
        needs.push_back(std::move(work));
    }};
    vault.send("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}});
    REQUIRE(needs.size() == 1);
    CHECK(needs[0].passphrases.size() == 1);
    CHECK(vault.sent.empty());
    CHECK(vault.slots() == 1);
    vault.sent.clear();
    vault.desk.worked(1, do_slow_work(needs[0]));
    CHECK(vault.sent.back().contains("done"));
    CHECK(vault.slots() == 2);
    vault.desk.worked(1, do_slow_work(needs[0]));  // once only
    CHECK(vault.slots() == 2);

    SUBCASE("memory that is not to be had is a refusal") {
        vault.sent.clear();
        vault.send("key_slot.test", {{"secret", passphrase}});
        vault.desk.worked(2, refuse(Errc::temporarily_unavailable, "no memory", "wait"));
        CHECK(vault.sent.back().at("refused").at("error") == "temporarily_unavailable");
    }
    SUBCASE("no more than 16 wait") {
        for (int i = 0; i < 16; ++i) vault.send("key_slot.test", {{"secret", passphrase}});
        vault.sent.clear();
        vault.send("key_slot.test", {{"secret", passphrase}});
        CHECK(vault.sent.back().at("refused").at("error") == "temporarily_unavailable");
        CHECK(needs.size() == 17);
    }
}

TEST_CASE("init by passphrase: the store opens by it and by the recovery key that comes with it") {
    const auto pattern = (std::filesystem::temp_directory_path() / "jeton-init-XXXXXX").string();
    std::string directory = pattern;
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    {
        HandClock clock;
        Store store{{std::filesystem::path{directory} / "state/jeton.db", std::filesystem::path{directory} / "anchor"},
                    clock};
        Config config;
        Room room{config, clock, store};
        room.stretching = {3, 64};
        std::vector<json::object> sent;
        Desk desk{room, 1000, [&](std::string payload) { sent.push_back(json::parse(payload).as_object()); }};
        const auto ask = [&](std::string_view verb, json::object body) {
            desk.take({json::serialize(json::value{{"id", 1},
                                                   {"peer", {{"uid", 0}, {"gid", 0}, {"pid", 5}, {"user", "root"}}},
                                                   {"socket", "control"},
                                                   {"verb", verb},
                                                   {"body", std::move(body)}})});
            return sent.back();
        };
        CHECK(ask("store.init", {{"slot", "recovery"}}).contains("refused"));
        CHECK(ask("store.init", {{"slot", "passphrase"}, {"passphrase", "short"}}).contains("refused"));
        CHECK(store.state() == StoreState::uninitialised);
        const auto made = ask("store.init", {{"slot", "passphrase"}, {"passphrase", passphrase}});
        REQUIRE(made.contains("done"));
        CHECK(made.at("done").at("slot").at("kind") == "passphrase");
        for (const std::string& typed :
             {std::string{passphrase}, std::string{made.at("done").at("recovery_key").as_string()}}) {
            store.seal();
            CHECK(ask("store.unseal", {{"secret", typed}}).contains("done"));
        }
    }
    std::filesystem::remove_all(directory);
}

TEST_CASE("restore: where a key slot is in both stores, each passphrase is tried for itself") {
    Vault vault;
    const auto key = vault.recovery_key();
    vault.done("key_slot.add", {{"kind", "passphrase"}, {"passphrase", passphrase}, {"proof", key}});
    vault.done("key_slot.add",
               {{"kind", "passphrase"}, {"passphrase", other_passphrase}, {"proof", key}, {"label", "Bob's"}});
    const auto file = vault.done("backup.begin", {{"proof", key}}).at("data");
    // The store gets another root key by it; the slot of the first passphrase keeps its salt.
    vault.done("key_slot.remove", {{"slot", "Bob's"}, {"proof", key}});
    CHECK(vault.refused("restore.begin", {{"proof", other_passphrase}, {"data", file}}) == "forbidden");
    vault.done("restore.begin", {{"proof", other_passphrase}, {"store_proof", passphrase}, {"data", file}});
}

TEST_CASE("stretching: whatever goes wrong in the worker's thread is an answer") {
    SlowWork work;
    work.passphrases.push_back({std::make_shared<const SecretText>(passphrase), Bytes(3), {3, 64}});
    const auto done = do_slow_work(work);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::server_error);
}

TEST_CASE("an RSA key is made beside the loop: others are answered meanwhile, then the verb runs again") {
    std::vector<SlowWork> works;
    Vault vault{[&](std::uint64_t, SlowWork work) { works.push_back(std::move(work)); }};
    const auto asked = [&](std::string_view verb, json::object body, std::size_t pairs) {
        vault.sent.clear();
        const auto before = works.size();
        vault.send(verb, std::move(body));
        REQUIRE(works.size() == before + 1);
        CHECK(works.back().passphrases.empty());
        CHECK(works.back().rs256_pairs == pairs);
        CHECK(vault.sent.empty());
        CHECK(vault.slots() == 2);
        vault.sent.clear();
        vault.desk.worked(works.size(), do_slow_work(works.back()));
        REQUIRE(vault.sent.back().contains("done"));
        return vault.sent.back().at("done");
    };
    const auto proof = vault.recovery_key();
    CHECK(asked("environment.create", {{"environment", "one"}, {"kind", "local"}, {"signing_alg", "RS256"}}, 1)
              .at("signing_alg") == "RS256");
    vault.done("environment.create", {{"environment", "two"}, {"kind", "local"}});
    CHECK(asked("environment.edit", {{"environment", "two"}, {"signing_alg", "RS256"}}, 1)
              .at("signing_keys")
              .as_array()
              .size() == 2);
    vault.done("environment.edit", {{"environment", "two"}, {"signing_alg", "RS256"}});  // nothing is different
    asked("key.rotate", {{"environment", "one"}, {"proof", proof}}, 1);
    asked("key.rotate_root", {{"proof", proof}}, 2);
    CHECK(works.size() == 4);
    vault.done("environment.edit", {{"environment", "one"}, {"signing_alg", "ES256"}});
}
