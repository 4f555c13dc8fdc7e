/// Fills a new store with many connections and a long audit, by the vault's own services: every MAC, set hash, link of
/// the chain and anchor is real. For tests: `jeton-seed --help`. The daemon opens the store by the key file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/config.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/services/access.hpp"
#include "daemon/vault/services/app_tenants.hpp"
#include "daemon/vault/services/apps.hpp"
#include "daemon/vault/services/bindings.hpp"
#include "daemon/vault/services/environments.hpp"
#include "daemon/vault/services/opening.hpp"
#include "daemon/vault/services/secrets.hpp"
#include "daemon/vault/services/tenants.hpp"
#include "daemon/vault/store/store.hpp"

namespace {

using namespace jeton;         // NOLINT(google-build-using-namespace): a program's own main
using namespace jeton::vault;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t connections_at_once = 500;  ///< in one commit
constexpr std::int64_t entries_at_once = 20'000;
constexpr std::int64_t tenants_of_an_app = tenants_per_app_limit;
constexpr std::string_view environment_name = "integration";

struct Options {
    std::filesystem::path state;
    std::filesystem::path anchor;
    std::filesystem::path key_file;
    std::int64_t connections = 0;
    std::int64_t audit = 0;
    std::int64_t pairs = 0;
    std::int64_t days = 365;
    std::string user = "root";
    std::int64_t uid = 0;
};

/// The audit is of the past: its entries' times lie as they would.
class PastClock final : public Clock {
public:
    [[nodiscard]] UtcSeconds now() const override { return at; }
    [[nodiscard]] BootTime boot_time() const override { return std::chrono::seconds{1}; }
    UtcSeconds at{};
};

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().what);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class Seeder {
public:
    explicit Seeder(const Options& options)
        : options_(options), end_(SystemClock{}.now()), store_({options.state / "jeton.db", options.anchor}, clock_) {
        clock_.at = end_ - std::chrono::days{options.days};
        begin_ = clock_.at;
        everything_.everywhere = true;
        admin_.uid = options.uid;
        admin_.user = options.user;
        admin_.command = "jeton";
        admin_.on_control_socket = true;
    }

    void run() {
        initialise();
        for (std::int64_t first = 0; first < options_.connections; first += connections_at_once) {
            const auto last = std::min(first + connections_at_once, options_.connections);
            in_one_commit([&](Transaction& tx) {
                for (auto number = first; number < last; ++number) add_connection(tx, number);
            });
        }
        const auto before = begin_ + std::chrono::seconds{options_.connections > 0 ? 3600 : 0};
        const auto step = options_.audit > 0 ? (end_ - before) / static_cast<double>(options_.audit)
                                             : std::chrono::duration<double>{};
        for (std::int64_t first = 0; first < options_.audit; first += entries_at_once) {
            const auto last = std::min(first + entries_at_once, options_.audit);
            in_one_commit([&](Transaction& tx) {
                for (auto number = first; number < last; ++number) {
                    clock_.at = before + std::chrono::floor<std::chrono::seconds>(step * static_cast<double>(number));
                    add_entry(tx, number);
                }
            });
        }
        clock_.at = end_;
        store_.keep_time();
        store_.checkpoint();
    }

private:
    void initialise() {
        const WantedSlot wanted{KeySlotKind::key_file, {}, options_.key_file.string(), {}};
        auto prepared = must(prepare_slot(wanted, Config{}, Stretched::none(), stretch_cost, clock_.at));
        must(initialise_store(store_, *prepared.slot, WithRecovery::no, clock_.at));
        NewEnvironment environment;
        environment.name = environment_name;
        environment.kind = "local";
        in_one_commit([&](Transaction& tx) { must(create_environment(tx, admin_, environment, clock_.at)); });
    }

    template <class F>
    void in_one_commit(F&& work) {
        auto group = store_.group();
        group.attempt(std::forward<F>(work));
        group.commit();
    }

    [[nodiscard]] static std::string app_of(std::int64_t number) {
        return fmt::format("app{:03}", number / tenants_of_an_app);
    }
    [[nodiscard]] static std::string tenant_of(std::int64_t number) {
        return fmt::format("{}@{}", 1'000'000 + number, environment_name);
    }

    /// One app for each 2,000 tenants, each of which has a pair and a binding; the first app's are of `uid`.
    void add_connection(Transaction& tx, std::int64_t number) {
        const auto app = app_of(number);
        const auto now = clock_.at;
        if (number % tenants_of_an_app == 0) {
            const NewApp wanted{
                app, "Example Ltd", "https://example.com/", "developer", {"tn.acc.invoices:r", "tn.jpm.jobs:r"},
                {},  false};
            must(create_app(tx, admin_, everything_, wanted, now));
        }
        const auto tenant = tenant_of(number);
        const auto name = must(parse_connection_name(app + "/" + tenant));
        must(create_tenant(tx, admin_, name.tenant, fmt::format("Customer {}", number), false, now));
        must(add_tenant(tx, admin_, name, "", false, now));
        const auto allowed = must(allow_access(tx, admin_, everything_, name, 1, {}, now));
        const auto generated = must(generate_secret(tx, admin_, name, now));
        NewBinding binding;
        binding.connection = name.text();
        const auto of = number / tenants_of_an_app;
        binding.identity.uid = of == 0 ? options_.uid : 50'000 + of;
        binding.identity.user = of == 0 ? options_.user : fmt::format("service{}", of);
        must(add_binding(tx, admin_, binding, now));
        if (number < options_.pairs) {
            std::cout << name.text() << ' ' << allowed.found.connection.client_id << ' ' << generated.value.reveal()
                      << '\n';
        }
    }

    /// As busy hosts have them: most are of tokens.
    void add_entry(Transaction& tx, std::int64_t number) {
        const auto of = options_.connections > 0 ? number * 7919 % options_.connections : 0;
        AuditEntry entry;
        entry.at = clock_.at;
        entry.actor_uid = 50'000 + number % 40;
        entry.actor_user = fmt::format("service{}", number % 40);
        entry.actor_pid = 1000 + number % 30'000;
        entry.actor_command = "worker";
        entry.actor_unit = fmt::format("service{}.service", number % 40);
        entry.event = number % 1000 == 999 ? "token.introspect" : "token.issued";
        entry.tenant = tenant_of(of);
        entry.connection = app_of(of) + "/" + entry.tenant;
        entry.subject = entry.connection;
        entry.via = "secret jcs.abcd";
        entry.refused = number % 1000 == 999;
        entry.detail = "tn.acc.invoices:r tn.jpm.jobs:r";
        tx.append_audit(entry);
    }

    const Options& options_;
    UtcSeconds end_;
    UtcSeconds begin_{};
    PastClock clock_;
    Store store_;
    Peer admin_;
    Standing everything_;
};

Options parse_command_line(int argc, char** argv) {
    CLI::App app{"Fills a new store with connections and audit entries, for tests.", "jeton-seed"};
    Options options;
    app.add_option("--state", options.state, "the directory of jeton.db")->required();
    app.add_option("--anchor", options.anchor, "the directory of the anchor")->required();
    app.add_option("--key-file", options.key_file, "made where it is not there")->required();
    app.add_option("--connections", options.connections, "each with a tenant, a secret and a binding");
    app.add_option("--audit", options.audit, "so many entries more, spread over --days");
    app.add_option("--days", options.days, "how old the store is");
    app.add_option("--pairs", options.pairs, "print CONNECTION CLIENT_ID CLIENT_SECRET of the first so many");
    app.add_option("--user", options.user, "whom the bindings of the first app are of");
    app.add_option("--uid", options.uid, "its uid");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& end) {
        std::exit(app.exit(end));
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto options = parse_command_line(argc, argv);
    prepare_secure_memory();
    Seeder{options}.run();
    return EXIT_SUCCESS;
} catch (const std::exception& fault) {
    std::cerr << "jeton-seed: " << fault.what() << '\n';
    return EXIT_FAILURE;
}
