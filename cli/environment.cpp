/// Isolated worlds: environment create|list|show|edit|delete.
#include <memory>

#include <fmt/format.h>

#include "cli/connection_cells.hpp"
#include "cli/context.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

struct CreateArgs {
    std::string environment, kind, preset, token_endpoint, client_auth, ca_file, issuer, developer_access, signing_alg;
    std::vector<std::string> host_aliases, resources;
    bool allow_loopback_http = false;
    bool if_not_exists = false;
};

/// How many connections, with the command that lists them; empty where there is none.
std::string strandeds(const json::value& environment) {
    const auto count = field(environment, "need_import");
    if (count.empty() || count == "0") return {};
    return fmt::format("{}: jeton connection list --environment {} --missing-secret", count,
                       field(environment, "environment"));
}

/// One that signs, and those whose tokens still live.
std::string signing_keys(const json::value& environment) {
    std::string text;
    for (const auto& key : elements(member(environment, "signing_keys"))) {
        const auto until = field(key, "published_until");
        text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", field(key, "alg"), field(key, "kid"),
                            until.empty() ? "" : " (until " + until + ")");
    }
    return text;
}

std::string environment_text(const json::value& environment) {
    return pairs_text({{"environment", field(environment, "environment")},
                       {"kind", field(environment, "kind")},
                       {"token endpoint", field(environment, "token_endpoint")},
                       {"client auth", field(environment, "client_auth")},
                       {"host aliases", joined(environment, "host_aliases", ", ")},
                       {"CA file", field(environment, "ca_file")},
                       {"loopback HTTP", field(environment, "allow_loopback_http")},
                       {"developers may hold secrets", field(environment, "developer_access")},
                       {"issuer", field(environment, "issuer")},
                       {"signing keys", signing_keys(environment)},
                       {"resources", joined(environment, "resources", ", ")},
                       {"connections", field(environment, "connections")},
                       {"need their pair imported anew", strandeds(environment)}});
}

int create(Context& context, const CreateArgs& args) {
    json::object body;
    add_text(body, "environment", args.environment);
    add_text(body, "kind", args.kind);
    add_text(body, "preset", args.preset);
    add_text(body, "token_endpoint", args.token_endpoint);
    add_text(body, "client_auth", args.client_auth);
    add_text(body, "ca_file", args.ca_file);
    add_text(body, "issuer", args.issuer);
    if (!args.host_aliases.empty()) add_texts(body, "host_aliases", args.host_aliases);
    if (!args.resources.empty()) add_texts(body, "resources", args.resources);
    if (args.allow_loopback_http) body["allow_loopback_http"] = true;
    add_text(body, "signing_alg", args.signing_alg);
    if (!args.developer_access.empty()) body["developer_access"] = args.developer_access == "yes";
    if (args.if_not_exists) body["if_not_exists"] = true;
    const auto answer = context.ask(Call::change("/v1/environments", std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer))
        context.say(fmt::format("environment {} is there", field(answer->tree, "environment")));
    return exit_code::done;
}

int list(Context& context) {
    const auto answer = context.ask_all(Call::get("/v1/environments"));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"ENVIRONMENT", "KIND", "CONNECTIONS", "TOKEN ENDPOINT"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back(
            {field(one, "environment"), field(one, "kind"), field(one, "connections"), field(one, "token_endpoint")});
    }
    context.show(table, "no environment yet; make one: jeton environment create integration --kind local");
    return exit_code::done;
}

int show(Context& context, const std::string& environment) {
    const auto answer = context.ask(Call::get("/v1/environments/" + percent_encoded(environment)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer)) context.write(environment_text(answer->tree));
    return exit_code::done;
}

struct EditArgs {
    std::string environment, developer_access, token_endpoint, client_auth, allow_loopback_http, signing_alg;
    std::vector<std::string> ca_file;  ///< one, perhaps empty, or none
    std::vector<std::string> host_aliases, resources;
    bool import_anew = false;
    bool forget_issuer = false;

    [[nodiscard]] bool names_nothing() const {
        return developer_access.empty() && host_aliases.empty() && resources.empty() && token_endpoint.empty() &&
               client_auth.empty() && allow_loopback_http.empty() && ca_file.empty() && signing_alg.empty() &&
               !forget_issuer;
    }
};

/// Instead of those so far; one that is empty takes them all away, none leaves them.
void add_new_list(json::object& body, std::string_view name, const std::vector<std::string>& given) {
    if (given.empty()) return;
    const bool takes_all_away = given.size() == 1 && given.front().empty();
    add_texts(body, name, takes_all_away ? std::vector<std::string>{} : given);
}

int edit(Context& context, const EditArgs& args) {
    if (args.names_nothing()) {
        return context.fail(
            refuse_usage("say what becomes different: --developer-access, --host-alias, --resource, --token-endpoint, "
                         "--client-auth, --ca-file, --allow-loopback-http, --signing-alg or --forget-issuer",
                         "jeton environment edit --help")
                .error());
    }
    json::object body;
    if (!args.developer_access.empty()) body["developer_access"] = args.developer_access == "yes";
    add_new_list(body, "host_aliases", args.host_aliases);
    add_new_list(body, "resources", args.resources);
    add_text(body, "token_endpoint", args.token_endpoint);
    add_text(body, "client_auth", args.client_auth);
    if (!args.ca_file.empty()) body["ca_file"] = args.ca_file.front();
    if (!args.allow_loopback_http.empty()) body["allow_loopback_http"] = args.allow_loopback_http == "yes";
    add_text(body, "signing_alg", args.signing_alg);
    if (args.import_anew) body["import_anew"] = true;
    if (args.forget_issuer) body["forget_issuer"] = true;
    const auto path = "/v1/environments/" + percent_encoded(args.environment);
    const auto answer = context.ask(Call::edit(path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (!context.wrote_json(*answer) && !context.options().quiet) context.write(environment_text(answer->tree));
    context.warn(answer->tree);
    return exit_code::done;
}

int remove(Context& context, const std::string& environment) {
    const auto path = "/v1/environments/" + percent_encoded(environment);
    if (context.will_ask()) {  // a listing of no connections would not tell that there is no such environment
        const auto there = context.ask(Call::get(path));
        if (!there) return context.fail(there.error());
    }
    auto question = fmt::format(
        "Deleting environment {} is permanent and cannot be undone: its tenants, its connections with their client IDs "
        "and client secrets, its bindings, its signing keys and its data key die with it.",
        environment);
    auto listing = Call::get("/v1/connections", {{"environment", environment}});
    if (const auto refused = confirm_with_connections(context, std::move(question), std::move(listing)))
        return context.fail(*refused);
    return context.report(context.ask(Call::remove(path)));
}

}  // namespace

void add_environment_verbs(CommandLine& line) {
    line.noun("environment", "Isolated worlds, such as integration and production");
    const auto args = std::make_shared<CreateArgs>();
    line.verb("environment create", "Make an environment",
              "jeton environment create production --kind upstream --preset servicetitan-production")
        .needs("ENVIRONMENT", args->environment, "Its name")
        .choice("--kind", args->kind, {"local", "upstream"}, "Who issues: this daemon, or a portal elsewhere")
        .option("--preset", args->preset, "servicetitan-integration|servicetitan-production",
                "A known portal: its endpoint, its host alias, and what is compared in its tokens")
        .option("--token-endpoint", args->token_endpoint, "URL", "Where upstream tokens come from")
        .choice("--client-auth", args->client_auth, {"post", "basic"}, "How the secret is sent upstream")
        .repeated("--host-alias", args->host_aliases, "H", "A Host name that selects this environment; may be repeated")
        .repeated("--resource", args->resources, "URI",
                  "Local: whom a token may be for, beside the environment itself (RFC 8707); may be repeated")
        .option("--ca-file", args->ca_file, "F", "Certificates that the token endpoint is checked against")
        .option("--issuer", args->issuer, "URL", "Who local tokens say made them; http://localhost/ENVIRONMENT")
        .flag("--allow-loopback-http", args->allow_loopback_http, "Allow http:// to 127.0.0.1, for tests")
        .choice("--developer-access", args->developer_access, {"yes", "no"}, "May developers hold secrets here")
        .choice("--signing-alg", args->signing_alg, {"EdDSA", "RS256", "ES256"},
                "What a local environment signs its tokens with; EdDSA if it is left out")
        .flag("--if-not-exists", args->if_not_exists, "Succeed if it exists with the same fields")
        .runs([args](Context& context) { return create(context, *args); });
    line.verb("environment list", "List the environments", "jeton environment list").runs(list);
    const auto shown = std::make_shared<std::string>();
    line.verb("environment show", "Show one environment", "jeton environment show integration")
        .needs("ENVIRONMENT", *shown, "Its name")
        .runs([shown](Context& context) { return show(context, *shown); });
    const auto edited = std::make_shared<EditArgs>();
    line.verb("environment edit", "Change what is not fixed when an environment is made",
              "jeton environment edit production --developer-access no")
        .needs("ENVIRONMENT", edited->environment, "Its name")
        .choice("--developer-access", edited->developer_access, {"yes", "no"}, "May developers hold secrets here")
        .edited_list("--host-alias", edited->host_aliases, "H",
                     "A Host name that selects this environment, instead of those so far; may be repeated; '': none")
        .edited_list("--resource", edited->resources, "URI",
                     "Whom a token may be for (RFC 8707), instead of those so far; may be repeated; '': none")
        .option("--token-endpoint", edited->token_endpoint, "URL", "Where upstream tokens come from")
        .choice("--client-auth", edited->client_auth, {"post", "basic"}, "How the secret is sent upstream")
        .edited("--ca-file", edited->ca_file, "F",
                "Certificates that the token endpoint is checked against; '': those of the system")
        .choice("--allow-loopback-http", edited->allow_loopback_http, {"yes", "no"},
                "Allow http:// to 127.0.0.1, for tests")
        .choice("--signing-alg", edited->signing_alg, {"EdDSA", "RS256", "ES256"},
                "What a local environment signs its tokens with, by a new key")
        .flag("--import-anew", edited->import_anew,
              "Change endpoint, client authentication or CA file although each pair must then be imported anew")
        .flag("--forget-issuer", edited->forget_issuer,
              "Learn anew who makes the tokens: the issuer that the next token names")
        .runs([edited](Context& context) { return edit(context, *edited); });
    const auto deleted = std::make_shared<std::string>();
    line.verb("environment delete", "! Delete an environment with all its connections and its data key, for ever",
              "jeton environment delete sandbox --yes")
        .needs("ENVIRONMENT", *deleted, "Its name")
        .runs([deleted](Context& context) { return remove(context, *deleted); });
}

}  // namespace jeton::cli
