/// A vault without sockets: a real database in a directory of its own, real cryptography, a clock turned by hand.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/services/access.hpp"
#include "daemon/vault/services/app_tenants.hpp"
#include "daemon/vault/services/apps.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/services/pauses.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/services/tenants.hpp"
#include "daemon/vault/services/tokens.hpp"
#include "daemon/vault/store/store.hpp"
#include "tests/unit/results.hpp"

namespace jeton::vault::test {

using namespace std::chrono_literals;

class HandClock final : public Clock {
public:
    [[nodiscard]] UtcSeconds now() const override { return wall; }
    [[nodiscard]] BootTime boot_time() const override { return boot; }
    void advance(std::chrono::seconds by) {
        wall += by;
        boot += by;
    }

    UtcSeconds wall{std::chrono::seconds{1'800'000'000}};
    BootTime boot{1000s};
};

class World {
public:
    World() : directory_(make_directory()), store_({directory_ / "state/jeton.db", directory_ / "anchor"}, clock) {
        auto root = RootKey::generate();
        const SlotSecret key{SecretBytes{32}};
        std::vector<KeySlot> slots;
        slots.push_back(make_slot(root, KeySlotKind::key_file, "test", key, clock.now()));
        REQUIRE(store_.initialise(std::move(root), slots));
        admin.uid = 1000;
        admin.user = "alice";
        admin.daemon_user = true;
        admin.on_control_socket = true;
        everything.everywhere = true;
        program.uid = 2000;
        program.user = "worker";
    }
    ~World() { std::filesystem::remove_all(directory_); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// One request in a transaction of its own, as the desk does it.
    template <class F>
    auto run(F&& service) {
        auto group = store_.group();
        if constexpr (std::is_void_v<std::invoke_result_t<F, Transaction&>>) {
            group.attempt(std::forward<F>(service));
            group.commit();
        } else {
            auto answer = group.attempt(std::forward<F>(service));
            group.commit();
            return answer;
        }
    }

    void environment(const std::string& name, EnvironmentKind kind = EnvironmentKind::local) {
        NewEnvironment wanted;
        wanted.name = name;
        wanted.kind = std::string{name_of(kind)};
        if (kind == EnvironmentKind::upstream) wanted.token_endpoint = "https://auth.example/connect/token";
        REQUIRE(run([&](Transaction& tx) { return create_environment(tx, admin, wanted, clock.now()); }));
    }
    void tenant(const std::string& text) {
        REQUIRE(run([&](Transaction& tx) {
            return create_tenant(tx, admin, tenant_name(text), "Customer", false, clock.now());
        }));
    }
    void app(const std::string& name, const std::string& credentials = "developer") {
        NewApp wanted{name, "Acme", "https://acme.example", credentials, {"tn.crm.customers:r", "tn.jpm.jobs:w"},
                      {},   false};
        REQUIRE(run([&](Transaction& tx) { return create_app(tx, admin, everything, wanted, clock.now()); }));
    }
    /// Environment, tenant, app and listing of `text`, whatever of them is missing.
    void listed(const std::string& text, EnvironmentKind kind = EnvironmentKind::local,
                const std::string& credentials = "developer") {
        const auto name = connection(text);
        if (!exists([&](Transaction& tx) { return find_environment(tx, name.tenant.environment); })) {
            environment(name.tenant.environment, kind);
        }
        if (!exists([&](Transaction& tx) { return find_tenant(tx, name.tenant); })) tenant(name.tenant.text());
        if (!exists([&](Transaction& tx) { return find_app(tx, name.app); })) app(name.app, credentials);
        REQUIRE(run([&](Transaction& tx) { return add_tenant(tx, admin, name, "", false, clock.now()); }));
    }
    Result<Allowed> allow(const std::string& text, std::int64_t version = 1) {
        return run([&](Transaction& tx) {
            return allow_access(tx, admin, everything, connection(text), version, {}, clock.now());
        });
    }
    void connected(const std::string& text, EnvironmentKind kind = EnvironmentKind::local) {
        listed(text, kind);
        REQUIRE(allow(text));
    }
    Result<GeneratedSecret> generate(const std::string& text) {
        return run([&](Transaction& tx) { return generate_secret(tx, admin, connection(text), clock.now()); });
    }
    Result<Secret> import_pair(const std::string& text, const ImportedPair& pair) {
        return run([&](Transaction& tx) { return import_secret(tx, admin, connection(text), pair, clock.now()); });
    }
    Connection row(const std::string& text) {
        return run([&](Transaction& tx) { return find_connection(tx, connection(text)); }).value().connection;
    }
    Result<TokenDecision> decide(const TokenRequest& request, const std::optional<Landing>& landed = {}) {
        return run([&](Transaction& tx) { return decide_token(tx, program, request, upstream, clock, landed); });
    }
    void bind(const std::string& text, bool is_default = false) {
        NewBinding wanted;
        wanted.connection = text;
        wanted.identity.user = program.user;
        wanted.identity.uid = program.uid;
        wanted.is_default = is_default;
        REQUIRE(run([&](Transaction& tx) { return add_binding(tx, admin, wanted, clock.now()); }));
    }

    static ConnectionName connection(const std::string& text) { return parse_connection_name(text).value(); }
    static TenantName tenant_name(const std::string& text) { return parse_tenant_name(text).value(); }

    HandClock clock;
    Peer admin;
    Standing everything;  ///< the admin's: a user's own daemon
    Peer program;
    UpstreamTokens upstream;
    UpstreamSightings sightings;
    Store& store() { return store_; }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    template <class F>
    bool exists(F&& finder) {
        return run(std::forward<F>(finder)).has_value();
    }
    static std::filesystem::path make_directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "jeton-world-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        return pattern;
    }

    std::filesystem::path directory_;
    Store store_;
};

}  // namespace jeton::vault::test
