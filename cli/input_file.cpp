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

/// Overwrites what was read last, however reading ends.
struct WipedBuffer {
    std::array<char, 16UZ * 1024> bytes{};
    WipedBuffer() = default;
    WipedBuffer(const WipedBuffer&) = delete;
    WipedBuffer& operator=(const WipedBuffer&) = delete;
    ~WipedBuffer() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

template <class Text>
Result<Text> read_all(int descriptor, std::string_view name, const Limit& limit) {
    Text text;
    WipedBuffer wiped;
    auto& buffer = wiped.bytes;
    for (;;) {
        const auto got = ::read(descriptor, buffer.data(), buffer.size());
        if (got == 0) return text;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return refuse("bad_input", fmt::format("{} cannot be read: {}", printable(name), std::strerror(errno)),
                          std::string{another_file});
        }
        text.append(std::string_view{buffer.data(), static_cast<std::size_t>(got)});
        if (text.size() > limit.bytes) {
            return refuse("bad_input", fmt::format("{} is larger than {} KiB", printable(name), limit.bytes / 1024),
                          std::string{limit.when_larger});
        }
    }
}

template <class Text>
Result<Text> read_whole(const std::string& name, const Limit& limit) {
    if (name == "-") return read_all<Text>(STDIN_FILENO, "stdin", limit);
    const client::UniqueHandle file{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return refuse("bad_input", fmt::format("{} cannot be opened: {}", printable(name), std::strerror(errno)),
                      std::string{another_file});
    }
    return read_all<Text>(file.get(), name, limit);
}

}  // namespace

Result<std::string> read_input(const std::string& name, std::size_t limit, std::string_view when_larger) {
    return read_whole<std::string>(name, {limit, when_larger});
}

Result<client::WipedText> read_secret_input(const std::string& name, std::size_t limit, std::string_view when_larger) {
    return read_whole<client::WipedText>(name, {limit, when_larger});
}

}  // namespace jeton::cli
