/// Names from the host's name service, remembered for a minute: it may be slow.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

namespace jeton::front {

/// Used by the I/O thread only.
template <class Number>
class NameCache {
public:
    /// `look_up(number)` where nothing is remembered; that there is no name is remembered, too.
    template <class LookUp>
    [[nodiscard]] std::optional<std::string> name_of(Number number, LookUp look_up) {
        const auto now = std::chrono::steady_clock::now();
        if (const auto found = known_.find(number); found != known_.end() && now < found->second.until)
            return found->second.name;
        if (known_.size() >= size_limit) known_.clear();
        auto& known = known_[number];
        known = {look_up(number), now + memory};
        return known.name;
    }

private:
    static constexpr std::chrono::seconds memory{60};
    static constexpr std::size_t size_limit = 4096;

    struct Known {
        std::optional<std::string> name;
        std::chrono::steady_clock::time_point until;
    };
    std::unordered_map<Number, Known> known_;
};

}  // namespace jeton::front
