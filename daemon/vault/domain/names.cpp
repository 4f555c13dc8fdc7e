#include "daemon/vault/domain/names.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/shown.hpp"

namespace jeton::vault {
namespace {

constexpr std::array<std::string_view, 7> reserved{"connect", "token", "introspect", "revoke", "jwks", "v1", "healthz"};
constexpr std::size_t name_limit = 63;
constexpr std::size_t tenant_limit = 120;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_tenant_character(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

Result<void> check_name(std::string_view what, std::string_view name) {
    const bool fits = !name.empty() && name.size() <= name_limit && is_lower_or_digit(name.front()) &&
                      std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-'; });
    if (!fits) {
        return refuse(Errc::bad_input, fmt::format("{} is no name of an {}", shown(name, 80), what),
                      "use 1 to 63 characters a-z, 0-9 and -, the first no -");
    }
    if (std::ranges::find(reserved, name) != reserved.end()) {
        return refuse(Errc::bad_input, fmt::format("{} is a reserved word", name),
                      fmt::format("name the {} otherwise", what));
    }
    return {};
}

}  // namespace

Result<void> check_environment_name(std::string_view name) { return check_name("environment", name); }

Result<void> check_app_name(std::string_view name) {
    if (name.empty()) return refuse(Errc::bad_input, "Application name is empty", "give the app a name");
    return check_name("app", name);
}

Result<TenantName> parse_tenant_name(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) {
        return refuse(Errc::bad_input, fmt::format("{} names no environment", shown(text, 130)),
                      "write TENANT@ENVIRONMENT, e.g. 1234567@integration");
    }
    TenantName name{std::string{text.substr(0, at)}, std::string{text.substr(at + 1)}};
    const bool fits = !name.tenant.empty() && name.tenant.size() <= tenant_limit &&
                      std::ranges::all_of(name.tenant, is_tenant_character);
    if (!fits) {
        return refuse(Errc::bad_input, fmt::format("{} is no tenant ID", shown(name.tenant, 130)),
                      "use 1 to 120 characters A-Z, a-z, 0-9, '.', '_' and '-'");
    }
    if (auto environment = check_environment_name(name.environment); !environment) return environment.error();
    return name;
}

Result<TenantName> parse_new_tenant_name(std::string_view text) {
    if (text.contains('@')) return parse_tenant_name(text);
    return parse_tenant_name(fmt::format("{}@{}", text, usual_environment));
}

Result<ConnectionName> parse_connection_name(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return refuse(Errc::bad_input, fmt::format("{} is no connection", shown(text, 200)),
                      "write APP/TENANT@ENVIRONMENT, e.g. dispatcher/1234567@integration");
    }
    ConnectionName name;
    name.app = text.substr(0, slash);
    if (auto app = check_app_name(name.app); !app) return app.error();
    auto tenant = parse_tenant_name(text.substr(slash + 1));
    if (!tenant) return tenant.error();
    name.tenant = std::move(*tenant);
    return name;
}

Result<void> check_free_text(std::string_view field, std::string_view text, std::size_t limit, bool may_be_empty) {
    if (text.empty() && !may_be_empty) {
        return refuse(Errc::bad_input, fmt::format("{} is empty", field), fmt::format("give a {}", field));
    }
    const auto characters = static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
    if (characters > limit) {
        return refuse(Errc::bad_input, fmt::format("{} has {} characters", field, characters),
                      fmt::format("use at most {}", limit));
    }
    if (log::escape(text) != text) {
        return refuse(Errc::bad_input, fmt::format("{} holds characters that do not print or are no UTF-8", field),
                      "leave out control, line-separator and text-direction characters");
    }
    return {};
}

}  // namespace jeton::vault
