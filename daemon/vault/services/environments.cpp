#include "daemon/vault/services/environments.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <boost/url/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/shown.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/issuer/issuer.hpp"
#include "daemon/vault/keys/data_key.hpp"
#include "daemon/vault/services/connections.hpp"
#include "daemon/vault/services/destinations.hpp"
#include "daemon/vault/services/find.hpp"
#include "daemon/vault/services/record.hpp"
#include "daemon/vault/services/signing.hpp"
#include "daemon/vault/store/audit.hpp"
#include "daemon/vault/store/bindings.hpp"
#include "daemon/vault/store/connections.hpp"
#include "daemon/vault/store/environments.hpp"
#include "daemon/vault/store/roles.hpp"
#include "daemon/vault/store/signing_keys.hpp"
#include "daemon/vault/store/tenants.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::vault {
namespace {

struct Preset {
    std::string_view name;
    std::string_view token_endpoint;
    std::string_view host_alias;
};

constexpr std::array presets{
    Preset{"servicetitan-integration", "https://auth-integration.servicetitan.io/connect/token",
           "auth-integration.servicetitan.io"},
    Preset{"servicetitan-production", "https://auth.servicetitan.io/connect/token", "auth.servicetitan.io"},
};

constexpr std::size_t url_limit = 250;
constexpr std::size_t path_limit = 1024;
constexpr std::size_t resources_limit = 64;

bool is_loopback(const boost::urls::url_view& url) {
    if (url.host_type() == boost::urls::host_type::ipv4) return url.host_ipv4_address().is_loopback();
    if (url.host_type() == boost::urls::host_type::ipv6) return url.host_ipv6_address().is_loopback();
    return url.encoded_host() == "localhost";
}

Result<void> check_endpoint(const Environment& environment) {
    const std::string_view next = "give --token-endpoint https://HOST/PATH";
    const auto url = boost::urls::parse_uri(environment.token_endpoint);
    if (!url || url->encoded_host().empty() || environment.token_endpoint.size() > url_limit || url->has_fragment() ||
        url->has_userinfo()) {
        return refuse(Errc::bad_input, "the token endpoint is not a valid URL", std::string{next});
    }
    // No name of a host needs it; decoded, it may be of any bytes, which no words about it could hold.
    if (url->encoded_host().find('%') != std::string_view::npos) {
        return refuse(Errc::bad_input, "the token endpoint's host has a % in it", std::string{next});
    }
    if (url->scheme() == "https") return {};
    if (url->scheme() == "http" && environment.allow_loopback_http && is_loopback(*url)) return {};
    return refuse(
        Errc::bad_input, "the token endpoint is not https",
        fmt::format("{}; a test server on this host's loopback may be http with --allow-loopback-http", next));
}

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= url_limit && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
    });
}

/// In lower case, each once.
void add_aliases(std::vector<std::string>& aliases, std::vector<std::string> wanted) {
    for (auto& alias : wanted) {
        alias = protocol::lower_case(alias);
        if (std::ranges::find(aliases, alias) == aliases.end()) aliases.push_back(std::move(alias));
    }
}

Result<void> check_aliases(Transaction& tx, const Environment& environment) {
    for (const auto& alias : environment.host_aliases) {
        if (!is_host_name(alias)) {
            return refuse(Errc::bad_input, "a host alias is not a host name",
                          "write it in lower case, without https://");
        }
        if (const auto other = environments::by_host(tx, alias); other && other->id != environment.id) {
            return refuse(Errc::already_exists, fmt::format("{} is the alias of environment {}", alias, other->name),
                          "name another host");
        }
    }
    return {};
}

/// Each once, in the order in which they were given.
std::vector<std::string> each_once(std::vector<std::string> texts) {
    std::vector<std::string> kept;
    for (auto& text : texts) {
        if (std::ranges::find(kept, text) == kept.end()) kept.push_back(std::move(text));
    }
    return kept;
}

/// RFC 8707 §2: an absolute URI without fragment.
Result<void> check_resources(const Environment& environment) {
    if (environment.resources.size() > resources_limit) {
        return refuse(Errc::bad_input, fmt::format("an environment has at most {} resources", resources_limit),
                      "give fewer --resource");
    }
    for (const auto& resource : environment.resources) {
        const auto uri = boost::urls::parse_uri(resource);
        if (resource.contains(',')) {
            return refuse(Errc::bad_input, fmt::format("{} has a comma in it", shown(resource, url_limit)),
                          "give one --resource for each, or write the comma as %2C");
        }
        if (uri && (uri->scheme() == "https" || uri->scheme() == "http") && uri->encoded_host().empty()) {
            return refuse(Errc::bad_input, fmt::format("{} names no host", shown(resource, url_limit)),
                          "give --resource https://HOST/PATH, as its programs name it");
        }
        if (!uri || uri->has_fragment() || uri->has_userinfo() || resource.size() > url_limit) {
            return refuse(
                Errc::bad_input,
                fmt::format("{} is no absolute URI without fragment, of at most {} characters",
                            shown(resource, url_limit), url_limit),
                "give --resource https://HOST/PATH, as its programs name it: it is compared character by character");
        }
    }
    return {};
}

Result<void> apply_preset(Environment& environment, const NewEnvironment& wanted) {
    if (!wanted.preset) return {};
    const auto* preset = std::ranges::find(presets, *wanted.preset, &Preset::name);
    if (preset == presets.end()) {
        return refuse(Errc::bad_input, "no such preset", "use servicetitan-integration or servicetitan-production");
    }
    environment.kind = EnvironmentKind::upstream;
    environment.token_endpoint = preset->token_endpoint;
    environment.host_aliases = {std::string{preset->host_alias}};
    environment.tenant_claim_required = true;
    return {};
}

/// Nothing where none was named.
Result<std::optional<SigningAlgorithm>> algorithm_for(EnvironmentKind kind, const std::optional<std::string>& named) {
    if (!named) return std::optional<SigningAlgorithm>{};
    if (kind == EnvironmentKind::upstream) {
        return refuse(Errc::bad_input, "the tokens of an upstream environment are signed elsewhere",
                      "leave out --signing-alg");
    }
    const auto algorithm = signing_algorithm(*named);
    if (!algorithm) {
        return refuse(Errc::bad_input, "no such signing algorithm", "give --signing-alg EdDSA, RS256 or ES256");
    }
    return algorithm;
}

Result<Environment> fields_of(const NewEnvironment& wanted) {
    Environment environment;
    environment.name = wanted.name;
    if (auto name = check_environment_name(wanted.name); !name) return name.error();
    if (auto preset = apply_preset(environment, wanted); !preset) return preset.error();
    if (!wanted.kind && !wanted.preset) {
        return refuse(Errc::bad_input, "the kind is missing", "give --kind local or --kind upstream");
    }
    if (wanted.kind) {
        const auto kind = environment_kind(*wanted.kind);
        if (!kind || (wanted.preset && *kind != environment.kind)) {
            return refuse(Errc::bad_input, "no such kind here", "give --kind local or --kind upstream");
        }
        environment.kind = *kind;
    }
    if (wanted.token_endpoint) environment.token_endpoint = *wanted.token_endpoint;
    if (wanted.client_auth) {
        const auto auth = client_auth(*wanted.client_auth);
        if (!auth) return refuse(Errc::bad_input, "no such client authentication", "give --client-auth post or basic");
        environment.client_auth = *auth;
    }
    add_aliases(environment.host_aliases, wanted.host_aliases);
    environment.ca_file = wanted.ca_file.value_or("");
    environment.allow_loopback_http = wanted.allow_loopback_http;
    environment.developer_access = wanted.developer_access.value_or(wanted.name == "integration");
    environment.resources = each_once(wanted.resources);
    if (environment.kind == EnvironmentKind::local) {
        environment.issuer = wanted.issuer.value_or("http://localhost/" + wanted.name);
    }
    return environment;
}

Result<void> check_kind_rules(const Environment& environment, const NewEnvironment& wanted) {
    if (environment.kind == EnvironmentKind::upstream) {
        if (wanted.issuer) {
            return refuse(Errc::bad_input, "an upstream environment has its issuer elsewhere", "leave out --issuer");
        }
        if (!environment.ca_file.empty() &&
            (environment.ca_file.front() != '/' || environment.ca_file.size() > path_limit)) {
            return refuse(Errc::bad_input, "the CA file is no absolute path", "give --ca-file /PATH/TO/ca.pem");
        }
        if (!environment.resources.empty()) {
            return refuse(Errc::bad_input, "whom upstream tokens are for is their token endpoint's to say",
                          "leave out --resource");
        }
        return check_endpoint(environment);
    }
    if (!environment.token_endpoint.empty() || !environment.ca_file.empty() || environment.allow_loopback_http) {
        return refuse(Errc::bad_input, "a local environment has no endpoint elsewhere",
                      "use --kind upstream, or leave out --token-endpoint, --ca-file and --allow-loopback-http");
    }
    const auto issuer = boost::urls::parse_uri(environment.issuer);
    if (!issuer || !(issuer->scheme() == "https" || issuer->scheme() == "http") || issuer->encoded_host().empty() ||
        issuer->has_userinfo() || issuer->has_query() || issuer->has_fragment() ||
        environment.issuer.size() > url_limit) {
        return refuse(Errc::bad_input, "the issuer is not an http or https URL without query and fragment",
                      fmt::format("give --issuer https://HOST/{}", environment.name));
    }
    return check_resources(environment);
}

/// Programs live on what is connected: it is paused first, so that nothing else than the deletion ends it.
Result<void> check_is_idle(Transaction& tx, const Environment& environment,
                           const std::vector<Connection>& connections) {
    constexpr std::size_t named = 3;
    std::vector<std::string> names;
    std::size_t connected = 0;
    for (const auto& connection : connections) {
        if (connection.state != ConnectionState::connected) continue;
        if (++connected <= named) names.push_back(complete(tx, connection).name());
    }
    if (connected == 0) return {};
    return refuse(Errc::wrong_state,
                  fmt::format("{} connections of {} are connected: {}{}", connected, environment.name,
                              fmt::join(names, ", "), connected > named ? " …" : ""),
                  fmt::format("disable them, and see that nobody misses them: jeton access disable --environment {0} "
                              "--reason \"{0} is going to be deleted\"",
                              environment.name));
}

/// Roles in tenants of the environment. Gives back how many.
std::int64_t erase_grants(Transaction& tx, const std::vector<Tenant>& tenants) {
    std::set<std::string> ids;
    for (const auto& tenant : tenants) ids.insert(tenant.id.text);
    std::int64_t erased = 0;
    for (const auto& grant : roles::list(tx)) {
        if (grant.tenant.text.empty() || !ids.contains(grant.tenant.text)) continue;
        tx.erase(grant);
        ++erased;
    }
    return erased;
}

bool same_fields(const Environment& left, const Environment& right) {
    return left.kind == right.kind && left.token_endpoint == right.token_endpoint &&
           left.client_auth == right.client_auth && left.host_aliases == right.host_aliases &&
           left.ca_file == right.ca_file && left.allow_loopback_http == right.allow_loopback_http &&
           left.developer_access == right.developer_access && left.resources == right.resources;
}

/// What an operator says of a new environment. The issuer of an upstream one is learned, not said.
bool is_as_wanted(Transaction& tx, const Environment& existing, const Environment& wanted, SigningAlgorithm algorithm) {
    return same_fields(existing, wanted) &&
           (existing.kind == EnvironmentKind::upstream ||
            (existing.issuer == wanted.issuer && signing_key_of(tx, existing).algorithm == algorithm));
}

Result<void> apply(const EnvironmentEdit& edit, Environment& environment) {
    environment.developer_access = edit.developer_access.value_or(environment.developer_access);
    if (edit.host_aliases) {
        environment.host_aliases.clear();
        add_aliases(environment.host_aliases, *edit.host_aliases);
    }
    if (edit.resources) environment.resources = each_once(*edit.resources);
    if (edit.client_auth) {
        const auto auth = client_auth(*edit.client_auth);
        if (!auth) return refuse(Errc::bad_input, "no such client authentication", "give --client-auth post or basic");
        if (environment.kind == EnvironmentKind::local) {
            return refuse(Errc::bad_input, "a local environment has no endpoint elsewhere", "leave out --client-auth");
        }
        environment.client_auth = *auth;
    }
    if (edit.forget_issuer && environment.kind == EnvironmentKind::local) {
        return refuse(Errc::bad_input, "a local environment is its own issuer", "leave out --forget-issuer");
    }
    const bool moves = edit.token_endpoint && *edit.token_endpoint != environment.token_endpoint;
    if (edit.forget_issuer || (moves && environment.kind == EnvironmentKind::upstream)) environment.issuer.clear();
    environment.token_endpoint = edit.token_endpoint.value_or(environment.token_endpoint);
    environment.ca_file = edit.ca_file.value_or(environment.ca_file);
    environment.allow_loopback_http = edit.allow_loopback_http.value_or(environment.allow_loopback_http);
    return {};
}

Error needs_import_anew(const Environment& environment, std::size_t bound) {
    return refuse(
        Errc::wrong_state,
        fmt::format("secrets are sent only where they were imported for: {} of {} would get no token until {}",
                    bound == 1 ? "1 connection" : fmt::format("{} connections", bound), environment.name,
                    bound == 1 ? "its pair is imported anew" : "their pairs are imported anew"),
        fmt::format("if that is what you want: jeton environment edit {} … --import-anew; then jeton secret "
                    "import CONNECTION for each",
                    environment.name));
}

/// For the audit: what is different now.
std::string differences(const Environment& before, const Environment& after) {
    std::vector<std::string> parts;
    const auto yes_or_no = [](bool flag) { return flag ? "yes" : "no"; };
    if (before.developer_access != after.developer_access) {
        parts.push_back(fmt::format("developer access: {}", yes_or_no(after.developer_access)));
    }
    if (before.host_aliases != after.host_aliases) {
        parts.push_back(fmt::format("host aliases: {}", fmt::join(after.host_aliases, ", ")));
    }
    if (before.token_endpoint != after.token_endpoint) {
        parts.push_back(fmt::format("token endpoint: {}, was {}", after.token_endpoint, before.token_endpoint));
    }
    if (before.client_auth != after.client_auth) {
        parts.push_back(fmt::format("client authentication: {}", name_of(after.client_auth)));
    }
    if (before.ca_file != after.ca_file) {
        parts.push_back(fmt::format("CA file: {}", after.ca_file.empty() ? "the system's" : after.ca_file));
    }
    if (before.allow_loopback_http != after.allow_loopback_http) {
        parts.push_back(fmt::format("loopback HTTP: {}", yes_or_no(after.allow_loopback_http)));
    }
    if (before.resources != after.resources) {
        parts.push_back(after.resources.empty() ? "no resources"
                                                : fmt::format("resources: {}", fmt::join(after.resources, ", ")));
    }
    if (before.issuer != after.issuer) parts.push_back(fmt::format("issuer forgotten: {}", before.issuer));
    return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::vector<std::string> resources_of(const Environment& environment) {
    if (environment.kind != EnvironmentKind::local) return {};
    auto resources = environment.resources;
    if (std::ranges::find(resources, environment.issuer) == resources.end()) {
        resources.insert(resources.begin(), environment.issuer);
    }
    return resources;
}

bool has_resource(const Environment& environment, std::string_view resource) {
    const auto resources = resources_of(environment);
    return std::ranges::find(resources, resource) != resources.end();
}

std::string_view portal_environment(std::string_view host) {
    const auto* preset = std::ranges::find(presets, host, &Preset::host_alias);
    return preset == presets.end() ? std::string_view{} : preset->name.substr(preset->name.find('-') + 1);
}

Result<Environment> create_environment(Transaction& tx, const Peer& peer, const NewEnvironment& wanted, UtcSeconds now,
                                       KeyPairs pairs) {
    auto environment = fields_of(wanted);
    if (!environment) return environment.error();
    if (auto rules = check_kind_rules(*environment, wanted); !rules) return rules.error();
    const auto named = algorithm_for(environment->kind, wanted.signing_alg);
    if (!named) return named.error();
    const auto algorithm = named->value_or(SigningAlgorithm::eddsa);
    if (const auto existing = environments::find(tx, environment->name)) {
        if (wanted.if_not_exists && is_as_wanted(tx, *existing, *environment, algorithm)) return *existing;
        return refuse(Errc::already_exists, fmt::format("environment {} exists", environment->name),
                      fmt::format("jeton environment show {}", environment->name));
    }
    if (auto aliases = check_aliases(tx, *environment); !aliases) return aliases.error();

    environment->id = EnvironmentId::fresh();
    environment->created_at = now;
    environment->wrapped_data_key =
        wrap_data_key(tx.root(), DataKey::generate(), environment->id.text, environment->key_generation);
    tx.insert(*environment);
    if (environment->kind == EnvironmentKind::local) {
        tx.insert(make_signing_key(tx.data_key(*environment), *environment, pairs.take(algorithm), now));
    }
    record(tx, peer, {.event = "environment.created", .subject = environment->name}, now);
    return environment;
}

Result<Environment> edit_environment(Transaction& tx, const Peer& peer, std::string_view name,
                                     const EnvironmentEdit& edit, UtcSeconds now, KeyPairs pairs) {
    auto environment = find_environment(tx, name);
    if (!environment) return environment.error();
    const auto before = *environment;
    if (auto fields = apply(edit, *environment); !fields) return fields.error();
    if (auto rules = check_kind_rules(*environment, {}); !rules) return rules.error();
    if (auto aliases = check_aliases(tx, *environment); !aliases) return aliases.error();
    const auto algorithm = algorithm_for(environment->kind, edit.signing_alg);
    if (!algorithm) return algorithm.error();
    const bool signs_otherwise = *algorithm && signing_key_of(tx, before).algorithm != **algorithm;
    const bool same = same_fields(*environment, before) && environment->issuer == before.issuer;
    if (same && !signs_otherwise) return environment;
    const bool moves = destination_of(*environment) != destination_of(before);
    if (moves) {
        const auto bound = count_bound(tx, before);
        if (bound > 0 && !edit.import_anew) return needs_import_anew(before, bound);
        name_destinations(tx, before);
    }
    tx.update(*environment);
    auto detail = differences(before, *environment);
    if (signs_otherwise) {
        const auto replaced = replace_signing_key(tx, *environment, **algorithm, pairs, now);
        detail += fmt::format("{}{}", detail.empty() ? "" : "; ", described(replaced));
    }
    record(tx, peer, {.event = "environment.edited", .subject = environment->name, .detail = std::move(detail)}, now);
    return environment;
}

void learn_issuer(Transaction& tx, const EnvironmentId& id, std::string_view destination, const std::string& issuer,
                  UtcSeconds now) {
    auto environment = environments::get(tx, id);
    if (!environment || !environment->issuer.empty() || destination_of(*environment) != destination) return;
    environment->issuer = issuer;
    tx.update(*environment);
    tx.append_audit(
        audit::own_entry(now, "environment.issuer_learned", environment->name,
                         fmt::format("the first token names {}; any other is refused from now on", issuer)));
}

Result<DeletedEnvironment> delete_environment(Transaction& tx, const Peer& peer, std::string_view name, UtcSeconds now,
                                              bool if_never_allowed) {
    const auto environment = find_environment(tx, name);
    if (!environment) return environment.error();
    const auto connections = connections::of_environment(tx, environment->id);
    if (if_never_allowed) {
        if (auto nobodys = check_never_allowed(tx, environment->name, connections); !nobodys) return nobodys.error();
    }
    if (auto idle = check_is_idle(tx, *environment, connections); !idle) return idle.error();
    DeletedEnvironment deleted;
    deleted.name = environment->name;
    auto& erased = deleted.erased;
    for (const auto& connection : connections) {
        deleted.connections.push_back(connection.id);
        erase_connection(tx, connection, erased);
    }
    for (const auto& binding : bindings::of_environment(tx, environment->id)) {
        tx.erase(binding);
        ++erased.bindings;
    }
    const auto tenants = tenants::list(tx, environment->id);
    const auto grants = erase_grants(tx, tenants);
    for (const auto& tenant : tenants) tx.erase(tenant);
    deleted.tenants = static_cast<std::int64_t>(tenants.size());
    for (const auto& key : signing_keys::of(tx, environment->id)) tx.erase(key);
    tx.erase(*environment);
    tx.destroys_key();
    record(tx, peer,
           {.event = "environment.deleted",
            .subject = environment->name,
            .detail = fmt::format(
                "{} tenants, {} connections, {} secrets, {} pairs, {} tickets, {} bindings, {} roles; its data key",
                tenants.size(), erased.connections, erased.secrets, erased.pairs, erased.tickets, erased.bindings,
                grants)},
           now);
    return deleted;
}

}  // namespace jeton::vault
