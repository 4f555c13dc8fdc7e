#include "daemon/vault/keys/macs.hpp"

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {
namespace {

template <std::size_t Size>
std::array<unsigned char, Size> keyed_hash(const RootKey& root, RootPurpose purpose,
                                           std::span<const unsigned char> content) {
    std::array<unsigned char, Size> hash{};
    const auto key = root.subkey(purpose);
    crypto_generichash(hash.data(), hash.size(), content.data(), content.size(), key.data(), key.size());
    return hash;
}

std::array<unsigned char, SetHash::size> element(const RootKey& root, std::string_view table, std::string_view id,
                                                 const Mac& mac) {
    Fields fields{"jeton set"};
    fields.text(table).text(id).bytes(mac);
    return keyed_hash<SetHash::size>(root, RootPurpose::set_hash, fields.span());
}

using Words = std::array<std::uint64_t, SetHash::size / 8>;

Words words_of(std::span<const unsigned char, SetHash::size> bytes) {
    Words words{};
    for (std::size_t i = 0; i < bytes.size(); ++i) words[i / 8] |= static_cast<std::uint64_t>(bytes[i]) << (i % 8 * 8);
    return words;
}

}  // namespace

bool same_mac(const Mac& left, std::span<const unsigned char> right) {
    return right.size() == left.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

Mac row_mac(const RootKey& root, std::string_view table, std::string_view id, std::span<const unsigned char> columns) {
    Fields fields{"jeton row"};
    fields.text(table).text(id).bytes(columns);
    return keyed_hash<32>(root, RootPurpose::row_mac, fields.span());
}

void SetHash::add(const RootKey& root, std::string_view table, std::string_view id, const Mac& mac) {
    const auto more = words_of(element(root, table, id, mac));
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        const std::uint64_t partial = words_[i] + carry;
        carry = partial < carry ? 1 : 0;
        words_[i] = partial + more[i];
        carry += words_[i] < partial ? 1 : 0;
    }
}

void SetHash::remove(const RootKey& root, std::string_view table, std::string_view id, const Mac& mac) {
    const auto less = words_of(element(root, table, id, mac));
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        const std::uint64_t partial = words_[i] - borrow;
        borrow = partial > words_[i] ? 1 : 0;
        words_[i] = partial - less[i];
        borrow += words_[i] > partial ? 1 : 0;
    }
}

std::array<unsigned char, SetHash::size> SetHash::bytes() const {
    std::array<unsigned char, size> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<unsigned char>(words_[i / 8] >> (i % 8 * 8) & 0xFFU);
    return all;
}

SetHash SetHash::from(std::span<const unsigned char, size> bytes) {
    SetHash hash;
    hash.words_ = words_of(bytes);
    return hash;
}

Mac SetHash::digest(const RootKey& root) const {
    Fields fields{"jeton set digest"};
    fields.bytes(bytes());
    return keyed_hash<32>(root, RootPurpose::set_hash, fields.span());
}

Mac chain_hash(const RootKey& root, const Mac& previous, std::span<const unsigned char> entry) {
    Fields fields{"jeton audit"};
    fields.bytes(previous).bytes(entry);
    return keyed_hash<32>(root, RootPurpose::audit_chain, fields.span());
}

Mac anchor_mac(const RootKey& root, std::span<const unsigned char> content) {
    Fields fields{"jeton anchor"};
    fields.bytes(content);
    return keyed_hash<32>(root, RootPurpose::anchor, fields.span());
}

Bytes seal_state(const RootKey& root, std::span<const unsigned char> plain) {
    return detail::close_box(root.subkey(RootPurpose::state_seal), bytes_of("jeton state"), plain);
}

std::optional<Bytes> open_state(const RootKey& root, std::span<const unsigned char> sealed) {
    const auto plain = detail::open_box(root.subkey(RootPurpose::state_seal), bytes_of("jeton state"), sealed);
    if (!plain) return std::nullopt;
    return Bytes{plain->span().begin(), plain->span().end()};
}

}  // namespace jeton::vault
