/// What makes an untrusted database believable: row MACs, the hash of the set of all rows, the audit chain, the
/// anchor's MAC.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/root_key.hpp"

namespace jeton::vault {

/// Keyed BLAKE2b-256. A value; compare with `same_mac`.
using Mac = std::array<unsigned char, 32>;

[[nodiscard]] bool same_mac(const Mac& left, std::span<const unsigned char> right);

/// MAC of one authority row. `columns` is the canonical encoding of its columns (docs/database.md).
[[nodiscard]] Mac row_mac(const RootKey& root, std::string_view table, std::string_view id,
                          std::span<const unsigned char> columns);

/// Multiset hash (MSet-Add-Hash, Clarke et al. 2003) over all (table, id, MAC): the sum modulo 2^512 of keyed
/// BLAKE2b-512 values. Order does not matter, adding and removing cost one hash each. Secret-free, but kept out of
/// clear files: only `digest` leaves the sealed state row.
class SetHash {
public:
    static constexpr std::size_t size = 64;  ///< bytes

    void add(const RootKey& root, std::string_view table, std::string_view id, const Mac& mac);
    void remove(const RootKey& root, std::string_view table, std::string_view id, const Mac& mac);

    /// Little-endian.
    [[nodiscard]] std::array<unsigned char, size> bytes() const;
    [[nodiscard]] static SetHash from(std::span<const unsigned char, size> bytes);
    /// Keyed BLAKE2b-256 of it, for the anchor.
    [[nodiscard]] Mac digest(const RootKey& root) const;
    bool operator==(const SetHash&) const = default;

private:
    std::array<std::uint64_t, size / 8> words_{};
};

/// Hash of an audit entry and of the one before it. `previous` of the first entry is all zero.
[[nodiscard]] Mac chain_hash(const RootKey& root, const Mac& previous, std::span<const unsigned char> entry);

[[nodiscard]] Mac anchor_mac(const RootKey& root, std::span<const unsigned char> content);

/// Seals the store's state row; `plain` holds no secret, but an attacker must not learn set hashes.
[[nodiscard]] Bytes seal_state(const RootKey& root, std::span<const unsigned char> plain);
/// Nothing where it was altered or sealed under another root key.
[[nodiscard]] std::optional<Bytes> open_state(const RootKey& root, std::span<const unsigned char> sealed);

}  // namespace jeton::vault
