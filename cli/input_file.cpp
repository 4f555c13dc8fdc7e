#include "cli/input_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/text.hpp"
#include "libclient/http/unique_handle.hpp"

namespace jeton::cli {
namespace {

constexpr std::string_view another_file = "name a file that you may read, or - for stdin";

struct Limit {
    std::size_t bytes;
    std::string_view when_larger;
};

Result<std::string> read_all(int descriptor, std::string_view name, const Limit& limit) {
    std::string text;
    std::array<char, 16UZ * 1024> buffer{};
    for (;;) {
        const auto got = ::read(descriptor, buffer.data(), buffer.size());
        if (got == 0) return text;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return refuse("bad_input", fmt::format("{} cannot be read: {}", printable(name), std::strerror(errno)),
                          std::string{another_file});
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > limit.bytes) {
            return refuse("bad_input", fmt::format("{} is larger than {} KiB", printable(name), limit.bytes / 1024),
                          std::string{limit.when_larger});
        }
    }
}

}  // namespace

Result<std::string> read_input(const std::string& name, std::size_t limit, std::string_view when_larger) {
    if (name == "-") return read_all(STDIN_FILENO, "stdin", {limit, when_larger});
    const client::UniqueHandle file{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return refuse("bad_input", fmt::format("{} cannot be opened: {}", printable(name), std::strerror(errno)),
                      std::string{another_file});
    }
    return read_all(file.get(), name, {limit, when_larger});
}

}  // namespace jeton::cli
