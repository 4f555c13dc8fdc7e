/// What stands in a backup, as bytes and back (docs/backup-format.md). Nothing here is secret: what is, is sealed in
/// its rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/base/encoding.hpp"
#include "daemon/base/error.hpp"
#include "daemon/vault/domain/key_slot.hpp"
#include "daemon/vault/keys/macs.hpp"
#include "daemon/vault/store/table.hpp"

namespace jeton::vault::backup {

inline constexpr std::string_view magic = "jeton backup 1\n";
inline constexpr std::size_t header_max = 16UZ * 1024;  ///< bytes of the clear part behind magic and length

/// How long the header and each frame are stands before them in so many bytes, the least significant first.
inline constexpr std::size_t length_size = 4;
[[nodiscard]] std::size_t length_at(std::span<const unsigned char> bytes);
/// Appends `part` with its length before it.
void append_with_length(Bytes& bytes, std::span<const unsigned char> part);

/// What stands in clear before the frames: how to get at the root key.
struct Header {
    UtcSeconds made_at{};
    std::string host;  ///< where it was made
    std::vector<KeySlot> slots;
};

/// Magic, length and header: what the frames are bound to.
[[nodiscard]] Bytes clear_part(const Header& header);

struct ParsedHeader {
    Header header;
    std::size_t size = 0;  ///< bytes of the whole clear part
};
/// Reads it from the beginning of a file. Refuses `bad_input` what is no backup, was written by a newer jeton, or ends
/// too early.
[[nodiscard]] Result<ParsedHeader> parse_clear_part(std::span<const unsigned char> file);

/// A row of an authority table. A later one with the same id takes its place.
struct RowItem {
    const TableInfo* table = nullptr;
    Record record;
    Mac mac{};
};
/// The row was deleted while the backup was being made.
struct GoneItem {
    const TableInfo* table = nullptr;
    std::string id;
};
/// A full record of table `audit`.
struct EntryItem {
    Record record;
};
/// A row that the store has and a backup never: of a ticket, or of a key slot of the host.
struct LeftOutItem {
    const TableInfo* table = nullptr;
    std::string id;
};
/// The last item: the state row that belongs to all the others.
struct EndItem {
    Bytes sealed_state;
};
using Item = std::variant<RowItem, GoneItem, EntryItem, LeftOutItem, EndItem>;

/// Appends `item` to `content`, with its length before it.
void append(Bytes& content, const Item& item);
/// Without the length; nothing where these bytes are no item that this version knows.
[[nodiscard]] std::optional<Item> parse_item(std::span<const unsigned char> bytes);

}  // namespace jeton::vault::backup
