#include "daemon/vault/services/host_secrets.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/files.hpp"

namespace jeton::vault {
namespace {

constexpr std::size_t credential_name_limit = 255;  // of a file name

/// The drop-in, as commands: systemd hands it over at the next start, and at every later one.
std::string handing_over(std::string_view name) {
    return fmt::format(
        "make it (docs/key-slots.md says how), then hand it over: mkdir -p /etc/systemd/system/jeton-vault.service.d "
        "&& "
        "printf '[Service]\\nLoadCredentialEncrypted={0}:/etc/jeton/{0}.cred\\n' > "
        "/etc/systemd/system/jeton-vault.service.d/credential.conf && systemctl daemon-reload && "
        "systemctl restart jeton-vault",
        name);
}

}  // namespace

Result<SlotSecret> read_key_file(const std::filesystem::path& key_file) {
    auto content = read_secret_file(key_file);
    if (!content) {
        auto error = content.error();
        if (error.code == Errc::not_found)
            error.next = "put the key file back: a new one opens no store that is there; or name another in key_file";
        return error;
    }
    if (content->size() < slot_secret_min) {
        return refuse(Errc::wrong_state, fmt::format("{} holds no key: it is shorter than 16 bytes", key_file.string()),
                      "name the key file that the store was made with; if it is empty, it can be removed");
    }
    return SlotSecret{*std::move(content)};
}

Result<SlotSecret> make_or_read_key_file(const std::filesystem::path& key_file) {
    std::error_code unseen;  // who may not look there is told so by whoever makes or reads it
    if (!std::filesystem::exists(key_file, unseen)) {
        if (auto created = create_key_file(key_file); !created) return created.error();
    }
    return read_key_file(key_file);
}

Result<void> check_credential_name(std::string_view name) {
    const bool fits = !name.empty() && name.size() <= credential_name_limit && name != "." && name != ".." &&
                      std::ranges::all_of(name, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '/'; });
    if (fits) return {};
    return refuse(Errc::bad_input, "that is no name of a credential",
                  "give the name that stands in LoadCredential= of the unit, such as jeton");
}

Result<SlotSecret> read_credential(const Config::Keys& keys, const std::string& name) {
    if (const auto checked = check_credential_name(name); !checked) return checked.error();
    if (keys.credentials_directory.empty()) {
        return refuse(Errc::wrong_state, fmt::format("there is no credential {}: systemd gave this daemon none", name),
                      handing_over(name));
    }
    const auto file = keys.credentials_directory / name;
    auto content = read_credential_file(file);
    if (!content) {
        auto error = content.error();
        if (error.code == Errc::not_found) {
            error.what = fmt::format("there is no credential {} in {}", name, keys.credentials_directory.string());
            error.next = handing_over(name);
        }
        return error;
    }
    if (content->size() < slot_secret_min) {
        return refuse(
            Errc::wrong_state, fmt::format("credential {} holds no key: it is shorter than 16 bytes", name),
            "make it of random bytes: head -c 32 /dev/urandom | systemd-creds encrypt --name=" + name + " - FILE");
    }
    return SlotSecret{*std::move(content)};
}

std::vector<HostSecret> configured_secrets(const Config& config) {
    std::vector<HostSecret> secrets;
    if (const auto& name = config.keys.credential; !name.empty()) {
        secrets.push_back({KeySlotKind::systemd_credential, "credential " + name, read_credential(config.keys, name)});
    }
    if (const auto& file = config.keys.key_file; !file.empty()) {
        secrets.push_back({KeySlotKind::key_file, "key file " + file.string(), read_key_file(file)});
    }
    return secrets;
}

}  // namespace jeton::vault
