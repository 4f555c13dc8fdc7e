/// What a token is worth (RFC 7662), from the token socket as any resource server asks: introspect.
#include <memory>

#include "cli/context.hpp"
#include "cli/presented_token.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

/// A time of RFC 7662, seconds since 1970, for a person.
std::string time_text(const json::value& answer, std::string_view name) {
    const auto seconds = integer(answer, name);
    return seconds ? rfc3339(*seconds) : std::string{};
}

/// One audience, or several (RFC 7519 §4.1.3).
std::string audience_text(const json::value& answer) {
    const auto one = field(answer, "aud");
    return one.empty() ? joined(answer, "aud", ", ") : one;
}

int introspect(Context& context, const std::string& environment) {
    const auto call = present_token(context, environment, "introspect");
    if (!call) return context.fail(call.error());
    const auto answer = ask_about_token(context, *call, environment, "introspect");
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    const auto& found = answer->tree;
    context.write(pairs_text({{"active", field(found, "active")},
                              {"connection", field(found, "connection")},
                              {"app", field(found, "app")},
                              {"tenant", field(found, "tenant")},
                              {"scope", field(found, "scope")},
                              {"client ID", field(found, "client_id")},
                              {"subject", field(found, "sub")},
                              {"audience", audience_text(found)},
                              {"issuer", field(found, "iss")},
                              {"issued", time_text(found, "iat")},
                              {"expires", time_text(found, "exp")},
                              {"token ID", field(found, "jti")}}));
    return exit_code::done;
}

}  // namespace

void add_introspect_verb(CommandLine& line) {
    const auto environment = std::make_shared<std::string>();
    line.verb("introspect",
              "Say whether a token is good, and for what; the token comes on stdin.\n"
              "Needs a binding: jeton binding add --introspect ENVIRONMENT",
              "jeton token dispatcher/1234567@integration | jeton introspect integration")
        .needs("ENVIRONMENT", *environment, "Where the token is from")
        .runs([environment](Context& context) { return introspect(context, *environment); });
}

}  // namespace jeton::cli
