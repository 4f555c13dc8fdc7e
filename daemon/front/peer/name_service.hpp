/// The reentrant look-ups of the host's name service (getpwnam_r(3) and its kin).
#pragma once

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace jeton::front {

/// `named(entry)` of what `look_up(entry, text, size, found)` finds; nothing where it finds none. The entry's texts are
/// gone afterwards. More room is given for as long as it is asked for: the entry of a group names all its members.
template <class Entry, class LookUp, class Named>
[[nodiscard]] auto name_service_entry(LookUp look_up, Named named)
    -> std::optional<std::invoke_result_t<Named, const Entry&>> {
    constexpr std::size_t room_limit = 16UZ * 1024 * 1024;
    std::vector<char> text(4096);
    Entry entry{};
    Entry* found = nullptr;
    while (look_up(&entry, text.data(), text.size(), &found) == ERANGE && text.size() < room_limit) {
        text.resize(text.size() * 2);
    }
    if (found == nullptr) return std::nullopt;
    return named(*found);
}

/// `text` as the number of a user or group; nothing where it is a name.
[[nodiscard]] inline std::optional<std::uint32_t> id_in(std::string_view text) {
    std::uint32_t id = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, id);
    if (text.empty() || problem != std::errc{} || stop != end) return std::nullopt;
    return id;
}

}  // namespace jeton::front
