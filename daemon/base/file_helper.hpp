/// Files outside of a confined process's own directories, by name: a child that was forked before hands over what they
/// say, and only of kinds that the process has business with.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "daemon/base/error.hpp"

namespace jeton {

/// What a file is asked for as; the helper checks that it is one.
enum class FileKind : char {
    secret = 'S',        ///< like `read_secret_file`
    trusted = 'T',       ///< like `read_trusted_file`
    certificates = 'C',  ///< like `read_certificates`
    credential = 'K',    ///< like `read_credential_file`
    new_key = 'N',       ///< like `create_key_file`; the content is the helper's own, the answer is empty
};

/// Forks it (see `HelperProcess`). From now on the functions of files.hpp ask it for what this process may not open
/// itself. Once per process. Throws std::system_error where the kernel refuses.
void start_file_helper(const char* name, const std::function<void()>& confine);

[[nodiscard]] bool has_file_helper();

/// The content, which the caller wipes where it is secret; refuses like the functions named above. Where the helper has
/// ended, so does this process (SIGTERM to itself): `wrong_state` for what it still answers.
[[nodiscard]] Result<std::string> ask_file_helper(FileKind kind, const std::filesystem::path& file);

}  // namespace jeton
