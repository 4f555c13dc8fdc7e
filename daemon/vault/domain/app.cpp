#include "daemon/vault/domain/app.hpp"

#include "daemon/vault/domain/names.hpp"

namespace jeton::vault {
namespace {

bool is_web_address(std::string_view url) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (url.starts_with(scheme)) {
            const auto host = url.substr(scheme.size(), url.find_first_of("/?#", scheme.size()) - scheme.size());
            return !host.empty() && host.find_first_of(" \"<>\\^`{|}@") == std::string_view::npos;
        }
    }
    return false;
}

}  // namespace

std::string_view sentence_of(CredentialsMode mode) {
    return mode == CredentialsMode::developer
               ? "I, the app developer, will configure the credentials on behalf of each tenant"
               : "Tenants will configure the credentials themselves";
}

Result<void> check_app_fields(const App& app) {
    if (auto name = check_app_name(app.name); !name) return name.error();
    if (app.organization.empty()) {
        return refuse(Errc::bad_input, "Organization is empty", "give --organization");
    }
    if (auto text = check_free_text("organization", app.organization, organization_limit); !text) return text.error();
    if (!is_web_address(app.homepage)) {
        return refuse(Errc::bad_input, "Url is not valid", "give --homepage as https://… or http://…");
    }
    return check_free_text("homepage", app.homepage, homepage_limit);
}

}  // namespace jeton::vault
