/// A host with upstream connections, simulated: the desk with its real store, the front and the exchange played by the
/// test at the level of frames, time turned by hand.
#pragma once

#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/vault/desk.hpp"
#include "tests/unit/vault/world.hpp"

namespace jeton::vault::test {

/// How many connections stand for the 1,000 that are promised: JETON_UPSTREAM_CONNECTIONS=1000 is the whole picture.
inline int connections_wanted(int usual) {
    const char* wanted = std::getenv("JETON_UPSTREAM_CONNECTIONS");
    return wanted == nullptr ? usual : std::atoi(wanted);
}

struct UpstreamHost : World {
    /// The two programs of the daemon around the vault.
    struct Daemon {
        explicit Daemon(UpstreamHost& host)
            : room{host.config, host.clock, host.store()},
              desk{room, 1000, [&host](std::string payload) { host.from_vault(std::move(payload)); }} {
            desk.flights().connect(
                [&host](std::string payload) { host.asked.push_back(json::parse(payload).as_object()); });
        }
        Room room;
        Desk desk;
    };
    /// What a program got.
    struct Got {
        std::string token;
        std::int64_t expires_in = 0;
        std::int64_t reuse = 0;
        std::string error;
        std::string words;
        std::string next;
        std::int64_t retry_after = 0;
        [[nodiscard]] bool served() const { return !token.empty(); }
    };

    explicit UpstreamHost(int count) {
        environment("production", EnvironmentKind::upstream);
        app("dispatcher");
        run([&](Transaction& tx) {
            for (int i = 0; i < count; ++i) connect(tx, i);
        });
        daemon = std::make_unique<Daemon>(*this);
        daemon->desk.greet();
        (void)daemon->desk.tick();
    }

    static std::string name_of(int i) { return "dispatcher/" + std::to_string(i) + "@production"; }
    static std::string client_of(int i) { return "cid." + std::to_string(i); }

    void connect(Transaction& tx, int i) {
        const auto name = connection(name_of(i));
        REQUIRE(create_tenant(tx, admin, name.tenant, "Customer", false, clock.now()));
        REQUIRE(add_tenant(tx, admin, name, "", false, clock.now()));
        REQUIRE(allow_access(tx, admin, everything, name, 1, {}, clock.now()));
        const auto client_id = client_of(i);
        const auto secret = "cs1." + std::string(30, 'a') + std::to_string(i);
        REQUIRE(import_secret(tx, admin, name, {client_id, secret, {}}, clock.now()));
        NewBinding wanted;
        wanted.connection = name.text();
        wanted.identity.user = program.user;
        wanted.identity.uid = program.uid;
        REQUIRE(add_binding(tx, admin, wanted, clock.now()));
    }

    /// The answer of the endpoint as it stands in the exchange's frame; nothing: it hangs.
    std::function<std::optional<json::object>(const json::object& request)> endpoint = [this](const json::object&) {
        return std::optional{granted()};
    };
    json::object granted(std::int64_t life = 900) {
        return {{"status", 200},
                {"json",
                 {{"access_token", "token." + std::to_string(++tokens_given)},
                  {"token_type", "Bearer"},
                  {"expires_in", life},
                  {"scope", "tn.crm.customers:r tn.jpm.jobs:w"}}}};
    }
    static json::object refused_with(const char* error) { return {{"status", 400}, {"json", {{"error", error}}}}; }

    /// Programs ask; the answers come when the endpoint has answered.
    std::map<int, Got> ask(const std::vector<int>& connections, const json::object& more = {}) {
        std::deque<std::string> frames;
        std::map<std::int64_t, int> numbers;
        for (const int i : connections) {
            json::object body{{"auth", {{"method", "peer"}}}, {"connection", name_of(i)}};
            for (const auto& [member, value] : more) body[member] = value;
            numbers.emplace(++last_id, i);
            frames.push_back(
                json::serialize(json::value{{"id", last_id},
                                            {"peer", {{"uid", 2000}, {"gid", 2000}, {"pid", 5}, {"user", "worker"}}},
                                            {"socket", "token"},
                                            {"verb", "token.issue"},
                                            {"body", std::move(body)}}));
        }
        daemon->desk.take(std::move(frames));
        settle();
        std::map<int, Got> answers;
        for (const auto& [id, i] : numbers) {
            if (const auto at = got.find(id); at != got.end()) answers.emplace(i, std::move(at->second));
            got.erase(id);
        }
        return answers;
    }
    Got ask_one(int i, const json::object& more = {}) {
        auto answers = ask({i}, more);
        return answers.empty() ? Got{} : std::move(answers.begin()->second);
    }
    /// The daemon's own uid, on the control socket.
    Got ordered(std::string_view verb, json::object body) {
        const auto id = ++last_id;
        daemon->desk.take(
            {json::serialize(json::value{{"id", id},
                                         {"peer", {{"uid", 1000}, {"gid", 1000}, {"pid", 5}, {"user", "alice"}}},
                                         {"socket", "control"},
                                         {"verb", verb},
                                         {"body", std::move(body)}})});
        settle();
        auto answer = std::move(got.at(id));
        got.erase(id);
        return answer;
    }
    /// The error's word, or nothing.
    std::string order(std::string_view verb, json::object body) { return ordered(verb, std::move(body)).error; }
    static json::object about(int i) { return {{"app", "dispatcher"}, {"tenant", std::to_string(i) + "@production"}}; }

    /// The exchange answers what was asked, until nothing is.
    void settle() {
        while (!asked.empty()) {
            std::deque<std::string> answers;
            for (auto& request : std::exchange(asked, {})) {
                ++requests[std::string{request.at("client_id").as_string()}];
                ++requests_in_all;
                auto answer = endpoint(request);
                if (!answer) continue;
                (*answer)["id"] = request.at("id");
                answers.push_back(json::serialize(*answer));
            }
            daemon->desk.flights().arrived(answers);
        }
    }
    /// One second at a time, as the daemon's clock does.
    void pass(std::chrono::seconds time) {
        for (auto at = 0s; at < time; ++at) {
            clock.advance(1s);
            while (daemon->desk.tick() == 0ms) continue;
            settle();
        }
    }
    /// As after a restart or a crash of all three processes: everything but the files is forgotten.
    void restart() {
        daemon.reset();
        got.clear();
        const auto slot = store().slots().front();
        store().seal();
        REQUIRE(store().unseal(open_slot(slot, SlotSecret{SecretBytes{32}}).value(), false));
        daemon = std::make_unique<Daemon>(*this);
        daemon->desk.greet();
        while (daemon->desk.tick() == 0ms) continue;
    }

    void from_vault(std::string payload) {
        auto frame = json::parse(payload).as_object();
        if (frame.contains("event") && frame.at("event") == "token_replaced")
            replaced.push_back(std::string{frame.at("connection").as_string()});
        if (!frame.contains("id")) return;
        Got answer;
        if (const auto* done = frame.if_contains("done"); done != nullptr && done->is_object()) {
            const auto& members = done->get_object();
            if (members.contains("access_token")) {
                answer.token = members.at("access_token").as_string();
                answer.expires_in = members.at("expires_in").as_int64();
                answer.reuse = members.at("reuse_seconds").as_int64();
            }
        }
        if (const auto* refused = frame.if_contains("refused")) {
            answer.error = refused->at("error").as_string();
            answer.words = refused->at("error_description").as_string();
            answer.next = refused->at("next").as_string();
            if (const auto* wait = refused->as_object().if_contains("retry_after"))
                answer.retry_after = wait->as_int64();
        }
        got.insert_or_assign(frame.at("id").as_int64(), std::move(answer));
    }

    Config config;
    std::vector<json::object> asked;
    std::map<std::string, int> requests;  ///< by client ID
    int requests_in_all = 0;
    int tokens_given = 0;
    std::int64_t last_id = 0;
    std::map<std::int64_t, Got> got;
    std::vector<std::string> replaced;  ///< as the front is told
    std::unique_ptr<Daemon> daemon;
};

}  // namespace jeton::vault::test
