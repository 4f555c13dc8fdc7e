#include "daemon/vault/domain/app.hpp"

#include "daemon/base/encoding.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/secret.hpp"

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

constexpr std::size_t guid_size = 36;

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

std::string generate_guid() {
    auto bytes = from_hex(random_hex(16)).value();
    bytes[6] = static_cast<unsigned char>(0x40U | (bytes[6] & 0x0fU));  // the version
    bytes[8] = static_cast<unsigned char>(0x80U | (bytes[8] & 0x3fU));  // the variant
    auto guid = hex(bytes);
    for (const std::size_t dash : {8, 13, 18, 23}) guid.insert(dash, 1, '-');
    return guid;
}

Result<std::string> parse_guid(std::string_view text) {
    std::string guid{trim(text)};
    bool fits = guid.size() == guid_size;
    for (std::size_t i = 0; fits && i < guid.size(); ++i) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            fits = guid[i] == '-';
        } else {
            if (guid[i] >= 'A' && guid[i] <= 'F') guid[i] = static_cast<char>(guid[i] - 'A' + 'a');
            fits = (guid[i] >= '0' && guid[i] <= '9') || (guid[i] >= 'a' && guid[i] <= 'f');
        }
    }
    if (fits) return guid;
    return refuse(Errc::bad_input, "External Data Application GUID is not valid",
                  "give a UUID such as 01234567-89ab-4cde-8f01-23456789abcd, or leave it out: one is made");
}

}  // namespace jeton::vault
