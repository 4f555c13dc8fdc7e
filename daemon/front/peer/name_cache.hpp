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

/// Used by the I/O thread only.
template <class Number>
class NameCache {
public:
    /// How long a name is remembered before it is looked up again.
    explicit NameCache(std::chrono::steady_clock::duration memory = std::chrono::seconds{60}) : memory_(memory) {}

    /// `look_up(number)` where nothing is remembered; that there is no name is remembered, too. Where the name service
    /// is late, what was remembered before still counts: whoever is known has not to wait. Throws Late where nothing
    /// was.
    template <class LookUp>
    [[nodiscard]] std::optional<std::string> name_of(Number number, LookUp look_up) {
        const auto now = std::chrono::steady_clock::now();
        const auto found = known_.find(number);
        if (found != known_.end() && now < found->second.until) return found->second.name;
        try {
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
