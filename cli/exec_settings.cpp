#include "cli/exec_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "cli/dotenv.hpp"
#include "cli/suggestion.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

constexpr std::string_view scheme = "jeton://";

constexpr std::array<std::pair<std::string_view, Member>, 10> members{{
    {"access_token", Member::access_token},
    {"token_file", Member::token_file},
    {"app_key", Member::app_key},
    {"connection", Member::connection},
    {"app", Member::app},
    {"tenant", Member::tenant},
    {"environment", Member::environment},
    {"token_url", Member::token_url},
    {"client_id", Member::client_id},
    {"client_secret", Member::client_secret},
}};

std::vector<std::string> member_names() {
    std::vector<std::string> names;
    names.reserve(members.size());
    for (const auto& [name, member] : members) names.emplace_back(name);
    return names;
}

Result<Member> read_member(std::string_view word) {
    const auto* found = std::ranges::find(members, word, &std::pair<std::string_view, Member>::first);
    if (found != members.end()) return found->second;
    const auto meant = nearest(word, member_names());
    return refuse_usage(fmt::format("a connection has no member \"{}\"{}", printable(word),
                                    meant ? fmt::format("; did you mean {}?", *meant) : std::string{}),
                        fmt::format("one of {}", fmt::join(member_names(), ", ")));
}

}  // namespace

bool needs_token(Member member) {
    return member == Member::access_token || member == Member::token_file || member == Member::app_key;
}

bool needs_server(Member member) {
    return member == Member::token_url || member == Member::client_id || member == Member::client_secret;
}

Result<Reference> read_reference(std::string_view text) {
    const auto rest = text.substr(scheme.size());
    const auto slash = rest.rfind('/');
    const auto connection = rest.substr(0, slash);
    if (slash == std::string_view::npos || !connection_path(connection)) {
        return refuse_usage(fmt::format("\"{}\" is no reference", printable(text)),
                            "write jeton://APP/TENANT@ENVIRONMENT/member, for example "
                            "jeton://dispatcher/1234567@production/client_id");
    }
    const auto member = read_member(rest.substr(slash + 1));
    if (!member) return std::unexpected{member.error()};
    return Reference{std::string{connection}, *member};
}

Result<Setting> read_env_option(std::string_view word, const std::string& connection) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    if (equals == std::string_view::npos || !is_variable_name(name)) {
        // The word itself may hold a secret that belongs elsewhere.
        return refuse_usage("--env takes NAME=member", "for example --env ST_CLIENT_ID=client_id");
    }
    const auto value = word.substr(equals + 1);
    Setting setting{std::string{name}, Reference{connection, {}}, "--env"};
    if (value.starts_with(scheme)) {
        auto reference = read_reference(value);
        if (!reference) return std::unexpected{reference.error()};
        setting.value = *std::move(reference);
    } else {
        const auto member = read_member(value);
        if (!member) return std::unexpected{member.error()};
        setting.value = Reference{connection, *member};
    }
    return setting;
}

Result<std::vector<Setting>> read_env_file(std::string_view text, std::string_view file) {
    auto lines = read_dotenv(text, file);
    if (!lines) return std::unexpected{lines.error()};
    std::vector<Setting> settings;
    for (auto& line : *lines) {
        Setting setting{std::move(line.name), client::WipedText{}, fmt::format("{}, line {}", file, line.line)};
        if (line.value.view().starts_with(scheme)) {
            auto reference = read_reference(line.value.view());
            if (!reference) {
                return refuse("bad_input",
                              fmt::format("{}, line {}: {}", printable(file), line.line, reference.error().what),
                              reference.error().next);
            }
            setting.value = *std::move(reference);
        } else {
            setting.value = std::move(line.value);
        }
        settings.push_back(std::move(setting));
    }
    return settings;
}

}  // namespace jeton::cli
