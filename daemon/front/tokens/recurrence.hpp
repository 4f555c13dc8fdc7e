/// Whether the requests of a session come again, with the same bytes.
#pragma once

#include <cstdint>

namespace jeton::front {

/// A program that numbers its requests (`traceparent`, `X-Request-Id`) never sends one twice: to digest each and to
/// remember it would be for nothing. After `patience` requests that nobody knew, one in `sample` is looked at, until
/// one is known. Patience is for who asks for many tenants by turns.
class Recurrence {
public:
    static constexpr std::uint32_t patience = 256;
    static constexpr std::uint32_t sample = 16;

    /// Whether the request that has just come is to be looked for among earlier ones.
    [[nodiscard]] bool is_to_be_expected() const { return unknown_ < patience || unknown_ % sample == 0; }
    void saw(bool known) { unknown_ = known ? 0 : unknown_ + 1; }

private:
    std::uint32_t unknown_ = 0;  ///< requests since the last one that was known; one that wraps is patient again
};

}  // namespace jeton::front
