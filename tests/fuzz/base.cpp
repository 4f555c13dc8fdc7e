/// Frames and the configuration.
#include <algorithm>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/config.hpp"
#include "daemon/base/frames.hpp"
#include "daemon/base/unique_fd.hpp"
#include "libclient/protocol/json.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {
namespace {

/// The payloads, and whether the other side broke the protocol.
struct Cut {
    std::vector<std::string> payloads;
    bool broken = false;
    bool operator==(const Cut&) const = default;
};

Cut fed(std::string_view bytes, std::size_t step) {
    Cut cut;
    FrameDecoder decoder;
    try {
        while (!bytes.empty()) {
            decoder.feed(bytes.substr(0, step));
            bytes.remove_prefix(std::min(step, bytes.size()));
            while (auto payload = decoder.next()) cut.payloads.push_back(*std::move(payload));
        }
    } catch (const FrameFault&) {
        cut.broken = true;
    }
    return cut;
}

}  // namespace

void frames(std::string_view input) {
    const auto step = 1 + take_number(input, 64);
    const auto whole = fed(input, std::max<std::size_t>(1, input.size()));
    require(fed(input, step) == whole, "frames come out the same, however they arrive");
    for (const auto& payload : whole.payloads) {
        require(fed(encode_frame(payload), step).payloads == std::vector{payload}, "what is encoded is decoded");
    }
}

/// A file that was read from memory: no disk is touched.
void configuration(std::string_view input) {
    const UniqueFd file{::memfd_create("jetond.toml", MFD_CLOEXEC)};
    require(::write(file.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()), "memory is there");
    require(::fchmod(file.get(), 0600) == 0, "its mode can be set");
    const auto config = load_config({.file = "/proc/self/fd/" + std::to_string(file.get()), .user = false});
    if (!config) {
        require(!config.error().what.empty() && !config.error().next.empty(), "a refusal says what and next");
        return;
    }
    require(config->paths.state != config->paths.anchor, "store and anchor are apart");
    require(config->limits.sessions > 0, "somebody may connect");
}

}  // namespace jeton::fuzz
