/// A vault with people: each asks for verbs as the desk would run them, with the roles that were granted.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <boost/json/serialize.hpp>

#include "daemon/vault/services/roles.hpp"
#include "daemon/vault/store/usage.hpp"
#include "daemon/vault/verbs/authorisation.hpp"
#include "tests/unit/vault/world.hpp"

namespace jeton::vault::test {

struct Office : World {
    Office() {
        operator_peer = person(0, "root");
        developer = person(2001, "dora");
        tenant_admin = person(2003, "tina");
        worker = person(2000, "worker");
    }

    static Peer person(std::int64_t uid, const std::string& name) {
        Peer peer;
        peer.uid = peer.gid = uid;
        peer.user = name;
        peer.on_control_socket = true;
        return peer;
    }

    void grant(const std::string& role, const Peer& peer, std::optional<std::string> app,
               std::optional<std::string> tenant_text) {
        WantedRole wanted{role, std::move(app), std::move(tenant_text), {}};
        wanted.identity.user = peer.user;
        wanted.identity.uid = peer.uid;
        REQUIRE(run([&](Transaction& tx) { return grant_role(tx, admin, wanted, std::nullopt, clock.now()); }));
    }

    Result<Outcome> outcome(const Peer& peer, std::string_view name, const json::object& body = {}) {
        const json::value text(body);  // in braces it would become an array
        return run([&](Transaction& tx) -> Result<Outcome> {
            const auto* verb = find_verb(name);
            REQUIRE(verb != nullptr);
            const auto standing = authorise(tx, peer, *verb, text, clock.now());
            if (!standing) return standing.error();
            Call call{tx, peer, *standing, text, room, std::nullopt};
            return std::get<VerbFunction>(verb->function)(call);
        });
    }
    /// What is answered, without upstream; of a listing every row, page after page: one that takes long ends early.
    Result<json::value> ask(const Peer& peer, std::string_view name, json::object body = {}) {
        auto answered = outcome(peer, name, body);
        if (!answered) return answered.error();
        auto all = *std::move(answered->done);
        while (!answered->next.empty()) {
            body["after"] = answered->next;
            answered = outcome(peer, name, body);
            REQUIRE(answered);
            for (const auto& row : answered->done->as_array()) all.as_array().push_back(row);
        }
        return all;
    }
    /// The same about a connection.
    Result<json::value> ask_about(const Peer& peer, std::string_view name, const std::string& connection,
                                  json::object body = {}) {
        const auto slash = connection.find('/');
        body["app"] = connection.substr(0, slash);
        body["tenant"] = connection.substr(slash + 1);
        return ask(peer, name, body);
    }

    /// Whether a program gets a token with this pair, and as which connection.
    bool accepts(std::string_view client_id, std::string_view client_secret) {
        TokenRequest request;
        request.authentication = ClientAuthentication::post;
        request.client_id = client_id;
        request.client_secret = client_secret;
        const auto decision = decide(request);
        return decision && decision->token;
    }

    /// The worker fetches a token with this secret (by its prefix) or pair (by its client ID), now.
    void use(const std::string& connection, const std::string& credential) {
        Usage used;
        used.connection = row(connection).id;
        used.secret_prefix = credential;
        used.uid = worker.uid;
        used.user = worker.user;
        used.last_at = clock.now();
        REQUIRE(run([&](Transaction& tx) -> Result<void> {
            usage::add(tx, used);
            return {};
        }));
    }

    std::vector<AuditEntry> audited(const std::string& event) {
        audit::Filter filter;
        filter.event_glob = event;
        return run([&](Transaction& tx) { return audit::list(tx, filter); });
    }

    /// As after a restart: everything but the files is forgotten.
    void restart() {
        const auto slot = store().slots().front();
        store().seal();
        REQUIRE(store().unseal(open_slot(slot, SlotSecret{SecretBytes{32}}).value(), false));
    }

    /// Whether some file of the store holds `text` in clear.
    bool stands_in_a_file(std::string_view text) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{directory()}) {
            if (!entry.is_regular_file()) continue;
            std::ifstream file{entry.path(), std::ios::binary};
            const std::string content{std::istreambuf_iterator<char>{file}, {}};
            if (content.find(text) != std::string::npos) return true;
        }
        return false;
    }

    Peer operator_peer;
    Peer developer;     ///< granted nothing yet
    Peer tenant_admin;  ///< granted nothing yet
    Peer worker;
    Config config;
    Room room{config, clock, store()};
};

/// A member of an answer, as text.
inline std::string text_at(const json::value& answer, std::string_view member) {
    return std::string{answer.at(json::string_view{member.data(), member.size()}).as_string()};
}

}  // namespace jeton::vault::test
