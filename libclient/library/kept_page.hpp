/// The epoch page of one daemon as tokens hold on to it.
#pragma once

#include <memory>
#include <string>

#include "libclient/library/fork_mark.hpp"
#include "libclient/page/page_file.hpp"

namespace jeton::library {

/// Constant once it is shared: reading is thread-safe and makes no system call. Unmapped with its last holder.
class KeptPage {
public:
    /// The page in `socket_directory`, which was checked before. Nothing where there is none that may be used, or where
    /// the kernel cannot tell a child for nothing: then nothing is kept. Throws std::bad_alloc.
    [[nodiscard]] static std::shared_ptr<const KeptPage> open(const std::string& socket_directory);

    [[nodiscard]] const page::EpochPage& page() const noexcept { return *mapped_.get(); }
    /// False in a child process: what the parent kept is not the child's.
    [[nodiscard]] bool ours() const noexcept { return mark_.here(); }

private:
    page::MappedPage mapped_;
    ForkMark mark_;
};

}  // namespace jeton::library
