/// Public keys by which the client of a connection proves who it is: connection key add|list|remove.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/connection_cells.hpp"
#include "cli/context.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t key_limit = 16UZ * 1024;

constexpr std::string_view paste_here =
    "The public key, as PEM (-----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----) or as a JWK; then Ctrl-D:\n";

bool is_text(std::string_view key) {
    return std::ranges::all_of(key,
                               [](unsigned char c) { return (c >= 0x20 && c != 0x7f) || (c >= '\t' && c <= '\r'); });
}

struct AddArgs {
    std::string connection;
    std::optional<std::int64_t> expires_in;
};

int add(Context& context, const AddArgs& args) {
    const auto path = connection_path(args.connection, "/keys");
    if (!path) return context.fail(path.error());
    // It may be the private key, given by mistake.
    const auto key = read_pasted(context.terminal(), paste_here, key_limit, "give one public key, as PEM or as a JWK");
    if (!key) return context.fail(key.error());
    if (!is_text(key->view())) {
        return context.fail(
            refuse(
                "bad_input", "what came on stdin is binary (DER?), and a public key is taken as PEM or as a JWK",
                fmt::format("openssl pkey -pubin -inform DER -in FILE | jeton connection key add {}", args.connection))
                .error());
    }
    if (key->empty()) {
        return context.fail(refuse("bad_input", "no public key came on stdin",
                                   fmt::format("jeton connection key add {} < public.pem", args.connection))
                                .error());
    }
    json::object body;
    add_text(body, "key", key->view());
    if (args.expires_in) body["expires_in"] = *args.expires_in;
    const auto answer = context.ask(Call::change(*path, std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    context.write(pairs_text({{"Connection", field(answer->tree, "connection")},
                              {"KID", field(answer->tree, "kid")},
                              {"Algorithm", field(answer->tree, "algorithm")},
                              {"Client ID", field(answer->tree, "client_id")},
                              {"Audience", field(answer->tree, "audience")},
                              {"Expires", field(answer->tree, "expires_at")}}));
    context.say(field(answer->tree, "message"));
    return exit_code::done;
}

int list(Context& context, const std::string& connection) {
    const auto path = connection_path(connection, "/keys");
    if (!path) return context.fail(path.error());
    const auto answer = context.ask_all(Call::get(*path));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    context.show(client_keys_table(answer->tree), "no key; jeton connection key add --help");
    return exit_code::done;
}

struct RemoveArgs {
    std::string connection;
    std::string kid;
};

int remove(Context& context, const RemoveArgs& args) {
    const auto path = connection_path(args.connection, "/keys/" + percent_encoded(args.kid));
    if (!path) return context.fail(path.error());
    const auto refused = context.confirm(
        fmt::format("Assertions by the key {} of {} are refused from then on.", args.kid, args.connection));
    if (refused) return context.fail(*refused);
    return context.report(context.ask(Call::remove(*path)));
}

}  // namespace

void add_connection_key_verbs(CommandLine& line) {
    line.noun("connection key", "Public keys by which a client proves who it is, instead of a secret or beside it");
    const auto added = std::make_shared<AddArgs>();
    line.verb("connection key add",
              "Register a public key, which comes on stdin as PEM or as a JWK.\n"
              "Whoever holds the private key then gets tokens by private_key_jwt (RFC 7523).",
              "jeton connection key add dispatcher/1234567@integration < public.pem")
        .needs("CONNECTION", added->connection, "APP/TENANT@ENVIRONMENT")
        .duration("--expires", added->expires_in, "How long it is taken, such as 30d", {.least = 60})
        .runs([added](Context& context) { return add(context, *added); });
    const auto listed = std::make_shared<std::string>();
    line.verb("connection key list", "List the keys of a connection",
              "jeton connection key list dispatcher/1234567@integration")
        .needs("CONNECTION", *listed, "APP/TENANT@ENVIRONMENT")
        .runs([listed](Context& context) { return list(context, *listed); });
    const auto removed = std::make_shared<RemoveArgs>();
    line.verb("connection key remove", "! Refuse what a key signs from now on",
              "jeton connection key remove dispatcher/1234567@integration KID --yes")
        .needs("CONNECTION", removed->connection, "APP/TENANT@ENVIRONMENT")
        .needs("KID", removed->kid, "As listed")
        .runs([removed](Context& context) { return remove(context, *removed); });
}

}  // namespace jeton::cli
