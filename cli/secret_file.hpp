/// A file of the user's own that is made for a secret before the secret is asked for, so that it cannot get lost.
#pragma once

#include <string>
#include <string_view>

#include "cli/failure.hpp"
#include "libclient/http/unique_handle.hpp"

namespace jeton::cli {

/// Gone again with the object, unless it was filled.
class SecretFile {
public:
    /// Makes `path` with mode 0600 and room for one secret. Refuses (bad_input) where something is already, be it a
    /// link that leads nowhere, and where no file can be made.
    [[nodiscard]] static Result<SecretFile> create(std::string path);

    SecretFile(SecretFile&& other) noexcept = default;
    SecretFile& operator=(SecretFile&&) = delete;
    SecretFile(const SecretFile&) = delete;
    SecretFile& operator=(const SecretFile&) = delete;
    ~SecretFile();

    /// Writes `text` down to the disk; from now on the file stays. Refuses (output_failed) what the disk did not take.
    [[nodiscard]] Result<void> fill(std::string_view text);

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    SecretFile(std::string path, client::UniqueHandle handle) : path_(std::move(path)), handle_(std::move(handle)) {}

    std::string path_;
    client::UniqueHandle handle_;
    bool filled_ = false;
};

}  // namespace jeton::cli
