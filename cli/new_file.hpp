/// A file that appears under its name when it is whole, and not before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/failure.hpp"
#include "libclient/http/unique_handle.hpp"

namespace jeton::cli {

/// Mode 0600. Without `publish` nothing of it is left, whatever ends the program, where the file system can do that;
/// else a `.NAME.XXXXXX` may be left by a kill.
class NewFile {
public:
    /// Refuses (bad_input) where something is under that name already, and where no file can be made.
    [[nodiscard]] static Result<NewFile> create(std::string path);

    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile();

    /// The disk promises room for `bytes` beforehand: for what cannot be asked for twice. Refuses (bad_input) where it
    /// has none.
    [[nodiscard]] Result<void> reserve(std::int64_t bytes);
    /// Refuses (output_failed) what the disk does not take.
    [[nodiscard]] Result<void> write(std::string_view bytes);
    /// On disk and under its name. Never takes the place of another file. Refuses (bad_input, output_failed).
    [[nodiscard]] Result<void> publish();

    [[nodiscard]] std::int64_t size() const { return size_; }

private:
    NewFile(std::string path, std::string temporary, client::UniqueHandle handle)
        : path_(std::move(path)), temporary_(std::move(temporary)), handle_(std::move(handle)) {}

    std::string path_;
    std::string temporary_;  ///< empty: the file has no name yet
    client::UniqueHandle handle_;
    std::int64_t size_ = 0;
};

}  // namespace jeton::cli
