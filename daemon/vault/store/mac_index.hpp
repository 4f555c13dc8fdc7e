/// Which MAC each row of a table must have: 56 bytes a row, for a hundred thousand of them stay in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/vault/keys/macs.hpp"

namespace jeton::vault {

/// A hash table from ids to MACs. Ids are 32 hexadecimal digits and random, so that their own bits are the hash; any
/// other text is kept all the same. Not thread-safe. What `find` points to stays until the next change.
class MacIndex {
public:
    [[nodiscard]] const Mac* find(std::string_view id) const;
    void insert_or_assign(std::string_view id, const Mac& mac);
    void erase(std::string_view id);
    [[nodiscard]] std::size_t size() const { return entries_.size() + others_.size(); }
    /// In no particular order, until `visit` returns false.
    void each(const std::function<bool(const std::string& id, const Mac& mac)>& visit) const;

private:
    using Key = std::array<unsigned char, 16>;
    struct Entry {
        Key key;
        Mac mac;
    };
    static constexpr std::uint32_t vacant = UINT32_MAX;

    [[nodiscard]] static std::optional<Key> key_of(std::string_view id);
    [[nodiscard]] std::size_t home_of(const Key& key) const;
    /// The slot that holds it, or the vacant one where it would be put.
    [[nodiscard]] std::size_t slot_of(const Key& key) const;
    void grow();

    std::deque<Entry> entries_;         ///< without gaps: the last one takes the place of one that goes
    std::vector<std::uint32_t> slots_;  ///< a power of two of them, linear probing: where in `entries_`
    std::map<std::string, Mac, std::less<>> others_;
};

}  // namespace jeton::vault
