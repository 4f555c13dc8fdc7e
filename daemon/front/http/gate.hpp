/// What a request must look like before anyone reads it: stricter than the parser in front of it (T17).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "daemon/front/http/message.hpp"

namespace jeton::front {

/// The head of a request as the parser saw it.
struct RequestHead {
    std::string_view raw;  ///< its bytes, to the empty line
    unsigned version;      ///< 11 for HTTP/1.1
    std::string_view target;
    std::span<const Field> fields;
};

/// HTTP/1.1 only; origin-form; no transfer coding, upgrade or expectation; one Host; at most one Authorization,
/// Content-Type and Content-Length, the last in digits; no folded lines; nothing a browser or a proxy adds.
[[nodiscard]] std::optional<Refusal> check_head(const RequestHead& head);

/// Why the parser gave up, as a refusal. `raw` is the input as far as it is there.
[[nodiscard]] Refusal malformed(std::string_view reason);
/// The first line is whole, of three words, and the last of them is a version, but not ours.
[[nodiscard]] bool names_another_version(std::string_view raw);
/// The first line has come as far as its version, not yet as far as its end: what follows may still spoil it.
[[nodiscard]] bool stops_behind_version(std::string_view raw);

}  // namespace jeton::front
