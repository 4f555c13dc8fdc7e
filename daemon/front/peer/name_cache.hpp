/// Names from the host's name service, remembered for a minute: it may be slow.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "daemon/base/error.hpp"

namespace jeton::front {

/// What the look-ups of one request may take together, from now on. All callers wait for them meanwhile: of a hundred
/// names, each of which takes its tenth of a second, some are for the next request, which finds the others remembered.
class LookUpTime {
public:
    explicit LookUpTime(std::chrono::steady_clock::duration limit = std::chrono::milliseconds{500})
        : until_(std::chrono::steady_clock::now() + limit) {}
    [[nodiscard]] bool is_over_at(std::chrono::steady_clock::time_point now) const { return now >= until_; }

private:
    std::chrono::steady_clock::time_point until_;
};

/// Used by the I/O thread only.
template <class Number>
class NameCache {
public:
    /// How long a name is remembered before it is looked up again.
    explicit NameCache(std::chrono::steady_clock::duration memory = std::chrono::seconds{60}) : memory_(memory) {}

    /// `look_up(number)` where nothing is remembered; that there is no name is remembered, too. Where the name service
    /// is late, or `time` is over, what was remembered before still counts: whoever is known has not to wait. Throws
    /// Late where nothing was.
    template <class LookUp>
    [[nodiscard]] std::optional<std::string> name_of(Number number, LookUp look_up,
                                                     const LookUpTime& time = LookUpTime{}) {
        const auto now = std::chrono::steady_clock::now();
        const auto found = known_.find(number);
        if (found != known_.end() && now < found->second.until) return found->second.name;
        try {
            if (time.is_over_at(now)) throw Late("the name service of this host is too slow");
            auto name = look_up(number);
            if (known_.size() >= size_limit) known_.clear();
            return (known_[number] = {std::move(name), now + memory_}).name;
        } catch (const Late&) {
            if (found == known_.end()) throw;
            found->second.until = now + memory_when_late;
            return found->second.name;
        }
    }

private:
    static constexpr std::chrono::seconds memory_when_late{5};
    static constexpr std::size_t size_limit = 4096;

    struct Known {
        std::optional<std::string> name;
        std::chrono::steady_clock::time_point until;
    };
    std::chrono::steady_clock::duration memory_;
    std::unordered_map<Number, Known> known_;
};

}  // namespace jeton::front
