#include "cli/pair_fields.hpp"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "libclient/protocol/ascii.hpp"
#include "libclient/protocol/portal_word.hpp"

namespace jeton::cli {
namespace {

using enum PairField;

struct Known {
    std::string_view name;
    PairField field;
};

/// Of variables, behind their prefix; the longest that fits counts.
constexpr std::array variables{
    Known{"API_ENVIRONMENT", environment},
    Known{"CLIENT_SECRET", client_secret},
    Known{"ENVIRONMENT", environment},
    Known{"TENANT_NAME", tenant_name},
    Known{"CLIENT_ID", client_id},
    Known{"TENANT_ID", tenant},
    Known{"TOKEN_URL", token_url},
    Known{"AUTH_URL", token_url},
    Known{"APP_KEY", app_key},
    Known{"SANDBOX", sandbox},
    Known{"TENANT", tenant},
    Known{"ENV", environment},
};

/// Of columns, without anything but letters and digits.
constexpr std::array columns{
    Known{"clientid", client_id},
    Known{"clientsecret", client_secret},
    Known{"secret", client_secret},
    Known{"appkey", app_key},
    Known{"tenantid", tenant},
    Known{"tenant", tenant},
    Known{"tenantname", tenant_name},
    Known{"name", tenant_name},
    Known{"customer", tenant_name},
    Known{"customername", tenant_name},
    Known{"organization", tenant_name},
    Known{"organisation", tenant_name},
    Known{"company", tenant_name},
    Known{"environment", environment},
    Known{"apienvironment", environment},
    Known{"env", environment},
    Known{"sandbox", sandbox},
    Known{"tokenurl", token_url},
    Known{"authurl", token_url},
};

constexpr std::array<std::string_view, 3> portal_prefixes{"SERVICETITAN_", "SERVICE_TITAN_", "ST_"};
constexpr std::array<std::string_view, 2> portal_column_prefixes{"servicetitan", "st"};

/// What pasting brings along: white space of ASCII, the no-break space, the zero-width space, the byte order mark.
constexpr std::array<std::string_view, 9> white_space{" ",  "\t",       "\r",           "\n",          "\v",
                                                      "\f", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"};

std::string upper_case(std::string_view text) {
    std::string upper{text};
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return upper;
}

const Known* column(std::string_view plain) {
    const auto* found = std::ranges::find(columns, plain, &Known::name);
    return found == columns.end() ? nullptr : found;
}

std::string host_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
    return protocol::lower_case(url.substr(0, url.rfind(':')));
}

std::optional<std::string> word_of_sandbox(std::string_view text) {
    const auto word = protocol::lower_case(text);
    if (word == "true" || word == "1" || word == "yes" || word == "on") return "integration";
    if (word == "false" || word == "0" || word == "no" || word == "off") return "production";
    return std::nullopt;
}

/// The hosts of the portal's own token endpoints say the same as its words.
std::string word_of_host(const std::string& host) {
    if (host == "auth.servicetitan.io") return "production";
    if (host == "auth-integration.servicetitan.io") return "integration";
    return host;
}

}  // namespace

std::optional<PairName> pair_name(std::string_view name) {
    const auto upper = upper_case(name);
    for (const auto& known : variables) {
        if (!upper.ends_with(known.name)) continue;
        auto prefix = upper.substr(0, upper.size() - known.name.size());
        if (prefix.empty() || prefix.ends_with('_')) return PairName{std::move(prefix), known.field};
    }
    return std::nullopt;
}

bool is_portal_prefix(std::string_view prefix) {
    return std::ranges::any_of(portal_prefixes, [&](std::string_view known) {
        if (!prefix.ends_with(known)) return false;
        prefix.remove_suffix(known.size());
        return prefix.empty() || prefix.ends_with('_');
    });
}

std::optional<PairField> column_field(std::string_view name) {
    auto plain = protocol::lower_case(name);
    std::erase_if(plain, [](unsigned char c) { return std::isalnum(c) == 0; });
    if (const auto* known = column(plain)) return known->field;
    for (const auto prefix : portal_column_prefixes) {
        if (!plain.starts_with(prefix)) continue;
        if (const auto* known = column(std::string_view{plain}.substr(prefix.size()))) return known->field;
    }
    return std::nullopt;
}

std::string_view without_white_space(std::string_view text) {
    for (bool again = true; again;) {
        again = false;
        for (const auto space : white_space) {
            while (text.starts_with(space)) text.remove_prefix(space.size()), again = true;
            while (text.ends_with(space)) text.remove_suffix(space.size()), again = true;
        }
    }
    return text;
}

std::optional<std::string> environment_word(const PairValues& values) {
    std::vector<std::string> words;
    if (const auto text = values.of(environment); !text.empty())
        words.push_back(protocol::portal_word(protocol::lower_case(text)));
    if (const auto text = values.of(sandbox); !text.empty()) {
        auto word = word_of_sandbox(text);
        if (!word) return std::nullopt;
        words.push_back(*std::move(word));
    }
    if (const auto text = values.of(token_url); !text.empty()) {
        auto word = word_of_host(host_of(text));
        // The host of a test server says nothing against the word beside it.
        const bool is_of_portal = word == "production" || word == "integration";
        if (is_of_portal || words.empty()) words.push_back(std::move(word));
    }
    if (words.empty()) return std::string{};
    const bool agree = std::ranges::all_of(words, [&](const std::string& word) { return word == words.front(); });
    if (!agree) return std::nullopt;
    // As it was written: an environment may have that very name.
    const auto written = values.of(environment);
    return written.empty() ? std::move(words.front()) : protocol::lower_case(written);
}

}  // namespace jeton::cli
